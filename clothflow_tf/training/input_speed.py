# SPDX-License-Identifier: Apache-2.0
"""Does the input keep the device busy? Examples a second, part by part.

Also the peak memory of the process; ask for one stage to get that stage's.
"""

from collections.abc import Callable
import copy
import itertools
import time
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.training import stage as stage_lib

# Steps before the clock starts, which trace graphs and fill buffers.
_WARM_UP = 3
# At least so many steps and seconds are timed, as buffered batches cost
# nothing; but not more than `_ENOUGH`, as a large network's step takes seconds.
_STEPS, _SECONDS, _ENOUGH = 20, 5.0, 30.0


def report(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
) -> None:
  """Prints the speed of a stage's input alone, its step alone, and both.

  No weights are kept. The step alone trains on one batch again and again.

  Args:
    config: the run's configuration.
    stage: one of `config.TRAININGS`.
    run_dir: the run's folder, for a stage that this one needs.
    strategy: where to train.
  """
  config = copy.deepcopy(config)
  settings = config.train_of(stage)
  settings.steps_per_execution = 1  # A call of the step is one step.
  trainer = stage_lib.compiled(config, stage, run_dir, strategy)
  batches = iter(stage_lib.dataset(config, stage, 0, strategy))
  step = trainer.make_train_function()
  one = itertools.repeat(next(batches))
  speeds = {
    'input alone': _speed(lambda: next(batches), settings),
    'step alone': _speed(lambda: step(one), settings),
    'both': _speed(lambda: step(batches), settings),
  }
  words = ', '.join(f'{name} {speed:.1f}' for name, speed in speeds.items())
  print(f'{stage}: examples a second: {words}; {_memory()}', flush=True)


def _speed(
  function: Callable[[], Any], settings: config_lib.TrainConfig
) -> float:
  """Returns examples a second of a function that handles a batch."""
  for _ in range(_WARM_UP):
    function()
  # Accelerators work behind the program's back: wait for them at either end.
  tf.test.experimental.sync_devices()
  start, steps, seconds = time.perf_counter(), 0, 0.0
  while (steps < _STEPS or seconds < _SECONDS) and seconds < _ENOUGH:
    function()
    steps, seconds = steps + 1, time.perf_counter() - start
  tf.test.experimental.sync_devices()
  return steps * settings.batch_size / (time.perf_counter() - start)


def _memory() -> str:
  """Returns the most memory so far, of the process and of each accelerator."""
  import resource  # Windows has none.

  # Linux counts in KiB.
  most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
  words = f'peak memory {most:.2f} GiB'
  for device in tf.config.list_logical_devices('GPU'):
    peak = tf.config.experimental.get_memory_info(device.name)['peak'] / 2**30
    words += f', {device.name} {peak:.2f} GiB'
  return words
