# SPDX-License-Identifier: Apache-2.0
"""Claims about what a training can leave out or do otherwise."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib
from clothflow_tf.training import initial
from clothflow_tf.training import objectives
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from tests import samples
from tests import tiny_run


@pytest.mark.parametrize('pairs', [False, True])
def test_pairs_show_the_person_in_the_garment_already(pairs):
  config = tiny_run.overridden(tiny_run.dolls())
  config.data.agnostic, config.data.pairs = 'garment_and_skin', pairs
  config_lib.validate(config)
  strategy = tf.distribute.get_strategy()
  dataset = stage_lib.dataset(config, 'flow', 0, strategy)
  record = next(iter(dataset))
  assert pairs != ('person_image' in record)
  batch = batch_lib.from_record(record, config.data)
  same = np.array_equal(batch['person_image'], batch['target_image'])
  assert same == pairs


def test_pairs_do_not_change_what_is_evaluated():
  data = dataclasses.replace(
    tiny_run.overridden(tiny_run.dolls()).data,
    agnostic='garment_and_skin',
    pairs=True,
  )
  record = next(iter(pipeline.evaluation(data, 'test', 1)))
  assert set(record_lib.PERSON) <= set(record)


@pytest.mark.parametrize(
  ('task', 'agnostic', 'named'),
  [
    ('try_on', 'garment', "config.data.agnostic = 'garment_and_skin'"),
    ('pose_transfer', 'garment_and_skin', 'config.data.pairs is for try-on'),
  ],
)
def test_pairs_where_they_make_no_sense_are_refused(task, agnostic, named):
  config = samples.config()
  config.data.task, config.data.agnostic = task, agnostic
  config.data.pairs = True
  with pytest.raises(ValueError, match=named):
    config_lib.validate(config)


def test_only_try_on_needs_another_outfit_for_its_hole(monkeypatch, tmp_path):
  fields = {'source_image', 'target_image', 'flow', 'visible'}
  monkeypatch.setattr(pipeline, 'training_fields', lambda data: fields)
  config = samples.config()
  config.data.agnostic, config.flow.endpoint = 'garment', 1.0
  arguments = ['flow'], str(tmp_path), tf.distribute.get_strategy()
  with pytest.raises(ValueError, match='config.data.agnostic'):
    preflight.require(config, *arguments)
  config.data.task = 'pose_transfer'
  preflight.require(config, *arguments)


@pytest.mark.parametrize('motion', ['boxes', 'none'])
def test_what_has_nothing_to_train_is_trained_at_once(motion, tmp_path, capsys):
  config = tiny_run.overridden(tiny_run.dolls(), **{'flow.motion': motion})
  run_dir = str(tmp_path)
  strategy = tf.distribute.get_strategy()
  preflight.require(config, ['flow'], run_dir, strategy)
  stage_lib.train(config, 'flow', run_dir, strategy)
  assert 'flow: nothing to train' in capsys.readouterr().out
  assert runs.is_trained(run_dir, 'flow')
  assert not initial.load_stage(config, 'flow', run_dir).weights
  preflight.require(config, [], run_dir, strategy)


def _roi_loss(roi, spot):
  """The perceptual term of a warp whose garment has a spot there."""
  config = samples.config()
  config.flow.roi = roi
  batch = batch_lib.from_record(samples.record(), config.data)
  garment = batch['target_garment'].numpy()
  garment[0, spot[0], spot[1]] = 1.0
  result = {
    'warped_garment': tf.constant(garment),
    'warped_clothing': batch['target_clothing'],
    'flows': [batch['flow']],
  }
  objective = objectives.FlowObjective(config, lambda image: [])
  return float(objective.terms(result, batch)['roi_perceptual'][0])


def test_the_region_hides_what_is_outside_the_garment_and_nothing_else():
  worn = samples.record()['target_layout'][0] == labels.UPPER_CLOTHES
  inside = np.argwhere(worn)[0]
  outside = (0, 0)
  assert _roi_loss(True, outside) == 0.0
  assert _roi_loss(False, outside) > 0.0
  np.testing.assert_allclose(_roi_loss(True, inside), _roi_loss(False, inside))
  assert _roi_loss(True, inside) > 0.0
