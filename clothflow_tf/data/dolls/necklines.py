# SPDX-License-Identifier: Apache-2.0
"""Necklines, flat: the front's edge, and what of the back is seen through it.

Heights are measured from the neck joint, midway between the shoulders: on
photographs crew necks end 0.1 to 0.3 body units above it, mock necks begin
there and end at about 0.45 above, and the chin is at about 0.75 above.
"""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments


class Range(NamedTuple):
  """Least and most half-width at the shoulder, and height of the low point."""

  narrow: float
  wide: float
  high: float
  low: float


class Opening(NamedTuple):
  """A neckline: half-width at the shoulder seam, and height of its low point.

  For a collar that goes round the neck it is the height of its upper edge.
  """

  half_width: float
  depth: float


RANGES = {
  'crew': Range(0.4, 0.54, -0.33, -0.06),
  'v': Range(0.42, 0.58, 0.2, 0.9),
  'scoop': Range(0.48, 0.68, 0.05, 0.5),
  'boat': Range(0.64, 0.84, -0.22, -0.1),
  'square': Range(0.5, 0.66, 0.15, 0.48),
  'mock': Range(0.37, 0.42, -0.55, -0.42),
  'turtle': Range(0.38, 0.43, -0.8, -0.62),
  'collar': Range(0.38, 0.46, -0.08, 0.4),
  'wrap': Range(0.42, 0.56, 0.5, 0.98),
  'sweetheart': Range(0.62, 0.74, 0.5, 0.72),
  'hood': Range(0.42, 0.48, 0.02, 0.3),
  'lapel': Range(0.4, 0.48, -0.12, 0.15),
  'stand': Range(0.38, 0.44, -0.24, -0.08),
  'open': Range(0.4, 0.5, 0.0, 0.0),
}
ROUND_THE_NECK = ('turtle', 'mock')
_SHARP = ('v', 'collar', 'square', 'wrap')
# Where a hood is sewn on, its bulge beside the neck, up to its opening.
HOOD = np.array([(0.8, -0.26), (0.74, -0.45), (0.62, -0.58), (0.5, -0.6)])
# Tags of `inputs.record` by neckline.
TAGS = {
  'crew': 'crew',
  'v': 'v',
  'wrap': 'v',
  'scoop': 'scoop_boat',
  'boat': 'scoop_boat',
  'mock': 'high_neck',
  'turtle': 'high_neck',
  'collar': 'collar',
}


def sample(rng: np.random.Generator, neckline: str) -> Opening:
  """Draws the opening of a neckline."""
  row = RANGES[neckline]
  depth = rng.uniform(row.high, row.low)
  return Opening(rng.uniform(row.narrow, row.wide), depth)


def shoulder_y(x: float) -> float:
  """Height of the shoulder seam at x, from the neck down to the tip."""
  return float(np.interp(x, *_SLOPE))


_SLOPE = np.array(
  [(0.3, 0.45, 0.85, 1.2, 1.6), (-0.5, -0.385, -0.255, -0.085, 0.16)]
)


def edge(garment: garments.Garment) -> np.ndarray:
  """Returns the front neckline from the left neck point to the right one."""
  x, low = garment.neck
  top = shoulder_y(x)
  drop = low - top
  if garment.neckline in ROUND_THE_NECK:
    half = [(-0.36, low), (-0.2, low + 0.025), (0, low + 0.03)]
  else:
    half = {
      'v': [(-x, top), (-0.62 * x, 0.5 * (top + low)), (0, low)],
      'wrap': [(-x, top), (-0.66 * x, 0.5 * (top + low)), (0.04, low)],
      'square': [
        (-x, top),
        (-0.94 * x, low - 0.03),
        (-0.88 * x, low),
        (0, low),
      ],
      'collar': [(-x, top), (-0.55 * x, 0.55 * low + 0.45 * top), (0, low)],
      'sweetheart': [(-1.02, 0.72), (-x, 0.16), (-0.45 * x, 0.4), (0, low)],
      'hood': [
        (-x, -0.53),
        (-0.9 * x, -0.35),
        (-0.55 * x, 0.5 * low),
        (0, low),
      ],
    }.get(
      garment.neckline,
      [
        (-x, top),
        (-0.93 * x, top + 0.45 * drop),
        (-0.55 * x, low - 0.1 * drop),
        (0, low),
      ],
    )
  half = np.array(half, float)
  whole = np.concatenate([half, half[-2::-1] * (-1, 1)])
  return whole if garment.neckline in _SHARP else curves.spline(whole)


def beside(garment: garments.Garment) -> np.ndarray:
  """Returns the right edge between neckline and shoulder tip, if it has one."""
  if garment.neckline in ROUND_THE_NECK:
    x = garment.neck.half_width
    y = 0.5 * (garment.neck.depth - 0.44)
    return np.array([(x - 0.01, y), (x + 0.05, shoulder_y(x + 0.05))])
  return HOOD[::-1] if garment.neckline == 'hood' else np.zeros((0, 2))


def hood_seam(garment: garments.Garment) -> np.ndarray:
  """Returns the line where a hood is sewn on, from the left to the right."""
  half = [HOOD[0], (0.5, 0.05), (0, garment.neck.depth + 0.3)]
  half = np.array(half) * (-1, 1)
  return curves.spline(np.concatenate([half, half[-2::-1] * (-1, 1)]))


def hood(garment: garments.Garment) -> np.ndarray | None:
  """Returns the outline of a hood that lies behind the neck, if any."""
  if garment.neckline != 'hood':
    return None
  half = [(0.74, -0.45), (0.79, -0.8), (0.6, -1.2), (0.25, -1.37)]
  half = np.array(half)
  return curves.spline(np.concatenate([half, half[::-1] * (-1, 1)]))


def back_collar(garment: garments.Garment) -> np.ndarray | None:
  """Outline of the lining seen through the neck opening, if there is one."""
  if garment.limb == 'leg':
    return None
  if garment.neckline in ROUND_THE_NECK:
    top, x = garment.neck.depth, np.linspace(-0.36, 0.36, 9)
    rim = np.stack([x, top - 0.1 + 0.08 * (x / 0.36) ** 2], 1)
    return np.concatenate([rim, [(0.3, top + 0.03), (-0.3, top + 0.03)]])
  if garment.neckline == 'sweetheart':
    return np.array([(-0.9, 0.86), (0, 0.75), (0.9, 0.86), (0, 0.95)])
  line = edge(garment)
  if garment.neckline == 'hood':
    half = np.array([(0.53, -0.85), (0.4, -1.08), (0.15, -1.17)])
    arch = np.concatenate([line[-1:], half, half[::-1] * (-1, 1), line[:1]])
    return np.concatenate([line, curves.spline(arch)[1:-1]])
  x, top = -line[0, 0], line[0, 1]
  across = np.linspace(x, -x, 11)
  # The back hangs lower than the shoulder's seam, yet above the front.
  deep = min(0.1 if x < 0.6 else 0.06, 0.6 * (garment.neck.depth - top))
  dip = top + deep * (1 - (across / x) ** 2)
  return np.concatenate([line, np.stack([across, dip], 1)])
