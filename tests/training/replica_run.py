# SPDX-License-Identifier: Apache-2.0
"""Trains stages on some logical CPU devices, for tests.

    python -m tests.training.replica_run FOLDER DATA_DIR 2

leaves run folders FOLDER/STAGE2, 2 being the number of devices. Several compute
activations of stages 2 and 3 again for backpropagation, one keeps them. Weights
are averaged.
Stage 3 trains by plain gradients and the joint fine-tuning by an Adam that
scales them all by about the same: those of an L1 loss jump, and Adam would make
steps of the same length of gradients that are no more than rounding. Every
number needs a process of its own: TensorFlow numbers the collective operations
of each strategy from 1 on, and mixes those of two strategies up.
"""

import sys
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.training import optimizers
from clothflow_tf.training import stage as stage_lib
from tests import garbage
from tests import graphs
from tests import tiny_run

STAGES = ('flow', 'render', 'joint')
STEPS = 10
CHANNELS = (8, 8)  # Of stage 2: two levels, each with a flow.


def train(stage: str) -> dict[str, Any]:
  """Returns how a stage trains: with the paper's steps and decay of Adam.

  Stage 2 also draws panels, and has epochs of two steps: what two workers do is
  compared with it, one of which is killed in an epoch.
  """
  flow = stage == 'flow'
  return {
    'batch_size': 4,
    'steps': STEPS,
    'steps_per_epoch': 2 if flow else STEPS // 2,
    'panel_examples': 4 if flow else 0,
    'shuffle': 4,
    'schedule': 'constant',
    'learning_rate': 2e-4,
    'beta_1': 0.5,
    'validation_examples': 4,
    'ema': 0.5,
  }


def config(data_dir: str, recompute: bool) -> config_lib.Config:
  """Returns the configuration of all stages."""
  result = tiny_run.config()
  result.data.data_dir = data_dir
  result.flow.channels = CHANNELS
  for stage in STAGES:
    for key, value in train(stage).items():
      setattr(result.train_of(stage), key, value)
    # Of three networks at once it takes half a minute to trace.
    result.train_of(stage).recompute = recompute and stage != 'joint'
  return result


class _RatedSgd(optimizers.Rated, tf.keras.optimizers.SGD):
  """Plain gradients, at several rates."""


def _plain(settings, rates):
  return _RatedSgd(0.02, rates=rates, use_ema=True, ema_momentum=settings.ema)


def _nearly_plain(settings, rates):
  return optimizers.RatedAdam(
    1.2e-1, epsilon=0.1, rates=rates, use_ema=True, ema_momentum=settings.ema
  )


def main(folder: str, data_dir: str, count: str) -> None:
  garbage.collect_less()
  graphs.optimize_less()
  device = tf.config.LogicalDeviceConfiguration()
  [cpu] = tf.config.list_physical_devices('CPU')
  tf.config.set_logical_device_configuration(cpu, [device] * int(count))
  tf.config.experimental.enable_op_determinism()
  devices = [f'/cpu:{index}' for index in range(int(count))]
  strategy = tf.distribute.MirroredStrategy(devices)
  for stage in STAGES:
    optimizers.make = {'render': _plain, 'joint': _nearly_plain}.get(
      stage, optimizers.make
    )
    run_dir = f'{folder}/{stage}{count}'
    settings = config(data_dir, recompute=int(count) > 1)
    if stage == 'render':
      # What is known would leave little to learn, and little to compare.
      settings.render.composition = 'garment_and_person'
      settings.render.shade = False
    runs.save_config(settings, run_dir)
    if stage == 'joint':
      tiny_run.write_random(settings, run_dir)
    stage_lib.train(settings, stage, run_dir, strategy)


if __name__ == '__main__':
  main(*sys.argv[1:])
