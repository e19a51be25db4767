# SPDX-License-Identifier: Apache-2.0
"""Line charts as SVG within a page (`pages`), which gives their colours.

A line has a colour and a dash of its own, so that charts are read without
colours, too.
"""

from collections.abc import Sequence
import dataclasses
import html

import numpy as np

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 44
_LINE = 22  # Height of a line of the legend.
_COLORS = 6
_DASHES = ('', '7 4', '2 3', '11 3 2 3', '4 2', '1 4')


@dataclasses.dataclass(frozen=True)
class Line:
  """A line: its name, and its points, x ascending, y from 0 to 1."""

  name: str
  x: np.ndarray
  y: np.ndarray


def shares(lines: Sequence[Line], label: str, end: float) -> str:
  """Returns a chart of shares from 0 to 100 %.

  Args:
    lines: at most six.
    label: what x is, and its unit.
    end: where x ends; it starts at 0.
  """
  height = _HEIGHT + _LINE * len(lines)
  parts = [
    f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" '
    f'aria-label="{html.escape(label)}" font-size="14" fill="currentColor">',
    *_grid(end, label),
  ]
  for place, line in enumerate(lines):
    parts += [_path(line, place, end), *_legend(line.name, place)]
  return ''.join([*parts, '</svg>'])


def _grid(end: float, label: str) -> list[str]:
  parts = []
  for share in (0.0, 0.25, 0.5, 0.75, 1.0):
    y = _y(share)
    parts += [
      f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="var(--grid)"/>',
      f'<text x="{_LEFT - 6}" y="{y + 5:.1f}" text-anchor="end">'
      f'{share:.0%}</text>',
    ]
  for value in np.linspace(0.0, end, 5):
    x = _x(value, end)
    parts.append(
      f'<text x="{x:.1f}" y="{_y(0.0) + 19:.1f}" text-anchor="middle">'
      f'{value:g}</text>'
    )
  middle = (_LEFT + _WIDTH - _RIGHT) / 2
  parts.append(
    f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">'
    f'{html.escape(label)}</text>'
  )
  return parts


def _path(line: Line, place: int, end: float) -> str:
  inside = line.x <= end
  points = ' '.join(
    f'{_x(x, end):.1f},{_y(y):.1f}'
    for x, y in zip(line.x[inside], line.y[inside], strict=True)
  )
  return f'<polyline points="{points}" {_stroke(place)}/>'


def _legend(name: str, place: int) -> list[str]:
  y = _HEIGHT + _LINE * place + 10
  return [
    f'<path d="M{_LEFT} {y}h36" {_stroke(place)}/>',
    f'<text x="{_LEFT + 46}" y="{y + 5}">{html.escape(name)}</text>',
  ]


def _stroke(place: int) -> str:
  place %= _COLORS
  return (
    f'fill="none" stroke="var(--line{place})" stroke-width="2.5" '
    f'stroke-dasharray="{_DASHES[place]}"'
  )


def _x(value: float, end: float) -> float:
  return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / end


def _y(share: float) -> float:
  return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - share)
