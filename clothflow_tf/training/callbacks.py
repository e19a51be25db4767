# SPDX-License-Identifier: Apache-2.0
"""What watches a training: broken losses stop it, and steps are timed."""

import math
import time
from typing import Any

import tensorflow as tf


class StopOnNaN(tf.keras.callbacks.Callback):
  """Ends training at the first loss that is not finite, naming the term."""

  def on_train_batch_end(
    self, batch: int, logs: dict[str, Any] | None = None
  ) -> None:
    # Terms before their sum, so that the message names the one to blame.
    for name, value in reversed((logs or {}).items()):
      if not math.isfinite(value):
        step = int(self.model.optimizer.iterations.numpy())
        raise FloatingPointError(
          f'{self.model.stage}: {name} is {value} at step {step}; the last '
          'backup of the run folder is from before'
        )


class StopAtStep(tf.keras.callbacks.Callback):
  """Ends training at a step that need not be the last of an epoch."""

  def __init__(self, steps: int):
    super().__init__()
    self._steps = steps

  def on_train_batch_end(
    self, batch: int, logs: dict[str, Any] | None = None
  ) -> None:
    if int(self.model.optimizer.iterations.numpy()) >= self._steps:
      self.model.stop_training = True


class StepTimer(tf.keras.callbacks.Callback):
  """Measures seconds a step, without the first, which traces the graph."""

  def __init__(self, batch_size: int):
    super().__init__()
    self._batch_size = batch_size
    self._steps, self._start, self._end = 0, 0.0, 0.0

  def on_train_batch_end(
    self, batch: int, logs: dict[str, Any] | None = None
  ) -> None:
    self._end = time.perf_counter()
    if self._steps == 0:
      self._start = self._end
    self._steps += 1

  def summary(self) -> str:
    """Returns the measured speed in words."""
    if self._steps < 2:
      return 'too few steps to time one'
    seconds = (self._end - self._start) / (self._steps - 1)
    return (
      f'{seconds:.3f} seconds a step, '
      f'{self._batch_size / seconds:.1f} examples a second'
    )
