# SPDX-License-Identifier: Apache-2.0
"""Claims about trainings that cannot go on: one clear line, a usable folder."""

import json
import pathlib
import re
import resource
import signal

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import runs
from clothflow_tf.training import backups
from clothflow_tf.training import callbacks
from clothflow_tf.training import preflight
from clothflow_tf.training import stage as stage_lib
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers
from tests import samples
from tests import tiny_run


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('robust')
  return tiny_run.prepared(folder)


@pytest.fixture
def config(data_dir):
  """A stage 1 of three epochs, two steps each."""
  return tiny_run.short_layout(data_dir, 3)


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


@pytest.fixture
def interrupted(config, tmp_path, monkeypatch):
  """A run folder whose stage 1 was cut off after two epochs, two backups."""
  with monkeypatch.context() as patch:
    patch.setattr(callbacks, 'StopOnNaN', lambda: _Break(2))
    with pytest.raises(InterruptedError):
      _train(config, tmp_path)
  assert _backups(tmp_path) == ['ckpt-1', 'ckpt-2']
  return tmp_path


def _backups(run_dir):
  found = pathlib.Path(run_dir, 'layout', 'backup').glob('*.index')
  return sorted(path.stem for path in found)


def _damage(run_dir, backup, how):
  """Spoils one backup: cuts its data in half, or changes one bit of it."""
  [path] = pathlib.Path(run_dir, 'layout', 'backup').glob(f'{backup}.data*')
  content = bytearray(path.read_bytes())
  if how == 'cut':
    del content[len(content) // 2 :]
  else:
    content[len(content) // 2] ^= 1
  path.write_bytes(content)


def _curve(run_dir):
  path = runs.stage_path(str(run_dir), 'layout', 'history.json')
  return json.loads(pathlib.Path(path).read_text())['loss']


@pytest.mark.parametrize('how', ['cut', 'changed'])
def test_a_broken_backup_gives_way_to_the_one_before(
  config, interrupted, how, capsys
):
  _damage(interrupted, 'ckpt-2', how)
  _train(config, interrupted)
  output = capsys.readouterr().out
  assert 'ckpt-2: a broken backup (' in output
  assert 'going on after step 2' in output
  assert len(_curve(interrupted)) == 3
  assert pathlib.Path(interrupted, 'layout', 'weights.h5').is_file()


def test_no_readable_backup_is_an_error_that_says_what_to_do(
  config, interrupted
):
  for backup in _backups(interrupted):
    _damage(interrupted, backup, 'cut')
  with pytest.raises(ValueError, match='none of the 2 backups .* remove'):
    _train(config, interrupted)


def test_a_half_written_backup_that_no_list_names_is_ignored(
  config, interrupted, capsys
):
  folder = pathlib.Path(interrupted, 'layout', 'backup')
  (folder / 'ckpt-3.data-00000-of-00001').write_bytes(b'half')
  _train(config, interrupted)
  assert 'going on after step 4' in capsys.readouterr().out


@pytest.mark.parametrize('content', [None, '', '\xad\xba'])
def test_backups_whose_list_is_lost_or_broken_are_found(
  config, interrupted, capsys, content
):
  path = pathlib.Path(interrupted, 'layout', 'backup', 'checkpoint')
  path.unlink()
  if content is not None:
    path.write_text(content, 'latin-1')
  _train(config, interrupted)
  assert 'going on after step 4' in capsys.readouterr().out
  assert len(_curve(interrupted)) == 3


def test_a_first_backup_that_was_cut_while_written_is_no_end(
  config, tmp_path, capsys
):
  folder = tmp_path / 'layout' / 'backup'
  folder.mkdir(parents=True)
  (folder / 'ckpt-1.index').write_bytes(b'')
  _train(config, tmp_path)
  output = capsys.readouterr().out
  assert 'ckpt-1: a broken backup' in output
  assert len(_curve(tmp_path)) == 3


def test_an_emptied_backup_folder_is_told(config, interrupted, capsys):
  for path in pathlib.Path(interrupted, 'layout', 'backup').iterdir():
    path.unlink()
  _train(config, interrupted)
  output = capsys.readouterr().out
  assert 'backup: no backup to go on from' in output
  assert 'going on' not in output


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


def test_a_nan_in_the_data_names_term_and_step(tmp_path):
  config = samples.config()
  config.flow.roi_perceptual = 0.0
  config.flow.endpoint = 1.0
  trainer = trainers.FlowTrainer(config)
  trainer.compile(optimizer='sgd')
  good, bad = samples.record(), samples.record()
  bad['flow'] = np.full_like(bad['flow'], np.nan)
  records = {key: np.concatenate([good[key], bad[key]]) for key in good}
  dataset = tf.data.Dataset.from_tensor_slices(records).batch(1)
  with pytest.raises(FloatingPointError, match='endpoint is nan at step 2'):
    trainer.fit(dataset, verbose=0, callbacks=[callbacks.StopOnNaN()])


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
  section, name, value = override
  setattr(getattr(config, section), name, value)
  with pytest.raises((FileNotFoundError, ValueError), match=message):
    preflight.require(
      config, stages, str(tmp_path), strategies.make('one_device')
    )
  assert not [*tmp_path.iterdir()]


def test_a_batch_that_replicas_cannot_share_is_refused_by_key(config):
  class Three:
    num_replicas_in_sync = 3

  with pytest.raises(ValueError, match='layout.train.batch_size is 2, expect'):
    preflight.require(config, ['layout'], '', Three())
