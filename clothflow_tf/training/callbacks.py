# SPDX-License-Identifier: Apache-2.0
"""Callbacks of a training: losses that are no number, curves, the clock."""

import contextlib
import json
import math
import os
import time
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import files
from clothflow_tf.training import averages
from clothflow_tf.training import strategies

Logs = dict[str, Any] | None  # What Keras gives every method.


class StopOnNaN(tf.keras.callbacks.Callback):
  """Ends training at the first loss that is not finite, naming the term."""

  def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
    # Terms before their sum, so that the message names the one to blame.
    for name, value in reversed((logs or {}).items()):
      if not math.isfinite(value):
        step = int(self.model.steps_done.numpy())
        raise FloatingPointError(
          f'{self.model.stage}: {name} is {value} at step {step}; what is '
          'backed up is from before'
        )

  def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
    # Validation's losses too, before anything is kept because of them.
    self.on_train_batch_end(-1, logs)


class StopAtStep(tf.keras.callbacks.Callback):
  """Ends training at a step that need not be the last of an epoch."""

  def __init__(self, steps: int):
    super().__init__()
    self._steps = steps

  def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
    if int(self.model.steps_done.numpy()) >= self._steps:
      self.model.stop_training = True


class History(tf.keras.callbacks.Callback):
  """Keeps the curves, {name: [value an epoch]}, and acts on their lowest.

  One of them, 'epoch', counts from 0. `train.best` and `train.patience` follow
  from the curves, so they survive a restart. With `best`, best.h5 may come from
  an epoch that a restart repeats; without --deterministic the repetition may
  score slightly worse.
  """

  def __init__(self, path: str, settings: config_lib.TrainConfig):
    super().__init__()
    self._path, self._settings = path, settings
    self.curves: dict[str, list[float]] = {}

  def load(self, epochs: int) -> None:
    """Reads the curves of the first epochs, which are done.

    Raises:
      ValueError: the file does not hold curves.
    """
    if not epochs:
      return
    if not os.path.isfile(self._path):
      print(
        f'{self._path}: not found; curves, best and patience begin anew',
        flush=True,
      )
      return
    try:
      with open(self._path, encoding='utf-8') as file:
        before = json.load(file)
      # A backup follows its epoch's curves: one that broke takes the training
      # back before the end of the file.
      kept = [epoch < epochs for epoch in before['epoch']]
      self.curves = {
        name: [x for x, keep in zip(values, kept, strict=True) if keep]
        for name, values in before.items()
      }
    except (ValueError, AttributeError, KeyError, TypeError) as error:
      raise ValueError(
        f'{self._path}: not the curves of a training '
        f'({type(error).__name__}: {error}); remove it to go on without them'
      ) from error

  def gave_up(self) -> bool:
    """Says whether patience has ended; also of a training that goes on."""
    watched = 'val_loss' if 'val_loss' in self.curves else 'loss'
    if not (self._settings.patience and self.curves.get(watched)):
      return False
    waited = self._epochs_since_lowest(watched)
    if waited < self._settings.patience:
      return False
    print(f'{watched} was lowest {waited} epochs ago', flush=True)
    return True

  def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
    values = {name: float(value) for name, value in (logs or {}).items()}
    for name, value in {'epoch': epoch, **values}.items():
      self.curves.setdefault(name, []).append(value)
    strategy, settings = self.model.distribute_strategy, self._settings
    # Written before the backup that follows: a restart never lacks the best.
    if settings.best and self._epochs_since_lowest(settings.best) == 0:
      best = os.path.join(os.path.dirname(self._path), 'best.h5')
      os.makedirs(os.path.dirname(best), exist_ok=True)
      with averages.averaged(self.model):
        strategies.save_weights(strategy, self.model.network, best)
    if strategies.writes(strategy):
      files.write_json(self._path, self.curves)
    if self.gave_up():
      self.model.stop_training = True

  def _epochs_since_lowest(self, name: str) -> int:
    values = self.curves[name]
    return len(values) - 1 - values.index(min(values))


class Averages(tf.keras.callbacks.Callback):
  """Has validation judge averaged weights, where there are any."""

  def __init__(self):
    super().__init__()
    self._swapped = contextlib.ExitStack()

  def on_test_begin(self, logs: Logs = None) -> None:
    self._swapped.enter_context(averages.averaged(self.model))

  def on_test_end(self, logs: Logs = None) -> None:
    self._swapped.close()


class StepTimer(tf.keras.callbacks.Callback):
  """Measures seconds a step: waiting for the input, but not validation."""

  def __init__(self, batch_size: int):
    super().__init__()
    self._batch_size = batch_size
    self._steps, self._seconds = 0, 0.0
    # Of the running execution, which may be several steps.
    self._done_before, self._start = 0, 0.0
    self._traced = False

  def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
    self._done_before = self._done()
    self._start = time.perf_counter()

  def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
    # The first execution also traces the graph, which takes seconds.
    if self._traced:
      self._steps += self._done() - self._done_before
      self._seconds += time.perf_counter() - self._start
    self._traced = True

  def _done(self) -> int:
    return int(self.model.steps_done.numpy())

  def summary(self) -> str:
    """Returns the measured speed in words."""
    if not self._steps:
      return 'too few steps to time one'
    seconds = self._seconds / self._steps
    return (
      f'{seconds:.3f} seconds a step, '
      f'{self._batch_size / seconds:.1f} examples a second'
    )
