# SPDX-License-Identifier: Apache-2.0
"""Claims about what is saved beside the last step's weights.

Averages over steps, of weights and statistics as a pair; zeros, if pruned.
"""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import runs
from clothflow_tf.training import averages
from clothflow_tf.training import initial
from clothflow_tf.training import optimizers
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers
from clothflow_tf.training.compression import pruning
from tests import plain_layout
from tests import samples
from tests import tiny_run

DECAY = 0.75


@pytest.fixture(scope='module')
def trained():
  """A stage 1 after three steps, and its variables after each, and before."""
  tf.keras.utils.set_random_seed(2)
  config = samples.config()
  config.layout.train.ema = DECAY
  config.layout.train.learning_rate = 0.01
  trainer = trainers.LayoutTrainer(config)
  trainer.compile(optimizer=optimizers.make(config.layout.train))
  record = {key: tf.constant(value) for key, value in samples.record().items()}
  step = tf.function(trainer.train_step)
  values = [_values(trainer)]
  for _ in range(3):
    step(record)
    values.append(_values(trainer))
  return trainer, values


def _values(trainer):
  return {x.name: x.numpy() for x in trainer.network.variables}


def _expected(values, name):
  average = values[0][name]
  for later in values[1:]:
    average = DECAY * average + (1.0 - DECAY) * later[name]
  return average


def _require_averages(current, values):
  kinds = {name.rpartition('/')[2] for name in current}
  assert {'kernel:0', 'gamma:0', 'moving_mean:0', 'moving_variance:0'} <= kinds
  for name, value in current.items():
    expected = _expected(values, name)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    assert (value != values[-1][name]).any(), name


def test_for_a_while_everything_has_its_average(trained):
  trainer, values = trained
  with averages.averaged(trainer):
    _require_averages(_values(trainer), values)
  for name, value in _values(trainer).items():
    np.testing.assert_array_equal(value, values[-1][name], err_msg=name)


def test_a_failure_meanwhile_puts_everything_back(trained):
  trainer, values = trained
  with pytest.raises(KeyError), averages.averaged(trainer):
    raise KeyError
  for name, value in _values(trainer).items():
    np.testing.assert_array_equal(value, values[-1][name], err_msg=name)


def test_without_a_decay_nothing_is_averaged():
  trainer = trainers.LayoutTrainer(samples.config())
  trainer.compile(optimizer=optimizers.make(trainer.config.layout.train))
  assert not trainer.statistics.averages
  before = _values(trainer)
  with averages.averaged(trainer):
    pass
  averages.settle(trainer)
  for name, value in _values(trainer).items():
    np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_settling_is_for_good_however_often(trained):
  # Last: it leaves the trainer averaged.
  trainer, values = trained
  for _ in range(2):
    averages.settle(trainer)
    _require_averages(_values(trainer), values)


def test_pruning_leaves_the_wanted_share_of_zeros_and_learns(tmp_path):
  shares, losses = [], []
  for sparsity in (0.0, 0.6):
    config = plain_layout.config(
      tiny_run.dolls(), 6, sparsity=sparsity, ema=0.5
    )
    run_dir = str(tmp_path / str(sparsity))
    strategy = strategies.make('one_device')
    stage_lib.train(config, 'layout', run_dir, strategy)
    shares.append(pruning.share(initial.load_stage(config, 'layout', run_dir)))
    path = runs.stage_path(run_dir, 'layout', 'history.json')
    losses.append(json.loads(pathlib.Path(path).read_text('utf-8'))['loss'])
  assert shares[0] < 0.01
  np.testing.assert_allclose(shares[1], 0.6, atol=0.02)
  assert losses[1][-1] < losses[1][0]
