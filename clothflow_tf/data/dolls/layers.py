# SPDX-License-Identifier: Apache-2.0
"""Layers: a loose top goes round what is worn below, however a leg swings.

Two garments are cut and draped on their own, so hips that a step throws out
could show trousers beside a top that hangs over them. Cloth cannot do that: a
top is pushed out by what it covers, from the waistband to its hem, and there
most where it was too narrow.
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import puppet as puppets

_MARGIN = 0.06  # Thickness of the lower garment's cloth and air, body units.
# From flat points [N, 2] to offsets [N, 2] in pixels.
Push = Callable[[np.ndarray], np.ndarray]
_STEPS = 14  # Heights at which the two are compared.


def room(
  over: drapes.Drape,
  under: Sequence[drapes.Drape],
  legs: Sequence[np.ndarray] = (),
) -> Push:
  """Returns how far what is below it pushes the panel of `over` aside.

  Args:
    over: the drape of a garment that hangs loose.
    under: the drapes of lower garments that it hangs over, each on its own.
    legs: outlines [N, 2] in pixels of legs that it has to hold.

  Returns:
    A function of flat points [N, 2] of the panel to offsets [N, 2] in pixels.
  """
  garment = over.garment
  waists = [lower.garment.waist for lower in under]
  top = min([garment.hem - 0.3, *(waists or [over.puppet.body.torso - 0.4])])
  heights = np.linspace(top, garment.hem + 0.1, _STEPS)
  half = garment.half_width(heights)
  outlines = [
    _placed(lower, part) for lower in under for part in lower.garment.outlines
  ]
  outlines += legs
  gaps = {}
  for side in puppets.SIDES:
    edges = np.stack([side * half, heights], 1)
    edge = over.place(edges, drapes.PANEL)
    reach = np.max([_reach(o, edge[:, 1], side) for o in outlines], axis=0)
    gap = reach + _MARGIN * over.puppet.unit - side * edge[:, 0]
    gaps[side] = _smooth(np.maximum(gap, 0))

  def push(points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0], points[:, 1]
    share = np.clip(np.abs(x) / np.interp(y, heights, half), 0, 1.1)
    begun = curves.smoothstep(top - 0.5, top, y)
    left, right = (np.interp(y, heights, gaps[side]) for side in puppets.SIDES)
    aside = np.where(x < 0, -left, right) * share**2 * begun
    return np.stack([aside, np.zeros_like(aside)], 1)

  return push


def _placed(drape: drapes.Drape, part: int) -> np.ndarray:
  """Returns a part's outline [N, 2] in pixels, closed and finely sampled."""
  flat = np.concatenate(drape.garment.outlines[part])
  ends = np.concatenate([flat[1:], flat[:1]])
  share = np.linspace(0, 1, 2, endpoint=False)[:, None]
  fine = flat[:, None] + share * (ends - flat)[:, None]
  return drape.place(fine.reshape(-1, 2), part)


def _reach(outline: np.ndarray, rows: np.ndarray, side: int) -> np.ndarray:
  """How far an outline reaches to a side in pixel rows; -inf outside it."""
  x, y = side * outline[:, 0], outline[:, 1]
  x2, y2 = np.roll(x, -1), np.roll(y, -1)
  share = (rows[:, None] - y) / np.where(y2 == y, 1, y2 - y)
  crossed = (share >= 0) & (share <= 1) & (y2 != y)
  return np.where(crossed, x + share * (x2 - x), -np.inf).max(1)


def _smooth(gap: np.ndarray) -> np.ndarray:
  """Evens out the steps between heights without going below any gap."""
  wide = np.pad(gap, 2, mode='edge')
  widest = np.max([wide[i : i + len(gap)] for i in range(5)], axis=0)
  near = np.pad(widest, 1, mode='edge')
  return 0.25 * near[:-2] + 0.5 * near[1:-1] + 0.25 * near[2:]
