# SPDX-License-Identifier: Apache-2.0
"""Claims about a training's start: what may begin in which run folder."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

from clothflow_tf import locks
from clothflow_tf import runs
from clothflow_tf.training import callbacks
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from tests import tiny_run


@pytest.fixture(scope='module')
def data_dir():
  return tiny_run.dolls()


@pytest.fixture
def config(data_dir):
  """A stage 1 of one epoch, two steps."""
  return tiny_run.short_layout(data_dir, 1)


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
