# SPDX-License-Identifier: Apache-2.0
r"""Trains one stage again and again, interrupted at random moments, for tests.

    python -m tests.training.interrupted_run STAGE FOLDER DATA_DIR \
      SIGKILL SIGTERM ...

trains it twice: without interruptions in FOLDER/whole, and in FOLDER/killed
with them. Each signal is sent to the program `train`, a random number of steps
after it began to take any, the first one as an epoch begins, so that its step
is undone; then the same command is given once more and runs to its end.
Which examples every step saw goes to FOLDER/whole.log and killed.log, a line of
JSON a step, also of steps that a kill undid. 'whole' has no panels in
TensorBoard, which must not matter. How each start ended goes to the standard
output, a line a run folder.

The programs are forked from one process that has paid for importing TensorFlow
but has not used it, which is when forking is safe.
"""

import json
import os
import random
import signal
import sys
import time
from typing import Any

import numpy as np
import tensorflow as tf

from clothflow_tf.training import trainers
from tests import garbage
from tests import graphs
from tests import tiny_run

BATCH, STEPS, STEPS_PER_EPOCH = 4, 16, 3
# What a training must also go on with, beside averaged weights.
_OPTIONS = {
  'render': {
    'render.train.validation_examples': 4,
    'render.train.best': 'val_loss',
    'render.train.patience': STEPS,
  },
  'joint': {
    'flow.channels': (8, 8),  # Two levels: three networks are traced at once.
    'joint.train.precision': 'float16',
    'augment.flip': 0.5,
    'augment.rotation': 10.0,
    'augment.hue': 0.1,
    'augment.cutout': 0.3,
  },
}


def changes(stage: str, panels: int) -> dict[str, Any]:
  """Returns what its configuration has beside the tiny run's."""
  train = {
    'batch_size': BATCH,
    'steps': STEPS,
    'steps_per_epoch': STEPS_PER_EPOCH,
    'shuffle': 4,
    'panel_examples': panels,
    'ema': 0.5,
  }
  train = {f'{stage}.train.{key}': value for key, value in train.items()}
  return {**train, **_OPTIONS[stage]}


def flags(stage: str, run_dir: str, data_dir: str, panels: int) -> list[str]:
  """Returns the command line of the training.

  'render', on the disturbed true warp, and 'joint' draw random numbers. Panels
  of so many examples, which must change nothing, after every epoch.
  """
  return [
    f'--stage={stage}',
    '--deterministic',
    *tiny_run.TinyRun(data_dir, run_dir, '').train_flags(
      **changes(stage, panels)
    ),
  ]


def _watch_steps(path: str) -> None:
  """Makes every training step note what it saw."""
  step = trainers.Trainer.train_step

  def note(number: np.ndarray, *seen: np.ndarray) -> None:
    with open(path, 'a', encoding='utf-8') as file:
      places, indices = (x.tolist() for x in seen)
      file.write(json.dumps([int(number), places, indices]) + '\n')

  def watched(self: trainers.Trainer, record: dict) -> dict:
    seen = [self.steps_done, record['position'], record['index']]
    tf.numpy_function(note, seen, [])
    return step(self, record)

  trainers.Trainer.train_step = watched


def _child(stage: str, run_dir: str, data_dir: str, panels: int) -> int:
  child = os.fork()
  if child:
    return child
  _watch_steps(f'{run_dir}.log')
  done = tiny_run.call(
    'clothflow_tf.train', *flags(stage, run_dir, data_dir, panels)
  )
  sys.stderr.write(done.errors)
  sys.stderr.flush()
  os._exit(done.status)


def _lines(path: str) -> int:
  if not os.path.isfile(path):
    return 0
  with open(path, encoding='utf-8') as file:
    return file.read().count('\n')


def _interrupt(child: int, signum: int, log: str) -> None:
  """Sends the signal once some more steps, and a part of one, are done."""
  begun = _lines(log)
  # Steps are noted as they begin, and backed up at the end of an epoch.
  wanted = begun + random.randint(1, 4) if begun else STEPS_PER_EPOCH + 1
  while _lines(log) < wanted:
    # Or a training that ended by itself would be waited for without end.
    if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
      return
    time.sleep(0.002)
  if begun:
    time.sleep(random.uniform(0.0, 0.1))
  os.kill(child, signum)


def main(stage: str, folder: str, data_dir: str, *signals: str) -> None:
  garbage.collect_less()
  graphs.optimize_less()
  random.seed(folder)
  for name, interruptions in (('whole', ()), ('killed', signals)):
    run_dir, statuses = f'{folder}/{name}', []
    for signum in (*interruptions, None):
      child = _child(stage, run_dir, data_dir, 2 if interruptions else 0)
      if signum:
        _interrupt(child, signal.Signals[signum], f'{run_dir}.log')
      statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(*statuses, flush=True)


if __name__ == '__main__':
  main(*sys.argv[1:])
