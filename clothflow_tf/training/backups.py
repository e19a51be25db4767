# SPDX-License-Identifier: Apache-2.0
"""Backups: what a training goes on from after its machine died.

A backup holds weights, optimizer, running means and the number of steps done.
The order of the examples and all randomness follow from that number, so a
training that goes on ends as if it had never been stopped. A backup is written
after each epoch, and on SIGTERM in the middle of one.

    RUN/STAGE/backup/ckpt-N.index, .data-*  a backup, the larger N the newer
    RUN/STAGE/backup/partial/               the one that is being written

Keras' BackupAndRestore keeps one backup and gives up if it is broken. Here
several are kept; if the newest is broken, the one before it is taken.
"""

from collections.abc import Iterator
import contextlib
import glob
import os
import re
import shutil
import signal
from typing import Any

import tensorflow as tf

from clothflow_tf.training import callbacks
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers

# What TensorFlow raises about a file that is cut, changed or missing, or that
# holds other variables.
_BROKEN = (
  tf.errors.OpError,
  AssertionError,
  IndexError,
  RuntimeError,
  ValueError,
)


class StoppedError(Exception):
  """Training was asked to stop, and did; the same command goes on with it."""


class Backup(tf.keras.callbacks.Callback):
  """Restores the newest backup; writes one after each epoch or on SIGTERM.

  `restore` is called before `fit`; both run within `watching`.

  Attributes:
    asked_to_stop: whether SIGTERM came.
  """

  def __init__(self, trainer: trainers.Trainer, folder: str, keep: int):
    super().__init__()
    self._trainer, self._folder, self._keep = trainer, folder, keep
    self._strategy = trainer.distribute_strategy
    self._checkpoint = tf.train.Checkpoint(**trainer.state())
    self._means: list[Any] = []
    self.asked_to_stop = False

  def restore(self) -> int:
    """Loads the newest backup that can be read; returns its steps, or 0.

    Raises:
      ValueError: there are backups, but none can be read.
    """
    paths = _listed(self._folder)
    for path in reversed(paths):
      try:
        self._checkpoint.read(path).assert_existing_objects_matched()
      except _BROKEN as error:
        reason = first_line(error)
        if isinstance(error, AssertionError):
          reason = 'it is of another network, or of an older version'
        print(f'{path}: a broken backup ({reason})', flush=True)
        continue
      # All workers would have to read the means. A cluster writes no backup
      # within an epoch, so it does not need them.
      if not strategies.is_cluster(self._strategy):
        self._means = [x.numpy() for x in self._mean_variables()]
      return self._steps()
    if paths:
      raise ValueError(
        f'{self._folder}: none of the {len(paths)} backups can be read; remove '
        'the folder to train this stage from its start'
      )
    if os.path.isdir(self._folder):
      print(f'{self._folder}: no backup to go on from', flush=True)
    return 0

  @contextlib.contextmanager
  def watching(self) -> Iterator[None]:
    """Turns a SIGTERM into a backup after the running step, then the end."""

    def ask(*_: Any) -> None:
      self.asked_to_stop = True

    before = signal.signal(signal.SIGTERM, ask)
    try:
      yield
    finally:
      signal.signal(signal.SIGTERM, before)

  def on_epoch_begin(self, epoch: int, logs: callbacks.Logs = None) -> None:
    # Keras has just reset the means; in the middle of an epoch they go on.
    if self._means and self._steps() % self.params['steps']:
      for variable, value in zip(self._mean_variables(), self._means):
        variable.assign(value)
    self._means = []

  def on_train_batch_end(self, batch: int, logs: callbacks.Logs = None) -> None:
    # At the end of an epoch the backup waits for its curves, and for what they
    # decide: a restart goes on from them, too.
    ends = self._steps() % self.params['steps'] == 0 or self.model.stop_training
    if not self.asked_to_stop or ends:
      return
    if not strategies.is_cluster(self._strategy):
      self._save()
    self._stop()

  def on_epoch_end(self, epoch: int, logs: callbacks.Logs = None) -> None:
    self._save()
    if self.asked_to_stop and not self.model.stop_training:
      self._stop()

  def _stop(self) -> None:
    where = f'{self._trainer.stage}: stopped on request after step'
    if strategies.is_cluster(self._strategy):
      # Workers get the signal at different steps: no backup would fit all.
      raise StoppedError(f'{where} {self._steps()}; the last backup counts')
    raise StoppedError(f'{where} {self._steps()}, with a backup')

  def _save(self) -> None:
    """Writes a backup of weights that are finite.

    Raises:
      FloatingPointError: a weight is not; the backups before it stay.
      OSError: it cannot be written; the backups before it stay.
    """
    for variable in self._trainer.network.trainable_variables:
      if not tf.reduce_all(tf.math.is_finite(variable)):
        raise FloatingPointError(
          f'{self._trainer.stage}: {variable.name} is not finite after step '
          f'{self._steps()}; what is backed up is from before'
        )
    try:
      self._write()
    except (tf.errors.OpError, OSError) as error:
      if strategies.lost_worker(self._strategy, error):
        raise
      before = len(_listed(self._folder))
      raise OSError(
        f'{self._folder}: cannot write a backup ({first_line(error)}); '
        f'{before} from before are left'
      ) from error

  def _write(self) -> None:
    partial = os.path.join(self._folder, 'partial')
    writes = strategies.writes(self._strategy)
    if not writes:
      partial = strategies.scratch(self._strategy, self._folder)
    shutil.rmtree(partial, ignore_errors=True)  # One that was cut off.
    os.makedirs(partial)
    self._checkpoint.write(os.path.join(partial, 'ckpt'))
    backups = _listed(self._folder)
    number = int(backups[-1].rpartition('-')[2]) + 1 if backups else 1
    if writes:
      # The index last, by which a backup is known: then it is whole.
      for path in sorted(glob.glob(os.path.join(glob.escape(partial), '*'))):
        name = os.path.basename(path).replace('ckpt', f'ckpt-{number}', 1)
        os.replace(path, os.path.join(self._folder, name))
      for backup in _listed(self._folder)[: -self._keep]:
        for path in glob.glob(f'{glob.escape(backup)}.*'):
          os.remove(path)
    shutil.rmtree(partial)

  def _steps(self) -> int:
    return int(self._trainer.steps_done.numpy())

  def _mean_variables(self) -> list[tf.Variable]:
    return [x for metric in self._trainer.metrics for x in metric.variables]


def _listed(folder: str) -> list[str]:
  """Returns the backups in a folder, newest last."""
  indices = glob.glob(os.path.join(glob.escape(folder), 'ckpt-*.index'))
  paths = [path.removesuffix('.index') for path in indices]
  numbered = [path for path in paths if path.rpartition('-')[2].isdigit()]
  return sorted(numbered, key=lambda path: int(path.rpartition('-')[2]))


def first_line(error: Exception) -> str:
  """Returns the first line of an error, without TensorFlow's {{node}}s."""
  message = getattr(error, 'message', None) or str(error)
  first = message.strip().split('\n')[0]
  return re.sub(r'\{\{.*?\}\} *', '', first)[:400]
