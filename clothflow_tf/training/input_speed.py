# SPDX-License-Identifier: Apache-2.0
"""Does the input keep the device busy? Examples a second, part by part."""

from collections.abc import Callable
from collections.abc import Iterator
import time
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.training import stage as stage_lib

# Steps that are timed, after some that trace graphs and fill buffers.
_WARM_UP, _TIMED = 3, 20


def report(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
) -> None:
  """Prints the speed of a stage's input alone, its step alone, and both.

  Nothing is written. The step alone trains on one batch again and again.

  Args:
    config: the run's configuration.
    stage: one of `config.TRAININGS`.
    run_dir: the run's folder, for a stage that this one needs.
    strategy: where to train.
  """
  settings = getattr(config, stage).train
  trainer = stage_lib.compiled(config, stage, run_dir, strategy)
  batches = iter(stage_lib.dataset(config, settings, 0, strategy))
  step = trainer.make_train_function()
  one = _repeated(next(batches))
  speeds = {
    'input alone': _speed(lambda: next(batches), settings),
    'step alone': _speed(lambda: step(one), settings),
    'both': _speed(lambda: step(batches), settings),
  }
  words = ', '.join(f'{name} {speed:.1f}' for name, speed in speeds.items())
  print(f'{stage}: examples a second: {words}', flush=True)


def _repeated(batch: Any) -> Iterator[Any]:
  while True:
    yield batch


def _speed(
  function: Callable[[], Any], settings: config_lib.TrainConfig
) -> float:
  """Returns examples a second of a function that handles a batch."""
  for _ in range(_WARM_UP):
    function()
  start = time.perf_counter()
  for _ in range(_TIMED):
    function()
  tf.test.experimental.sync_devices()
  return _TIMED * settings.batch_size / (time.perf_counter() - start)
