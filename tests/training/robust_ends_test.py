# SPDX-License-Identifier: Apache-2.0
"""Claims about trainings that cannot go on: one clear line, a usable folder."""

import json
import pathlib
import re
import resource
import shutil
import signal
import types

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import runs
from clothflow_tf.training import backups
from clothflow_tf.training import callbacks
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
  """A stage 1 of three epochs, two steps each."""
  return plain_layout.config(data_dir, 3)


class _Break(tf.keras.callbacks.Callback):
  """Raises as an epoch begins."""

  def __init__(self, epoch):
    super().__init__()
    self._epoch = epoch

  def on_epoch_begin(self, epoch, logs=None):
    if epoch == self._epoch:
      raise InterruptedError('power cut')


def _train(config, run_dir):
  strategy = strategies.make('one_device')
  stage_lib.train(config, 'layout', str(run_dir), strategy)


@pytest.fixture(scope='module')
def cut_off(data_dir, tmp_path_factory):
  """A run folder whose stage 1 was cut off after two epochs, two backups."""
  folder = tmp_path_factory.mktemp('cut_off')
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(callbacks, 'StopOnNaN', lambda: _Break(2))
    with pytest.raises(InterruptedError):
      _train(plain_layout.config(data_dir, 3), folder)
  assert _backups(folder) == ['ckpt-1', 'ckpt-2']
  return folder


@pytest.fixture
def interrupted(cut_off, tmp_path):
  """A copy of that folder for one test."""
  return shutil.copytree(cut_off, tmp_path, dirs_exist_ok=True)


def _backups(run_dir):
  files = pathlib.Path(run_dir, 'layout', 'backup').glob('*.index')
  return sorted(path.stem for path in files)


def _damage(run_dir, backup, kind):
  """Spoils one backup: cuts its data in half, or changes one bit of it."""
  [path] = pathlib.Path(run_dir, 'layout', 'backup').glob(f'{backup}.data*')
  content = bytearray(path.read_bytes())
  if kind == 'cut':
    del content[len(content) // 2 :]
  else:
    content[len(content) // 2] ^= 1
  path.write_bytes(content)


def _curve(run_dir):
  path = runs.stage_path(str(run_dir), 'layout', 'history.json')
  return json.loads(pathlib.Path(path).read_text())['loss']


@pytest.fixture(scope='module')
def trainer(data_dir):
  config = plain_layout.config(data_dir, 3)
  strategy = strategies.make('one_device')
  return stage_lib.compiled(config, 'layout', '', strategy)


def _restored(trainer, run_dir):
  """Returns the number of steps that a training would go on after."""
  folder = str(pathlib.Path(run_dir, 'layout', 'backup'))
  return backups.Backup(trainer, folder, 2).restore()


@pytest.mark.parametrize('kind', ['cut', 'changed'])
def test_a_broken_backup_gives_way_to_the_one_before(
  trainer, interrupted, kind, capsys
):
  _damage(interrupted, 'ckpt-2', kind)
  assert _restored(trainer, interrupted) == 2
  assert 'ckpt-2: a broken backup (' in capsys.readouterr().out


def test_a_training_goes_on_from_the_backup_before_and_ends_whole(
  config, interrupted, capsys
):
  _damage(interrupted, 'ckpt-2', 'cut')
  _train(config, interrupted)
  assert 'going on after step 2' in capsys.readouterr().out
  assert len(_curve(interrupted)) == 3
  assert pathlib.Path(interrupted, 'layout', 'weights.h5').is_file()


def test_no_readable_backup_is_an_error_that_says_what_to_do(
  trainer, interrupted
):
  for backup in _backups(interrupted):
    _damage(interrupted, backup, 'cut')
  with pytest.raises(ValueError, match='none of the 2 backups .* remove'):
    _restored(trainer, interrupted)


@pytest.mark.parametrize('place', ['', 'partial'])
def test_a_half_written_backup_is_ignored(trainer, interrupted, place):
  folder = pathlib.Path(interrupted, 'layout', 'backup', place)
  folder.mkdir(exist_ok=True)
  (folder / 'ckpt-3.data-00000-of-00001').write_bytes(b'half')
  if place:
    (folder / 'ckpt-3.index').write_bytes(b'half')
  assert _restored(trainer, interrupted) == 4


def test_a_first_backup_that_was_cut_while_written_is_no_end(
  trainer, tmp_path, capsys
):
  folder = tmp_path / 'layout' / 'backup' / 'partial'
  folder.mkdir(parents=True)
  (folder / 'ckpt.index').write_bytes(b'')
  assert _restored(trainer, tmp_path) == 0
  assert 'backup: no backup to go on from' in capsys.readouterr().out


def test_a_backup_is_not_there_before_it_is_whole(
  trainer, interrupted, monkeypatch
):
  folder = str(interrupted / 'layout' / 'backup')
  backup = backups.Backup(trainer, folder, 2)
  moved = []

  def fail(source, target):
    moved.append(target)
    raise OSError('power cut')

  monkeypatch.setattr(backups.os, 'replace', fail)
  with pytest.raises(OSError, match='cannot write a backup .power cut.'):
    backup.on_epoch_end(0)
  assert '.data' in moved[0]  # Without its index, it is none.
  assert _backups(interrupted) == ['ckpt-1', 'ckpt-2']


def test_an_emptied_backup_folder_is_named(trainer, interrupted, capsys):
  for path in pathlib.Path(interrupted, 'layout', 'backup').iterdir():
    path.unlink()
  assert _restored(trainer, interrupted) == 0
  assert 'backup: no backup to go on from' in capsys.readouterr().out


def test_lost_curves_begin_anew_and_the_training_goes_on(
  config, interrupted, capsys
):
  pathlib.Path(interrupted, 'layout', 'history.json').unlink()
  _train(config, interrupted)
  output = capsys.readouterr().out
  assert 'history.json: not found; curves, best and patience begin' in output
  assert 'going on after step 4' in output
  assert len(_curve(interrupted)) == 1


def test_a_full_disk_leaves_the_last_backup(config, interrupted, capsys):
  before = _backups(interrupted)
  limit = resource.getrlimit(resource.RLIMIT_FSIZE)
  # No file may grow beyond what curves need: backups do not fit.
  resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, limit[1]))
  try:
    with pytest.raises(OSError, match='cannot write a backup') as error:
      _train(config, interrupted)
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
  message = str(error.value)
  assert re.search(
    r'backup: .*File too large.*; 2 from before are left', message
  )
  assert '\n' not in message and '{{' not in message
  assert _backups(interrupted)[: len(before)] == before
  _train(config, interrupted)
  assert 'going on after step 4' in capsys.readouterr().out
  assert len(_curve(interrupted)) == 3


def test_only_so_many_backups_are_kept(config, tmp_path, monkeypatch):
  config.layout.train.backups = 1
  monkeypatch.setattr(callbacks, 'StopOnNaN', lambda: _Break(2))
  with pytest.raises(InterruptedError):
    _train(config, tmp_path)
  assert _backups(tmp_path) == ['ckpt-2']


def test_weights_that_are_not_finite_are_not_backed_up(
  config, interrupted, monkeypatch
):
  class Poison(tf.keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
      self.model.network.weights[0].assign_add(
        np.nan * self.model.network.weights[0]
      )

  monkeypatch.setattr(callbacks, 'StopOnNaN', Poison)
  with pytest.raises(FloatingPointError, match='layout: .* is not finite'):
    _train(config, interrupted)
  assert _backups(interrupted) == ['ckpt-1', 'ckpt-2']


# In the middle of an epoch, and after the last step of one.
@pytest.mark.parametrize('asked', [3, 4])
def test_sigterm_leaves_a_backup_of_its_step(
  config, tmp_path, monkeypatch, asked
):
  class Ask(tf.keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
      if self.model.steps_done == asked:
        signal.raise_signal(signal.SIGTERM)

  with monkeypatch.context() as patch:
    patch.setattr(callbacks, 'StopOnNaN', Ask)
    with pytest.raises(
      backups.StoppedError, match=f'after step {asked}, with a'
    ):
      _train(config, tmp_path)
  assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
  _train(config, tmp_path)
  assert len(_curve(tmp_path)) == 3


def test_sigterm_at_a_stages_last_step_ends_before_the_next_stage(
  config, tmp_path, monkeypatch
):
  class Ask(tf.keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
      if self.model.steps_done == config.layout.train.steps:
        signal.raise_signal(signal.SIGTERM)

  monkeypatch.setattr(callbacks, 'StopOnNaN', Ask)
  with pytest.raises(backups.StoppedError, match='trained, then stopped'):
    _train(config, tmp_path)
  assert (tmp_path / 'layout' / 'weights.h5').is_file()


@pytest.mark.parametrize(
  ('override', 'stages', 'message'),
  [
    (('data', 'data_dir', 'nowhere'), ['layout'], 'no prepared data set'),
    (('perceptual', 'network', 'vgg16'), ['layout', 'render'], 'not a file'),
    (('render', 'warp_source', 'stage'), ['render'], '--stage=flow'),
  ],
)
def test_what_a_later_stage_needs_is_checked_before_the_first(
  config, tmp_path, override, stages, message
):
  config.perceptual.weights = 'no_such_file.h5'
  setattr(getattr(config, override[0]), *override[1:])
  with pytest.raises((FileNotFoundError, ValueError), match=message):
    strategy = strategies.make('one_device')
    preflight.require(config, stages, str(tmp_path), strategy)
  assert not [*tmp_path.iterdir()]


def test_a_batch_that_replicas_cannot_share_is_refused_by_key(config):
  three = types.SimpleNamespace(num_replicas_in_sync=3)
  with pytest.raises(ValueError, match='layout.train.batch_size is 2, exp'):
    preflight.require(config, ['layout'], '', three)
