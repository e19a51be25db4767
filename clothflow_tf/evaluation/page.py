# SPDX-License-Identifier: Apache-2.0
"""The page of a report: tables by axis, curves, strips, tags, photographs.

It is written beside the pictures that it shows and opens from disk. Other runs
that were measured on the same examples stand in columns beside the first.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import os

import numpy as np

from clothflow_tf import pages
from clothflow_tf.evaluation import charts
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import page_rows
from clothflow_tf.evaluation import report as report_lib
from clothflow_tf.evaluation import strips
from clothflow_tf.inputs import record as record_lib

FOLDER = 'strips'
# Curves end here, in pixels.
_END = 24.0
_CURVES = {
  'flow_error': 'predicted layouts',
  'flow_error_true_layout': 'true layouts',
  'flow_error_oracle_tps': 'best 5x5 spline',
  'flow_error_box_fit': 'fitted boxes',
}
_NONE = '–'
_LINES = 6

Runs = Mapping[str, report_lib.Evaluation]


def write(folder: str, runs: Runs, photographs: Sequence[str] = ()) -> str:
  """Writes the first run's strips, and returns the page.

  Args:
    folder: where the page will be.
    runs: evaluations by the name of the run, on the same examples.
    photographs: files of strips without a truth, relative to the folder.
  """
  first = next(iter(runs.values()))
  parts = [
    pages.paragraph(_introduction(first)),
    *_axes(folder, runs),
    *_breakdown(runs),
    *_photographs(photographs),
  ]
  return pages.page('ClothFlow: report', parts)


def _introduction(evaluation: report_lib.Evaluation) -> str:
  text = (
    f'{evaluation.report["examples"]} held-out examples. Below each number: '
    '95 % of bootstrap draws over the examples lie there. What is wider than '
    'the screen scrolls sideways. IoU, F and SSIM are best at 1, LPIPS and '
    'errors at 0. '
  )
  if _has_own(evaluation):
    return text + (
      '“Other” is another garment than the person wears, as users ask for; '
      '“own” is the garment worn already, which tells where it ends and so '
      'flatters.'
    )
  return text + 'The person wears the garment already, which flatters.'


def _has_own(evaluation: report_lib.Evaluation) -> bool:
  return any(name.startswith(report_lib.OWN) for name in evaluation.report)


def _axes(folder: str, runs: Runs) -> list[str]:
  parts = []
  for name, axis in page_rows.AXES.items():
    table = _table(axis, runs)
    if not table:
      continue
    parts += [
      pages.heading(name.capitalize()),
      pages.paragraph(axis.question),
      table,
    ]
    if name == 'texture':
      parts += _curves(runs)
    parts += _strips(folder, name, runs)
  return parts


def _table(axis: page_rows.Axis, runs: Runs) -> str:
  """Returns a table of an axis, '' if no run has any of its numbers."""
  columns, head = [], []
  for name, evaluation in runs.items():
    shown = f'\n{name}' if len(runs) > 1 else ''
    columns.append((evaluation, ''))
    head.append(f'{"other" if _has_own(evaluation) else "own"}{shown}')
    if _has_own(evaluation):
      columns.append((evaluation, report_lib.OWN))
      head.append(f'own{shown}')
  rows = []
  for row in axis.rows:
    cells = [_number(x, prefix, row) for x, prefix in columns]
    if any(cell != _NONE for cell in cells):
      rows.append((row.words, *cells))
  return pages.table(('', *head), rows) if rows else ''


def _number(
  evaluation: report_lib.Evaluation, prefix: str, row: page_rows.Row
) -> str:
  name = f'{prefix}{row.name}'
  if name not in evaluation.report:
    return _NONE
  text = _text(evaluation.report[name], row) + (' %' if row.percent else '')
  if name in evaluation.intervals:
    low, high = (_text(x, row) for x in evaluation.intervals[name])
    text += f'\n{low} to {high}'
  return text


def _text(value: float, row: page_rows.Row) -> str:
  return f'{100 * value if row.percent else value:.{row.digits}f}'


def _curves(runs: Runs) -> list[str]:
  lines = []
  for place, (name, evaluation) in enumerate(runs.items()):
    counts = evaluation.gathered.error_counts
    for measure, words in _CURVES.items():
      if measure not in counts or (place and measure != 'flow_error'):
        continue
      total = counts[measure].sum(0).cumsum()
      share = np.concatenate([[0.0], total / max(total[-1], 1.0)])
      x = flow_metrics.BIN * np.arange(len(share))
      title = f'{name}, {words}' if len(runs) > 1 else words
      lines.append(charts.Line(title, x, share))
  if not lines:
    return []
  label = 'flow error, pixels: share of visible pixels within'
  return [
    pages.heading('How many pixels are within which error', 3),
    charts.shares(lines[:_LINES], label, _END),
  ]


def _strips(folder: str, name: str, runs: Runs) -> list[str]:
  """Writes the best, median and worst example of the first run."""
  axis = page_rows.AXES[name]
  evaluation = next(iter(runs.values()))
  gathered = evaluation.gathered
  if not gathered.strips or axis.chosen_by not in gathered.values:
    return []
  values, weights = gathered.values[axis.chosen_by]
  row = next(x for x in axis.rows if x.name == axis.chosen_by)
  parts = [
    pages.paragraph(
      f'Left to right: {", ".join(strips.COLUMNS)} (white is none, red 64 grey '
      'levels, black 128 and more).'
    )
  ]
  os.makedirs(os.path.join(folder, FOLDER), exist_ok=True)
  for kind, index in strips.chosen(values, weights, axis.higher).items():
    path = f'{FOLDER}/{name}_{kind}.jpg'
    with open(os.path.join(folder, path), 'wb') as file:
      file.write(gathered.strips[index])
    value = _text(values[index], row) + (' %' if row.percent else '')
    caption = f'{kind} ({row.words}: {value}), example {index}'
    parts.append(pages.strip(path, caption))
  return parts


def _breakdown(runs: Runs) -> list[str]:
  parts = []
  for name, evaluation in runs.items():
    tags = evaluation.gathered.tags
    if tags is None:
      continue
    rows = []
    for place, tag in enumerate(record_lib.TAGS):
      if count := int(tags[:, place].sum()):
        tagged = [
          row._replace(name=f'{row.name}/{tag}') for row in page_rows.TAGGED
        ]
        cells = [_number(evaluation, '', row) for row in tagged]
        if count == 1:  # All draws of one example are the same.
          cells = [cell.partition('\n')[0] for cell in cells]
        noun = 'example' if count == 1 else 'examples'
        rows.append((f'{tag.replace("_", " ")}\n{count} {noun}', *cells))
    if len(runs) > 1:
      parts.append(pages.heading(name, 3))
    head = ('', *(row.words for row in page_rows.TAGGED))
    parts.append(pages.table(head, rows))
  title = pages.heading('By difficulty, kind and neckline')
  return [title, *parts] if parts else []


def _photographs(paths: Sequence[str]) -> list[str]:
  if not paths:
    return []
  note = 'Person, product, result. Nobody knows the truth of these.'
  figures = (
    pages.strip(path, os.path.splitext(os.path.basename(path))[0], short=True)
    for path in paths
  )
  return [pages.heading('Photographs'), pages.paragraph(note), *figures]
