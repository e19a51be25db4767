# SPDX-License-Identifier: Apache-2.0
"""Curves that outlines are made of.

Everything drawn is a polygon, and every polygon comes from one of three
things: a smooth profile through knots, a spline through points, or a tube of
changing radius along a bent line. Points are float arrays [N, 2] of (x, y).
"""

from collections.abc import Sequence

import numpy as np

# Places and the values there, in rising order.
Knots = Sequence[tuple[float, float]]


def smoothstep(low: float, high: float, x: np.ndarray) -> np.ndarray:
  """Returns 0 below `low`, 1 above `high`, and 3 t^2 - 2 t^3 between."""
  # A doll asks some 200 times, of few points: np.clip takes a third longer.
  t = np.minimum(np.maximum((np.asarray(x) - low) / (high - low), 0.0), 1.0)
  return t * t * (3.0 - 2.0 * t)


def profile(knots: Knots, y: np.ndarray) -> np.ndarray:
  """Interpolates knots [(y, value), ...] by a monotone cubic (PCHIP).

  Outside the knots the end values hold. Fritsch and Carlson, 1980.
  """
  ys, vs = np.array(knots, float).T
  step, slope = np.diff(ys), np.diff(vs) / np.diff(ys)
  left, right = slope[:-1], slope[1:]
  same = left * right > 0
  inner = np.where(
    same, 2 * left * right / np.where(same, left + right, 1.0), 0.0
  )
  tangent = np.concatenate([[0.0], inner, [0.0]])
  y = np.clip(y, ys[0], ys[-1])
  i = np.clip(np.searchsorted(ys, y, side='right') - 1, 0, len(step) - 1)
  h = step[i]
  t = (y - ys[i]) / h
  a, b = tangent[i] * h, tangent[i + 1] * h
  low, high = vs[i], vs[i + 1]
  cubic = a + b - 2 * (high - low)
  square = 3 * (high - low) - 2 * a - b
  return ((cubic * t + square) * t + a) * t + low


class Table:
  """A profile sampled densely once, for when it is asked often."""

  def __init__(self, knots: Knots):
    self._y = np.linspace(knots[0][0], knots[-1][0], 200)
    self._value = profile(knots, self._y)

  def __call__(self, y: np.ndarray) -> np.ndarray:
    return np.interp(y, self._y, self._value)


def spline(
  points: Sequence | np.ndarray, closed: bool = False, steps: int = 6
) -> np.ndarray:
  """Returns a Catmull-Rom curve through `points`, `steps` samples a span."""
  p = np.asarray(points, float)
  if closed:
    q = np.concatenate([p[-1:], p, p[:2]])
  else:
    q = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
  t = np.linspace(0, 1, steps, endpoint=False)[:, None]
  p0, p1, p2, p3 = (q[i : len(q) - 3 + i, None] for i in range(4))
  curve = p1 + 0.5 * t * (
    p2
    - p0
    + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0))
  )
  curve = curve.reshape(-1, 2)
  return curve if closed else np.concatenate([curve, p[-1:]])


ROUND = 6  # Points of each round end of a tube.
_COS, _SIN = (
  wave(np.linspace(0, np.pi, ROUND + 2)[1:-1, None])
  for wave in (np.cos, np.sin)
)
_QUARTER = np.array([-1.0, 1.0])


def tube(line: np.ndarray, radii: np.ndarray) -> np.ndarray:
  """Returns the closed outline of a tube with round ends along `line`."""
  line = np.asarray(line, float)
  radii = np.asarray(radii, float)
  # As np.gradient, at a third of the time.
  along = np.empty_like(line)
  along[1:-1] = line[2:] - line[:-2]
  along[0], along[-1] = line[1] - line[0], line[-1] - line[-2]
  along /= np.sqrt((along * along).sum(1, keepdims=True)) + 1e-9
  normal = along[:, ::-1] * _QUARTER * radii[:, None]
  outline = np.empty((2 * len(line) + 2 * ROUND, 2))
  n = len(line)
  outline[:n] = line + normal
  outline[n : n + ROUND] = (
    line[-1] + _COS * normal[-1] + (_SIN * radii[-1] * along[-1])
  )
  outline[n + ROUND : 2 * n + ROUND] = (line - normal)[::-1]
  outline[2 * n + ROUND :] = (
    line[0] - _COS * normal[0] - (_SIN * radii[0] * along[0])
  )
  return outline


def turn(points: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
  """Rotates points [N, 2] by `angle` radians, from +y towards +x."""
  c, s = np.cos(angle), np.sin(angle)
  x, y = points[..., 0], points[..., 1]
  turned = np.empty(np.broadcast_shapes(x.shape, c.shape) + (2,))
  turned[..., 0], turned[..., 1] = c * x + s * y, c * y - s * x
  return turned


def direction(angle: float, side: int) -> np.ndarray:
  """Unit vector at `angle` from straight down, outwards on `side` (+-1)."""
  return np.array([side * np.sin(angle), np.cos(angle)])


def area(points: np.ndarray) -> float:
  """Signed area of a polygon."""
  x, y = points[:, 0], points[:, 1]
  return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
