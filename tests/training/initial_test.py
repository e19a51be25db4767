# SPDX-License-Identifier: Apache-2.0
"""Claims about trainings that start from the weights of another run."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import runs
from clothflow_tf.models import try_on
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import tiny_run


@pytest.fixture(scope='module')
def config():
  """A stage 1 of one step that hardly moves, and the rest likewise."""
  config = tiny_run.short_layout(tiny_run.dolls(), 1)
  for stage in ('layout', 'joint'):
    train = config.train_of(stage)
    train.learning_rate, train.steps, train.steps_per_epoch = 1e-6, 1, 1
    train.schedule, train.ema, train.validation_examples = 'constant', 0.0, 0
  return config


@pytest.fixture(scope='module')
def trained(config, tmp_path_factory):
  """The folder of a run whose stages are as if trained."""
  folder = str(tmp_path_factory.mktemp('trained'))
  tiny_run.write_random(config, folder)
  return folder


def _train(config, stage, run_dir, init_from):
  strategy = strategies.make('one_device')
  runs.save_config(config, run_dir)
  preflight.require(config, [stage], run_dir, strategy, init_from)
  options = stage_lib.Options(init_from=init_from)
  stage_lib.train(config, stage, run_dir, strategy, options)


def _distance(network, other):
  """Returns the largest difference of what the optimizer changes."""
  pairs = zip(network.trainable_weights, other.trainable_weights, strict=True)
  return max(np.abs(a.numpy() - b.numpy()).max() for a, b in pairs)


def test_a_stage_starts_from_the_other_runs_weights(config, trained, tmp_path):
  _train(config, 'layout', str(tmp_path), trained)
  first = stage_lib.load_stage(config, 'layout', trained)
  tuned = stage_lib.load_stage(config, 'layout', str(tmp_path))
  # One step of Adam moves a weight by the learning rate.
  assert 0.0 < _distance(tuned, first) < 1e-5
  tf.keras.utils.set_random_seed(config.seed)
  anew = try_on.build_stage('layout', config)
  assert _distance(tuned, anew) > 0.1


def test_joint_training_starts_from_all_stages_of_the_other_run(
  config, trained, tmp_path
):
  _train(config, 'joint', str(tmp_path), trained)
  first, tuned = try_on.load(trained), try_on.load(str(tmp_path))
  assert 0.0 < _distance(tuned, first) < 1e-5


def test_networks_of_other_sizes_are_refused_by_name(config, trained, tmp_path):
  other = tiny_run.short_layout(config.data.data_dir, 1)
  other.layout.channels = (8, 12)
  with pytest.raises(
    ValueError, match='layout has layout_.* of shape .* there'
  ):
    _train(other, 'layout', str(tmp_path), trained)
  assert not (tmp_path / 'layout').exists()


def test_a_folder_that_is_no_run_is_refused(config, tmp_path):
  with pytest.raises(FileNotFoundError, match='nowhere: not found|run folder'):
    _train(config, 'layout', str(tmp_path / 'run'), str(tmp_path / 'nowhere'))


def _power_cut(*_):
  raise InterruptedError('power cut')


def test_going_on_takes_the_backup_not_the_other_run(
  config, trained, tmp_path, monkeypatch
):
  train = dataclasses.replace(config.layout.train, learning_rate=0.1)
  layout = dataclasses.replace(config.layout, train=train)
  far = dataclasses.replace(config, layout=layout)
  with monkeypatch.context() as patch:
    patch.setattr(stage_lib, '_finish', _power_cut)
    with pytest.raises(InterruptedError):
      _train(far, 'layout', str(tmp_path), trained)
  _train(far, 'layout', str(tmp_path), trained)
  first = stage_lib.load_stage(config, 'layout', trained)
  tuned = stage_lib.load_stage(config, 'layout', str(tmp_path))
  assert _distance(tuned, first) > 0.05
