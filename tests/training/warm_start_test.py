# SPDX-License-Identifier: Apache-2.0
"""Claims about stage 2's way from supervision to the paper's losses."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.training import objectives
from clothflow_tf.training import trainers
from tests import samples

NAMES = ('roi_perceptual', 'structure', 'smoothness')


def _config(**warm):
  config = samples.config()
  config.flow.endpoint = 0.5
  config.flow.warm_start = config_lib.WarmStartConfig(
    **{'begin': 10, 'end': 30, 'endpoint': 0.1, 'share': 0.25, **warm}
  )
  return config_lib.validate(config)


@pytest.mark.parametrize(
  ('step', 'endpoint', 'share'),
  [
    (0, 0.5, 0.25),
    (10, 0.5, 0.25),
    (15, 0.4, 0.4375),
    (20, 0.3, 0.625),
    (30, 0.1, 1.0),
    (99, 0.1, 1.0),
    (None, 0.1, 1.0),
  ],
)
def test_weights_go_straight_from_their_start_to_their_end(
  step, endpoint, share
):
  config = _config()
  step = None if step is None else tf.constant(step, tf.int64)
  weights = objectives.FlowObjective(config).weights(step)
  expected = {name: share * getattr(config.flow, name) for name in NAMES}
  expected['endpoint'] = endpoint
  assert weights.keys() == expected.keys()
  for name, value in expected.items():
    np.testing.assert_allclose(weights[name], value, rtol=1e-6, err_msg=name)


def test_without_a_warm_start_weights_are_the_configurations():
  config = samples.config()
  weights = objectives.FlowObjective(config).weights(tf.constant(5))
  assert weights == {name: getattr(config.flow, name) for name in NAMES}


def test_a_step_is_weighed_by_the_number_of_steps_done():
  trainer = trainers.FlowTrainer(_config())
  trainer.compile(optimizer='sgd')
  record = {key: tf.constant(value) for key, value in samples.record().items()}
  trainer.steps_done.assign(20)
  logs = {k: float(v) for k, v in trainer.train_step(record).items()}
  np.testing.assert_allclose(logs['endpoint_weight'], 0.3, rtol=1e-6)
  total = sum(
    logs[name] * logs[f'{name}_weight'] for name in (*NAMES, 'endpoint')
  )
  np.testing.assert_allclose(logs['loss'], total, rtol=1e-5)
  trainer.reset_metrics()
  after = trainer.train_step(record)
  np.testing.assert_allclose(after['endpoint_weight'], 0.28, rtol=1e-6)


def test_an_evaluation_is_weighed_as_at_the_end():
  trainer = trainers.FlowTrainer(_config())
  trainer.compile(optimizer='sgd')
  record = {key: tf.constant(value) for key, value in samples.record().items()}
  logs = trainer.test_step(record)
  np.testing.assert_allclose(logs['endpoint_weight'], 0.1, rtol=1e-6)


def test_joint_training_goes_on_with_the_last_weights():
  config = _config()
  weights = objectives.make('joint', config).weights(tf.constant(0))
  assert weights['endpoint'] == 0.1
  assert weights['structure'] == config.flow.structure
  # And does not compute what no longer counts.
  config = _config(endpoint=0.0)
  assert 'endpoint' not in objectives.make('joint', config).weights()


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    (
      {'begin': 30},
      r'warm_start\.begin is 30, expected 0 to below its end, 30',
    ),
    ({'begin': 0, 'end': 0}, r'endpoint is 0.1, expected 0, as its end is 0'),
    ({'share': -1.0}, 'share is -1.0, expected at least 0'),
  ],
)
def test_settings_without_sense_are_refused_by_key(changes, message):
  with pytest.raises(ValueError, match=message):
    _config(**changes)
