# SPDX-License-Identifier: Apache-2.0
"""Claims about a training's start: what may begin where, from which weights."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import locks
from clothflow_tf import runs
from clothflow_tf.models import try_on
from clothflow_tf.training import callbacks
from clothflow_tf.training import initial
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import plain_layout
from tests import tiny_run


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


@pytest.fixture
def config(data_dir):
  """A stage 1 of one epoch, two steps."""
  return plain_layout.config(data_dir, 1)


def _train(config, run_dir):
  strategy = strategies.make('one_device')
  stage_lib.train(config, 'layout', str(run_dir), strategy)


def _broken(*_):
  raise InterruptedError('power cut')


def test_a_second_training_in_the_same_folder_is_refused(config, tmp_path):
  lock = runs.stage_path(str(tmp_path), 'layout', 'lock')
  with locks.hold(lock, 'held'):
    # The system tells of a process's own lock as of another's.
    message = rf'layout: another training .* \(process {os.getpid()} on .*\)'
    with pytest.raises(BlockingIOError, match=message):
      _train(config, tmp_path)
  assert [x.name for x in tmp_path.rglob('*')] == ['layout', 'lock']
  _train(config, tmp_path)


def test_without_a_configuration_the_folder_has_one(config, tmp_path):
  flags = [f'--run_dir={tmp_path}', '--stage=layout', '--profile_input']
  with pytest.raises(FileNotFoundError, match=r'config\.json: not found'):
    tiny_run.call('clothflow_tf.train', *flags)
  runs.save_config(config, str(tmp_path))
  network = try_on.build_stage('layout', config)
  (tmp_path / 'layout').mkdir()
  network.save_weights(tmp_path / 'layout' / 'weights.h5')
  done = tiny_run.call('clothflow_tf.train', *flags)
  assert done.status == 0, done.errors
  assert 'layout: already trained' in done.output
  assert runs.load_config(str(tmp_path)) == config


def test_a_trained_stage_whose_weights_are_cut_is_named(config, tmp_path):
  _train(config, tmp_path)
  path = tmp_path / 'layout' / 'weights.h5'
  path.write_bytes(path.read_bytes()[:2000])
  strategy = strategies.make('one_device')
  with pytest.raises(ValueError, match='layout/weights.h5: not weights'):
    preflight.require(config, ['flow'], str(tmp_path), strategy)


def test_a_training_without_a_backup_leaves_its_configuration_free(
  config, tmp_path, monkeypatch
):
  runs.save_config(config, str(tmp_path))
  with monkeypatch.context() as patch:
    patch.setattr(callbacks, 'StopAtStep', _broken)
    with pytest.raises(InterruptedError):
      _train(config, tmp_path)
  assert (tmp_path / 'layout').is_dir()
  config.layout.train.learning_rate = 0.1
  runs.save_config(config, str(tmp_path))
  _train(config, tmp_path)
  config.layout.train.learning_rate = 0.2
  with pytest.raises(ValueError, match='learning_rate is 0.1 in this folder'):
    runs.save_config(config, str(tmp_path))


@pytest.mark.parametrize(
  'place',
  [
    'not JSON',
    '[]',
    '{"cluster": {"worker": []}, "task": {"type": "worker", "index": 0}}',
    '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
    '{"cluster": {"worker": ["a:1"]}, "task": {"type": "boss", "index": 0}}',
    '{"cluster": {"worker": ["a:1"]}}',
    '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": -1}}',
  ],
)
def test_a_cluster_that_makes_no_sense_is_refused(monkeypatch, place):
  monkeypatch.setenv('TF_CONFIG', place)
  for name in ('one_device', 'multi_worker'):
    with pytest.raises(ValueError, match='TF_CONFIG is .*expected a cluster'):
      strategies.make(name)


@pytest.mark.parametrize('place', ['{}', '{"cluster": {}}'])
def test_an_empty_cluster_is_none_to_work_in(monkeypatch, place):
  monkeypatch.setenv('TF_CONFIG', place)
  with pytest.raises(ValueError, match='TF_CONFIG is .*expected a cluster'):
    strategies.make('multi_worker')


def test_a_configuration_that_changed_since_the_start_is_noticed(
  config, tmp_path
):
  other = dataclasses.replace(config, seed=5)
  runs.save_config(other, str(tmp_path))
  with pytest.raises(ValueError, match='config.seed is 5 in this folder'):
    _train(config, tmp_path)
  assert not (tmp_path / 'layout' / 'weights.h5').exists()


def test_broken_joint_weights_are_named(config, tmp_path):
  tiny_run.write_random(config, str(tmp_path))
  (tmp_path / 'joint').mkdir()
  (tmp_path / 'joint' / 'weights.h5').write_bytes(b'half')
  strategy = strategies.make('one_device')
  with pytest.raises(ValueError, match='joint/weights.h5: not weights'):
    preflight.require(config, [], str(tmp_path), strategy)


def test_weights_that_do_not_fit_the_disk_are_refused(
  config, tmp_path, monkeypatch
):
  full = shutil.disk_usage('/')._replace(free=1000)
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: full)
  with pytest.raises(OSError, match='weights.h5: cannot be written'):
    _train(config, tmp_path)
  monkeypatch.undo()
  _train(config, tmp_path)  # From its backup.
  assert (tmp_path / 'layout' / 'weights.h5').exists()


def test_a_worker_that_is_told_of_no_cluster_does_not_train_alone(monkeypatch):
  monkeypatch.delenv('TF_CONFIG', raising=False)
  with pytest.raises(ValueError, match='TF_CONFIG is not set'):
    strategies.make('multi_worker')


def test_sigterm_while_nothing_trains_ends_with_the_same_status(tmp_path):
  command = [sys.executable, '-m', 'clothflow_tf.train']
  training = subprocess.Popen(
    [*command, '--config=configs/demo.py', f'--run_dir={tmp_path}/run'],
    cwd=tiny_run.REPO,
    stderr=subprocess.PIPE,
    text=True,
  )
  while not pathlib.Path(tmp_path, 'run', 'config.json').exists():
    assert training.poll() is None
    time.sleep(0.01)
  training.terminate()
  _, errors = training.communicate(timeout=60)
  assert training.returncode == 75
  assert 'stopped on request; the same command goes on' in errors


@pytest.fixture(scope='module')
def settled():
  """A stage 1 of one step that hardly moves, and the rest likewise."""
  config = plain_layout.config(tiny_run.dolls(), 1)
  for stage in ('layout', 'joint'):
    train = config.train_of(stage)
    train.learning_rate, train.steps, train.steps_per_epoch = 1e-6, 1, 1
    train.schedule, train.ema, train.validation_examples = 'constant', 0.0, 0
  # Plain networks: all three are traced for one step.
  config.flow.channels, config.flow.hidden = (8, 8), ()
  config.render.channels, config.render.composition = (8,), 'garment'
  config.render.shade = config.render.warped_mask = False
  config.render.clip_garment = config.render.continue_garment = False
  return config_lib.validate(config)


@pytest.fixture(scope='module')
def trained(settled, tmp_path_factory):
  """The folder of a run whose stages are as if trained."""
  folder = str(tmp_path_factory.mktemp('trained'))
  tiny_run.write_random(settled, folder)
  return folder


def _tune(config, stage, run_dir, init_from):
  strategy = strategies.make('one_device')
  runs.save_config(config, run_dir)
  preflight.require(config, [stage], run_dir, strategy, init_from)
  options = stage_lib.Options(init_from=init_from)
  stage_lib.train(config, stage, run_dir, strategy, options)


def _distance(network, other):
  """Returns the largest difference of what the optimizer changes."""
  pairs = zip(network.trainable_weights, other.trainable_weights, strict=True)
  return max(np.abs(a.numpy() - b.numpy()).max() for a, b in pairs)


def test_a_stage_starts_from_the_other_runs_weights(settled, trained, tmp_path):
  _tune(settled, 'layout', str(tmp_path), trained)
  first = initial.load_stage(settled, 'layout', trained)
  tuned = initial.load_stage(settled, 'layout', str(tmp_path))
  # One step of Adam moves a weight by the learning rate.
  assert 0.0 < _distance(tuned, first) < 1e-5
  tf.keras.utils.set_random_seed(settled.seed)
  anew = try_on.build_stage('layout', settled)
  assert _distance(tuned, anew) > 0.1


def test_joint_training_starts_from_all_stages_of_the_other_run(
  settled, trained, tmp_path
):
  _tune(settled, 'joint', str(tmp_path), trained)
  first, tuned = try_on.load(trained), try_on.load(str(tmp_path))
  assert 0.0 < _distance(tuned, first) < 1e-5


def test_networks_of_other_sizes_are_refused_by_name(
  settled, trained, tmp_path
):
  other = plain_layout.config(settled.data.data_dir, 1)
  other.layout.channels = (12,)
  with pytest.raises(
    ValueError, match='layout has layout_.* of shape .* there'
  ):
    _tune(other, 'layout', str(tmp_path), trained)
  assert not (tmp_path / 'layout').exists()


def test_a_folder_that_is_no_run_is_refused(settled, tmp_path):
  with pytest.raises(FileNotFoundError, match='nowhere: not found|run folder'):
    _tune(settled, 'layout', str(tmp_path / 'run'), str(tmp_path / 'nowhere'))


def test_going_on_takes_the_backup_not_the_other_run(
  settled, trained, tmp_path, monkeypatch
):
  train = dataclasses.replace(settled.layout.train, learning_rate=0.1)
  layout = dataclasses.replace(settled.layout, train=train)
  far = dataclasses.replace(settled, layout=layout)
  with monkeypatch.context() as patch:
    patch.setattr(stage_lib, '_finish', _broken)
    with pytest.raises(InterruptedError):
      _tune(far, 'layout', str(tmp_path), trained)
  _tune(far, 'layout', str(tmp_path), trained)
  first = initial.load_stage(settled, 'layout', trained)
  tuned = initial.load_stage(settled, 'layout', str(tmp_path))
  assert _distance(tuned, first) > 0.05
