# SPDX-License-Identifier: Apache-2.0
"""Writes what is finished: tables into a document, numbers, pictures.

The document keeps all but what stands between `BEGIN` and `END`. Pictures show
the first held-out examples, chosen by nobody, in all rows that are finished.
"""

import os

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf.data import drawing
from clothflow_tf.evaluation import pictures
from clothflow_tf.results import plan as plan_lib
from clothflow_tf.results import rows as rows_lib
from clothflow_tf.results import tables

BEGIN = '<!-- tables of clothflow_tf.results: begin -->'
END = '<!-- tables of clothflow_tf.results: end -->'
TITLES = {'try_on': 'Try-on', 'pose_transfer': 'Pose transfer'}
_GIVEN = {'try_on': ('garment', 'person'), 'pose_transfer': ('person',)}
_SHRINK = 2  # Pictures are drawn at half their size.
_SHOWN = 6  # Examples of a picture.


def check(path: str) -> None:
  """Raises unless a document has its marks.

  Raises:
    FileNotFoundError: there is no such file.
    ValueError: a mark is missing.
  """
  with open(path, encoding='utf-8') as file:
    text = file.read()
  for mark in (BEGIN, END):
    if text.count(mark) != 1:
      raise ValueError(f'{path}: expected one line {mark}')


def write(plan: plan_lib.Plan, seeds: int, document: str, figures: str) -> None:
  """Writes all that is finished.

  Args:
    plan: what was to be made.
    seeds: how many trainings main rows have.
    document: Markdown with both marks, or ''.
    figures: folder for JSON files and pictures, or ''.
  """
  lines = _setting(plan, seeds)
  for task in plan_lib.TASKS:
    reports = _reports(plan, task, seeds)
    if not reports:
      continue
    lines += [f'### {TITLES[task]}', '', *_section(plan, task, reports)]
    if figures:
      _write_numbers(plan, task, reports, figures)
      _write_picture(plan, task, reports, figures)
      link = os.path.relpath(figures, os.path.dirname(document) or '.')
      alt = f'{TITLES[task]}: the first held-out examples in all rows'
      lines += [f'![{alt}]({link}/{task}.jpg)', '']
  if document:
    _replace(document, '\n'.join(lines))


def _setting(plan: plan_lib.Plan, seeds: int) -> list[str]:
  """Returns the command and what each row got."""
  budget = plan.budget
  command = [
    'python -m clothflow_tf.results --output_dir=results',
    f'--seeds={seeds}',
    f'--dolls={budget.dolls["try_on"]}',
    f'--test_examples={budget.tests["try_on"]}',
    f'--transfer_dolls={budget.dolls["pose_transfer"]}',
    f'--transfer_test_examples={budget.tests["pose_transfer"]}',
    f'--layout_steps={budget.layout_steps} --flow_steps={budget.flow_steps}',
    *(f'--override={x}' for x in budget.overrides),
  ]
  if budget.limit >= 0:
    command.append(f'--limit={budget.limit}')
  if plan.lpips:
    command.append(f'--lpips={os.path.basename(plan.lpips)}')
  if plan.features.weights:
    name = os.path.basename(plan.features.weights)
    command.append(f'--features={plan.features.network}={name}')
  return ['', *(f'    {x}' for x in _wrapped(command)), '']


def _wrapped(parts: list[str]) -> list[str]:
  """Returns a command in lines of at most 76 columns."""
  lines = [parts[0]]
  for part in parts[1:]:
    if len(lines[-1]) + len(part) < 74:
      lines[-1] += f' {part}'
    else:
      lines[-1] += ' \\'
      lines.append(f'  {part}')
  return lines


def _section(
  plan: plan_lib.Plan, task: str, reports: dict[str, tables.Reports]
) -> list[str]:
  rows = plan.rows(task)
  seconds = {x.name: plan.seconds_a_step(task, 0, x.name) for x in rows}
  counts = sorted({x['examples'] for each in reports.values() for x in each})
  people = ' to '.join(f'{x:,}' for x in dict.fromkeys((counts[0], counts[-1])))
  parts = [
    [f'Measured on {people} held-out people.'],
    tables.of_rows(task, rows, reports, seconds),
    tables.ratios(reports),
  ]
  if task == 'try_on':
    parts.append(tables.other_and_own(reports))
  if 'cascade' in reports:
    parts.append(tables.oracles(reports['cascade'][0]))
  return [line for part in parts if part for line in (*part, '')]


def _reports(
  plan: plan_lib.Plan, task: str, seeds: int
) -> dict[str, tables.Reports]:
  reports = {}
  for row in plan.rows(task):
    each = [plan.report(task, seed, row.name) for seed in range(seeds)]
    if any(each):
      reports[row.name] = [x for x in each if x]
  return reports


def _write_numbers(
  plan: plan_lib.Plan,
  task: str,
  reports: dict[str, tables.Reports],
  figures: str,
) -> None:
  """Writes a file for each row: what it changes, its numbers by seed."""
  for row in plan.rows(task):
    if row.name not in reports:
      continue
    path = os.path.join(figures, task, f'{row.name}.json')
    value = {
      'row': row.title,
      'changes': _without_folders(row),
      'trains': list(row.own),
      'seconds_a_step': plan.seconds_a_step(task, 0, row.name),
      'reports': [_numbers(task, x) for x in reports[row.name]],
    }
    files.write_json(path, value)


def _numbers(task: str, report: dict) -> dict:
  """Returns a report's numbers that the tables are of, with their bounds."""
  names = [x.name for x in tables.shown(task)]
  numbers = {'examples': report['examples']}
  for name in names:
    if name in report:
      bounds = report['intervals'].get(name, [])
      numbers[name] = [round(x, 5) for x in (report[name], *bounds)]
  return numbers


def _without_folders(row: rows_lib.Row) -> rows_lib.Overrides:
  files_of = ('perceptual.weights',)
  return {
    key: os.path.basename(value) if key in files_of else value
    for key, value in row.changes.items()
  }


def _write_picture(
  plan: plan_lib.Plan,
  task: str,
  reports: dict[str, tables.Reports],
  figures: str,
) -> None:
  """Draws the results of all rows beside each other, examples below."""
  columns, count = {}, _SHOWN
  for row in plan.rows(task):
    if row.name not in reports:
      continue
    folder = os.path.join(plan.run_dir(task, 0, row.name), 'report')
    if not os.path.isfile(os.path.join(folder, 'panel.png')):
      continue
    panel = np.asarray(Image.open(os.path.join(folder, 'panel.png')))
    for name in () if columns else _GIVEN[task]:
      columns[name] = pictures.column(panel, name)
    columns[row.name] = pictures.column(panel, 'result')
    # Last, beside what is best.
    columns['truth'] = columns.pop('truth', pictures.column(panel, 'truth'))
  height = plan.budget.size(task)[0]
  small = [x[: count * height : _SHRINK, ::_SHRINK] for x in columns.values()]
  sheet = drawing.titled([np.hstack(small)], tuple(columns))
  os.makedirs(figures, exist_ok=True)
  files.write_image(os.path.join(figures, f'{task}.jpg'), sheet)


def _replace(path: str, text: str) -> None:
  check(path)
  with open(path, encoding='utf-8') as file:
    before, rest = file.read().split(BEGIN)
  after = rest.split(END)[1]
  files.write_text(path, f'{before}{BEGIN}\n{text}\n{END}{after}')
