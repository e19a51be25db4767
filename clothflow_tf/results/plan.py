# SPDX-License-Identifier: Apache-2.0
"""What is trained and measured, where it is kept, and what is done already.

    OUTPUT/data/                      the drawn examples of all tasks
    OUTPUT/TASK/seed0/shared/         a run folder: stages 1 and 3
    OUTPUT/TASK/seed0/ROW/            a run folder: all stages of a row
    OUTPUT/TASK/seed0/ROW/report/     what `evaluate` measured of it
    OUTPUT/TASK/seed0/ROW.log         commands and output

Every row is a run folder like any other: `evaluate` gives its numbers again.
What is whole is not made again, and a training that was cut off goes on.
"""

import dataclasses
import json
import os
import re
import shutil

from clothflow_tf import config as config_lib
from clothflow_tf import files
from clothflow_tf import runs
from clothflow_tf.results import jobs
from clothflow_tf.results import rows as rows_lib

TASKS = ('try_on', 'pose_transfer')
_CONFIGS = {'try_on': 'demo.py', 'pose_transfer': 'demo_pose.py'}
# Beside this package, in the tree as where pip installs it.
_FOLDER = os.path.normpath(
  os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, 'configs')
)
_SIZES = {'try_on': (256, 192), 'pose_transfer': (256, 256)}
_SPEED = re.compile(r'^(\w+): ([\d.]+) seconds a step', re.MULTILINE)
_SHARED = ('layout', 'render')


@dataclasses.dataclass(frozen=True)
class Budget:
  """What every row gets.

  Attributes:
    dolls: training examples of each task.
    tests: held-out examples of each task.
    layout_steps: stage 1's.
    flow_steps: stage 2's.
    limit: held-out examples of each task that are measured; -1 is all.
    overrides: further keys and values, such as 'data.height=64'.
  """

  dolls: dict[str, int]
  tests: dict[str, int]
  layout_steps: int
  flow_steps: int
  limit: int = -1
  overrides: tuple[str, ...] = ()

  def measured(self, task: str) -> int:
    """Returns how many held-out examples are measured."""
    tests = self.tests[task]
    return tests if self.limit < 0 else min(tests, self.limit)

  def size(self, task: str) -> tuple[int, int]:
    """Returns rows and columns of a task's pictures."""
    given = dict(x.split('=', 1) for x in self.overrides)
    height, width = _SIZES[task]
    return (
      int(given.get('data.height', height)),
      int(given.get('data.width', width)),
    )


@dataclasses.dataclass(frozen=True)
class Plan:
  """Everything of one comparison.

  Attributes:
    folder: OUTPUT.
    budget: of each row.
    features: of the paper's losses.
    lpips: file of LPIPS' arrays, or ''.
    threads: of each process.
  """

  folder: str
  budget: Budget
  features: rows_lib.Features
  lpips: str = ''
  threads: int = 1

  def rows(self, task: str) -> tuple[rows_lib.Row, ...]:
    return rows_lib.of(task, self.budget.flow_steps, self.features)

  def run_dir(self, task: str, seed: int, row: str) -> str:
    return os.path.join(self.folder, task, f'seed{seed}', row)

  def log(self, task: str, seed: int, row: str) -> str:
    return f'{self.run_dir(task, seed, row)}.log'

  def report(self, task: str, seed: int, row: str) -> dict | None:
    """Returns what `evaluate` measured of a row, or None."""
    folder = os.path.join(self.run_dir(task, seed, row), 'report')
    # The page is written last.
    if not os.path.isfile(os.path.join(folder, 'report.html')):
      return None
    with open(os.path.join(folder, 'report.json'), encoding='utf-8') as file:
      return json.load(file)

  def draw(self, task: str, workers: int) -> None:
    """Draws a task's examples."""
    height, width = self.budget.size(task)
    flags = [
      f'--data_dir={self._data_dir()}',
      f'--config={task}_{height}x{width}',
      f'--train_examples={self.budget.dolls[task]}',
      '--validation_examples=0',
      f'--test_examples={self.budget.tests[task]}',
      f'--workers={workers}',
      '--statistics=0',
    ]
    log = os.path.join(self.folder, f'draw_{task}.log')
    jobs.run('clothflow_tf.prepare', flags, log, self.threads)

  def share(self, task: str, seed: int) -> None:
    """Trains what all rows of a task and a seed share."""
    self._train(task, seed, rows_lib.Row('shared', '', {}, _SHARED))

  def make(self, task: str, seed: int, row: rows_lib.Row) -> None:
    """Trains and measures a row."""
    run_dir = self.run_dir(task, seed, row.name)
    shared = self.run_dir(task, seed, 'shared')
    for stage in _SHARED:
      if stage not in row.own:
        _copy_stage(stage, shared, run_dir)
    self._train(task, seed, row)
    report, wanted = (
      self.report(task, seed, row.name),
      self.budget.measured(task),
    )
    # A first look at a few examples gives way to all of them.
    if report and report['examples'] >= wanted:
      return
    flags = [
      f'--run_dir={run_dir}',
      f'--report_dir={run_dir}/report',
      f'--limit={wanted}',
    ]
    if self.lpips:
      flags.append(f'--lpips={self.lpips}')
    log = self.log(task, seed, row.name)
    jobs.run('clothflow_tf.evaluate', flags, log, self.threads)

  def seconds_a_step(self, task: str, seed: int, row: str) -> float | None:
    """Returns how long a step of stage 2 took at the last start, if any."""
    try:
      with open(self.log(task, seed, row), encoding='utf-8') as file:
        speeds = dict(_SPEED.findall(file.read()))
    except FileNotFoundError:
      return None
    return float(speeds['flow']) if 'flow' in speeds else None

  def _train(self, task: str, seed: int, row: rows_lib.Row) -> None:
    run_dir = self.run_dir(task, seed, row.name)
    if all(runs.is_trained(run_dir, stage) for stage in row.own):
      return
    values = {**self._common(seed), **row.changes}
    flags = [
      f'--config={os.path.join(_FOLDER, _CONFIGS[task])}',
      f'--run_dir={run_dir}',
      *(f'--config.{key}={value}' for key, value in values.items()),
      *(f'--config.{x}' for x in self.budget.overrides),
      *(f'--stage={stage}' for stage in row.own),
      f'--threads={self.threads}',
    ]
    log = self.log(task, seed, row.name)
    jobs.run('clothflow_tf.train', flags, log, self.threads)

  def _common(self, seed: int) -> rows_lib.Overrides:
    panels = {f'{x}.train.panel_examples': 0 for x in config_lib.STAGES}
    return {
      'data.data_dir': self._data_dir(),
      'seed': seed,
      'layout.train.steps': self.budget.layout_steps,
      'flow.train.steps': self.budget.flow_steps,
      **panels,
    }

  def _data_dir(self) -> str:
    return os.path.join(self.folder, 'data')


def _copy_stage(stage: str, source: str, run_dir: str) -> None:
  """Copies a trained stage's weights into another run, unless it has some."""
  path = runs.stage_path(run_dir, stage, 'weights.h5')
  if os.path.isfile(path):
    return
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with files.replacing(path) as partial:
    shutil.copyfile(runs.stage_path(source, stage, 'weights.h5'), partial)
