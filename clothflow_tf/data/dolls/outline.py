# SPDX-License-Identifier: Apache-2.0
"""Outlines of upper garments: necklines, panels, straps and sleeves, flat.

Each returns a polygon [N, 2] in body units. Shapes are given for one half and
mirrored, so that every garment is symmetric where it lies flat.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments

_UNDER = 0.14  # How far a sleeve reaches under its seam, as the panel's cloth.
# Where a hood is sewn on, its bulge beside the neck, up to its opening.
_HOOD = np.array([(0.8, -0.19), (0.74, -0.38), (0.62, -0.53), (0.5, -0.56)])
_SHARP = ('v', 'collar', 'square')


def shoulder_y(x: float) -> float:
  """Height of the shoulder seam at x, from the neck down to the tip."""
  return float(np.interp(x, [0.3, 0.45, 1.2], [-0.5, -0.34, -0.02]))


def neckline(garment: garments.Garment) -> np.ndarray:
  """Returns the front neckline from the left neck point to the right one."""
  x, low = garment.neck
  top = shoulder_y(x)
  drop = low - top
  half = {
    'v': [(-x, top), (-0.62 * x, 0.5 * (top + low)), (0, low)],
    'square': [(-x, top), (-0.94 * x, low - 0.03), (-0.88 * x, low), (0, low)],
    'collar': [(-x, top), (-0.55 * x, 0.55 * low), (0, low)],
    'sweetheart': [(-1.02, 0.72), (-x, 0.16), (-0.45 * x, 0.4), (0, low)],
    'turtle': [(-0.36, -0.78), (-0.2, -0.755), (0, -0.75)],
    'hood': [(-x, -0.5), (-0.9 * x, -0.3), (-0.55 * x, 0.5 * low), (0, low)],
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


def panel(garment: garments.Garment) -> np.ndarray:
  """Returns the outline of the torso panel."""
  side = _side(garment)
  x, low = side[-1][0], garment.hem + garment.hem_curve
  middle = garment.hem + 0.75 * garment.hem_curve
  hem = [side[-1], (0.5 * x, middle), (0, low), (-0.5 * x, middle)]
  hem = curves.spline(np.array(hem + [side[-1] * (-1, 1)]))
  return np.concatenate(
    [neckline(garment), side, hem[1:-1], side[::-1] * (-1, 1)]
  )


def _side(garment: garments.Garment) -> np.ndarray:
  """The right-hand edge from the shoulder tip over the armhole to the hem."""
  ax, ay = garment.armpit
  y = np.linspace(ay, garment.hem, 18)
  seam = np.stack([garment.half_width(y), y], 1)
  if garment.neckline == 'sweetheart':
    return seam
  top = np.array([garment.tip])
  if garment.neckline == 'turtle':
    top = np.concatenate([[(0.38, -0.5), (0.47, -0.33)], top])
  if garment.neckline == 'hood':
    top = np.concatenate([_HOOD[::-1], top])
  if garment.tube is None:
    # Down the front of the shoulder, then round below the arm into the seam.
    inner = min(garment.tip[0] - 0.1, ax - 0.22)
    hole = [
      top[-1],
      (inner + 0.02, 0.34 * ay),
      (inner, 0.62 * ay),
      (0.6 * inner + 0.4 * ax, 0.88 * ay),
      (ax - 0.03, 0.98 * ay),
    ]
    top = np.concatenate([top[:-1], curves.spline(np.array(hole))])
    seam = seam[1:]
  return np.concatenate([top, seam])


def straps(garment: garments.Garment) -> list[np.ndarray]:
  """Returns the outlines of a camisole's straps."""
  if garment.neckline != 'sweetheart':
    return []
  x = garment.neck[0]
  line = curves.spline([(x, 0.22), (x + 0.03, -0.1), (x - 0.04, -0.34)])
  strap = curves.tube(line, np.full(len(line), garment.strap))
  return [strap * (side, 1) for side in (-1, 1)]


def sleeve(garment: garments.Garment) -> np.ndarray:
  """Returns the outline of the right sleeve, reaching under its seam."""
  frame, length = garment.frame, garment.tube.length
  tip, low = np.array(garment.tip), np.array(garment.armpit)
  outer = frame.edge(np.linspace(frame.top, length, 12), 1)
  parts = [[tip - (_UNDER, 0)], outer]
  if length > frame.seam + 0.05:  # Else the hem runs straight to the armpit.
    parts.append(frame.edge(np.linspace(length, frame.seam, 8), -1)[:-1])
  return np.concatenate(parts + [[low, low - (_UNDER, 0)]])


def cuff(garment: garments.Garment, above: float) -> np.ndarray:
  """Returns a line across the right sleeve, `above` its hem."""
  frame, length = garment.frame, garment.tube.length
  at = np.array([length])
  inner = np.array([garment.armpit])
  if length > frame.seam + 0.05:
    inner = frame.edge(at, -1)
  ends = np.concatenate([frame.edge(at, 1), inner])
  return ends - above * frame.along


def hood_seam(garment: garments.Garment) -> np.ndarray:
  """Returns the line where a hood is sewn on, from the left to the right."""
  half = [_HOOD[0], (0.5, 0.12), (0, garment.neck[1] + 0.3)]
  half = np.array(half) * (-1, 1)
  return curves.spline(np.concatenate([half, half[-2::-1] * (-1, 1)]))


def hood(garment: garments.Garment) -> np.ndarray | None:
  """Returns the outline of a hood that lies behind the neck, if any."""
  if getattr(garment, 'neckline', '') != 'hood':
    return None
  half = [(0.74, -0.38), (0.79, -0.75), (0.6, -1.16), (0.25, -1.34)]
  half = np.array(half)
  return curves.spline(np.concatenate([half, half[::-1] * (-1, 1)]))


def holds(garment: garments.Garment, points: np.ndarray) -> bool:
  """Tells whether all flat points lie on the panel."""
  edge = panel(garment).astype(np.float32)
  return all(
    cv2.pointPolygonTest(edge, (float(x), float(y)), False) > 0
    for x, y in points
  )


def back_collar(garment: garments.Garment) -> np.ndarray | None:
  """Outline of the lining seen through the neck opening, if there is one."""
  if garment.limb == 'leg':
    return None
  if garment.neckline == 'turtle':
    x = np.linspace(-0.36, 0.36, 9)
    top = np.stack([x, -0.85 + 0.07 * (x / 0.36) ** 2], 1)
    return np.concatenate([top, [(0.3, -0.72), (-0.3, -0.72)]])
  if garment.neckline == 'sweetheart':
    return np.array([(-0.9, 0.86), (0, 0.75), (0.9, 0.86), (0, 0.95)])
  edge = neckline(garment)
  if garment.neckline == 'hood':
    half = np.array([(0.53, -0.8), (0.4, -1.04), (0.15, -1.14)])
    arch = np.concatenate([edge[-1:], half, half[::-1] * (-1, 1), edge[:1]])
    return np.concatenate([edge, curves.spline(arch)[1:-1]])
  x, top = -edge[0, 0], edge[0, 1]
  across = np.linspace(x, -x, 11)
  dip = top + (0.1 if x < 0.6 else 0.06) * (1 - (across / x) ** 2)
  return np.concatenate([edge, np.stack([across, dip], 1)])
