# SPDX-License-Identifier: Apache-2.0
r"""Trains and measures the paper's argument: cascades against stiffer warps.

    python -m clothflow_tf.results --output_dir=results --lpips=FILE.npz \
      --features=alexnet=FILE.npz --write=docs/results.md --figures=docs/results

draws people, trains every row with one budget, measures all on the same
held-out people, and writes tables, a JSON file for each row and pictures. Given
again, it goes on; tables are written anew after each row.
"""

from collections.abc import Callable
import functools
import os

from absl import flags

from clothflow_tf import program
from clothflow_tf.results import jobs
from clothflow_tf.results import plan as plan_lib
from clothflow_tf.results import rows as rows_lib

_OUTPUT_DIR = flags.DEFINE_string('output_dir', 'results', 'folder of all runs')
_DOLLS = flags.DEFINE_integer('dolls', 4000, 'try-on: to train on', 1)
_TESTS = flags.DEFINE_integer('test_examples', 1000, 'try-on: held out', 1)
_TRANSFER_DOLLS = flags.DEFINE_integer(
  'transfer_dolls', 4000, 'pose transfer: to train on', 1
)
_TRANSFER_TESTS = flags.DEFINE_integer(
  'transfer_test_examples', 500, 'pose transfer: held out', 1
)
_LAYOUT_STEPS = flags.DEFINE_integer('layout_steps', 4000, "stage 1's steps", 1)
_FLOW_STEPS = flags.DEFINE_integer('flow_steps', 4000, "stage 2's steps", 4)
_LIMIT = flags.DEFINE_integer(
  'limit', -1, 'measure so many of each task at most; more when given again'
)
_SEEDS = flags.DEFINE_integer(
  'seeds', 3, 'trainings of each learned motion; other rows have one', 1
)
_OVERRIDE = flags.DEFINE_multi_string(
  'override', [], 'KEY=VALUE of all configurations, such as data.height=128'
)
_LPIPS = flags.DEFINE_string('lpips', '', 'arrays of LPIPS with AlexNet')
_FEATURES = flags.DEFINE_string(
  'features',
  '',
  "NETWORK=FILE of the perceptual losses, such as alexnet=FILE; '' compares "
  'pixels',
)
_JOBS = flags.DEFINE_integer(
  'jobs', os.cpu_count() or 1, 'processes at once, each with one thread', 1
)
_ONLY = flags.DEFINE_list('only', [], 'rows to make; all by default')
_TASKS = flags.DEFINE_multi_enum(
  'task', list(plan_lib.TASKS), plan_lib.TASKS, 'may be repeated; all if none'
)
_TABLES = flags.DEFINE_bool(
  'tables', False, 'only write what is finished; train nothing'
)
_WRITE = flags.DEFINE_string(
  'write', '', 'Markdown file whose marked part the tables replace'
)
_FIGURES = flags.DEFINE_string(
  'figures', '', "folder for rows' numbers and pictures; beside --write"
)


def main(_: list[str]) -> None:
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.results import writing

  plan = _plan()
  if _WRITE.value:
    writing.check(_WRITE.value)
  write = functools.partial(
    writing.write, plan, _SEEDS.value, _WRITE.value, _FIGURES.value
  )
  if not _TABLES.value:
    _make(plan, write)
  write()


def _make(plan: plan_lib.Plan, write: Callable[[], None]) -> None:
  """Draws, trains and measures; writes after each row."""
  for task in _TASKS.value:
    plan.draw(task, _JOBS.value)
    print(f'examples of {task}: drawn', flush=True)
  # A seed after the other, so that first rows come soon.
  for seed in range(_SEEDS.value):
    share = {
      f'{task}, seed {seed}, shared': functools.partial(plan.share, task, seed)
      for task in _TASKS.value
    }
    jobs.in_parallel(share, _JOBS.value, lambda: None)
    make = {
      f'{task}, seed {seed}, {row.name}': functools.partial(
        plan.make, task, seed, row
      )
      for task, row in _order(plan, seed)
    }
    jobs.in_parallel(make, _JOBS.value, write)


def _plan() -> plan_lib.Plan:
  tasks = plan_lib.TASKS
  dolls = (_DOLLS.value, _TRANSFER_DOLLS.value)
  tests = (_TESTS.value, _TRANSFER_TESTS.value)
  budget = plan_lib.Budget(
    dict(zip(tasks, dolls)),
    dict(zip(tasks, tests)),
    _LAYOUT_STEPS.value,
    _FLOW_STEPS.value,
    _LIMIT.value,
    tuple(_OVERRIDE.value),
  )
  network, _, weights = _FEATURES.value.partition('=')
  if network and not weights:
    raise ValueError(f'--features is {network!r}, expected NETWORK=FILE')
  features = rows_lib.Features(network or 'none', weights)
  return plan_lib.Plan(_OUTPUT_DIR.value, budget, features, _LPIPS.value)


def _order(plan: plan_lib.Plan, seed: int) -> list[tuple[str, rows_lib.Row]]:
  """Returns a seed's tasks and rows: motions first, then ablations."""
  order = []
  for ablations in (False, True):
    for task in _TASKS.value:
      motions = rows_lib.MOTIONS[task]
      order += [
        (task, row)
        for row in plan.rows(task)
        if (row not in motions) == ablations and (row.main or not seed)
      ]
  wanted = _ONLY.value
  return [x for x in order if not wanted or x[1].name in wanted]


if __name__ == '__main__':
  program.run(main)
