# SPDX-License-Identifier: Apache-2.0
"""The comparison as Markdown: a table of rows, oracles, own beside other.

A cell is a mean over examples and, behind it, the bounds that 95 % of bootstrap
draws of the examples lie in. Of several seeds the mean is of them all, and the
bounds are the outermost.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses

from clothflow_tf.results import rows as rows_lib

Reports = Sequence[dict]  # Of one row, a report for each seed.
NONE = '-'


@dataclasses.dataclass(frozen=True)
class Column:
  """A column: its title, the measure, its scale and decimals."""

  title: str
  name: str
  scale: float = 1.0
  decimals: int = 2
  bounds: bool = True


_FLOW = (
  Column('flow error, px', 'flow_error'),
  Column('on true layouts', 'flow_error_true_layout'),
  Column('over 8 px off, %', 'flow_outliers', 100, 1, False),
  Column('folded, %', 'folded', 100, 2, False),
)
_PICTURE = (
  Column('garment SSIM', 'garment_ssim', 1, 3),
  Column('garment LPIPS', 'garment_lpips', 1, 4),
  Column('SSIM', 'ssim', 1, 3),
  Column('LPIPS', 'lpips', 1, 4, False),
)
COLUMNS = {
  'try_on': (
    *_FLOW,
    Column('own: flow error', 'own/flow_error', bounds=False),
    *_PICTURE,
  ),
  'pose_transfer': (*_FLOW, *_PICTURE),
}
# What a person shows of the garment to come flatters pairs.
_OTHER_AND_OWN = (
  Column('garment IoU', 'garment_iou', 1, 3),
  Column('garment outline F', 'garment_boundary_f', 1, 3),
  Column('hem error, px', 'hem_error', 1, 1),
  Column('flow error, px', 'flow_error'),
  Column('SSIM', 'ssim', 1, 3),
  Column('kept pixels changed, %', 'kept_changed', 100, 2),
)
_ORACLES = {
  'flow_error_identity': 'no warp',
  'flow_error_box_fit': 'boxes fitted to the true layout',
  'flow_error_oracle_affine': 'best affine, fitted to the true flow',
  'flow_error_oracle_tps': 'best TPS 5x5, fitted to the true flow',
  'flow_error_true_layout': 'cascade on true layouts',
  'flow_error': 'cascade',
}


def of_rows(
  task: str,
  rows: Iterable[rows_lib.Row],
  reports: dict[str, Reports],
  seconds: dict[str, float | None],
) -> list[str]:
  """Returns the lines of a task's table; rows without a report are left out.

  Args:
    task: chooses the columns.
    rows: in their order.
    reports: by row, those that are there.
    seconds: by row, of a step of stage 2, if it has any.
  """
  columns = [x for x in COLUMNS[task] if _has(x, reports)]
  lines = _head(['stage 2', *(x.title for x in columns), 's a step'])
  for row in rows:
    if row.name in reports:
      cells = [cell(column, reports[row.name]) for column in columns]
      took = seconds.get(row.name)
      cells.append(NONE if took is None else f'{took:.2f}')
      lines.append(_line([row.title, *cells]))
  return lines


def oracles(report: dict) -> list[str]:
  """Returns a table of what stiff transformations could reach at best."""
  lines = _head(['flow', 'error, px'])
  for name, title in _ORACLES.items():
    lines.append(_line([title, cell(Column('', name), [report])]))
  return lines


def other_and_own(reports: dict[str, Reports]) -> list[str]:
  """Returns triplets and pairs on the other garment and on the own one."""
  trained = {'cascade': 'triplets', 'pairs': 'pairs'}
  if not all(name in reports for name in trained):
    return []
  head = [f'{x}, {y}' for x in trained.values() for y in ('other', 'own')]
  lines = _head(['trained on, judged on the garment', *head])
  for column in _OTHER_AND_OWN:
    own = dataclasses.replace(column, name=f'own/{column.name}')
    cells = [cell(x, reports[name]) for name in trained for x in (column, own)]
    lines.append(_line([column.title, *cells]))
  return lines


def ratios(reports: dict[str, Reports]) -> list[str]:
  """Returns sentences: the cascade's error as a share of others'."""
  lines = []
  for name, bar in (('tps', 0.80), ('affine', 0.65)):
    if name in reports and 'cascade' in reports:
      for measure, where in (
        ('flow_error', 'predicted'),
        ('flow_error_true_layout', 'true'),
      ):
        ours, theirs = (mean(measure, reports[x]) for x in ('cascade', name))
        lines.append(
          f'- cascade / {name} on {where} layouts: {ours / theirs:.2f} '
          f'(goal: at most {bar:.2f})'
        )
  return lines


def shown(task: str) -> list[Column]:
  """Returns all columns and measures of a task's tables."""
  oracles_of = [Column('', name) for name in _ORACLES]
  if task != 'try_on':
    return [*COLUMNS[task], *oracles_of]
  own = [dataclasses.replace(x, name=f'own/{x.name}') for x in _OTHER_AND_OWN]
  return [*COLUMNS[task], *oracles_of, *_OTHER_AND_OWN, *own]


def mean(name: str, reports: Reports) -> float:
  """Returns a measure's mean over seeds; NaN where a report lacks it."""
  return sum(x.get(name, float('nan')) for x in reports) / len(reports)


def cell(column: Column, reports: Reports) -> str:
  """Returns a mean and its bounds, or `NONE`."""
  if any(column.name not in x for x in reports):
    return NONE

  def text(value: float) -> str:
    return f'{column.scale * value:.{column.decimals}f}'

  bounds = [x['intervals'].get(column.name) for x in reports]
  middle = text(mean(column.name, reports))
  if not column.bounds or not all(bounds):
    return middle
  low, high = min(x[0] for x in bounds), max(x[1] for x in bounds)
  return f'{middle} ({text(low)}–{text(high)})'


def _has(column: Column, reports: dict[str, Reports]) -> bool:
  return any(column.name in x for each in reports.values() for x in each)


def _head(titles: Sequence[str]) -> list[str]:
  return [_line(titles), '|' + '---|' * len(titles)]


def _line(cells: Iterable[str]) -> str:
  return f'| {" | ".join(cells)} |'
