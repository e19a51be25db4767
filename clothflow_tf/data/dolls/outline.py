# SPDX-License-Identifier: Apache-2.0
"""Outlines of upper garments: panels, straps and sleeves, flat.

Each returns a polygon [N, 2] in body units. Shapes are given for one half and
mirrored, so that every garment is symmetric where it lies flat.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import necklines

_UNDER = 0.14  # How far a sleeve reaches under its seam, as the panel's cloth.


def panel(garment: garments.Garment) -> np.ndarray:
  """Returns the outline of the torso panel."""
  side = _side(garment)
  x, low = side[-1][0], garment.hem + garment.hem_curve
  middle = garment.hem + 0.75 * garment.hem_curve
  hem = [side[-1], (0.5 * x, middle), (0, low), (-0.5 * x, middle)]
  hem = curves.spline(np.array(hem + [side[-1] * (-1, 1)]))
  return np.concatenate(
    [necklines.edge(garment), side, hem[1:-1], side[::-1] * (-1, 1)]
  )


def _side(garment: garments.Garment) -> np.ndarray:
  """The right-hand edge from the shoulder tip over the armhole to the hem."""
  ax, ay = garment.armpit
  y = np.linspace(ay, garment.hem, 18)
  seam = np.stack([garment.half_width(y), y], 1)
  if garment.neckline == 'sweetheart':
    return seam
  slope = [(x, necklines.shoulder_y(x)) for x in (0.7, 0.95)]
  slope = [at for at in slope if garment.neck[0] + 0.1 < at[0] < garment.tip[0]]
  top = np.array([*slope, garment.tip])
  top = np.concatenate([necklines.beside(garment), top])
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


def yoke(garment: garments.Garment) -> np.ndarray:
  """Returns what a raglan sleeve takes of the right of the panel."""
  x, tip, low = garment.neck.half_width, garment.tip, garment.armpit
  top = (x, necklines.shoulder_y(x) - 0.03)
  bend = (0.5 * (x + low.x) - 0.1, 0.42 * low.y)
  seam = curves.spline([(x + 0.02, necklines.shoulder_y(x) + 0.06), bend, low])
  out = [(low.x + 0.3, low.y), (tip.x + 0.3, tip.y - 0.2)]
  return np.concatenate([[top], seam, out])


def gap(garment: garments.Garment) -> np.ndarray | None:
  """Returns what an open front leaves free between its edges, if it is open."""
  if garment.gap is None:
    return None
  (high, wide), low = garment.gap, garment.hem + garment.hem_curve + 0.3
  x = garment.neck.half_width
  down = [(x + 0.02, -0.7), (x, necklines.shoulder_y(x)), (high, 0.9)]
  down = curves.spline([*down, (wide, 0.6 * garment.hem), (wide, low)])
  return np.concatenate([down, down[::-1] * (-1, 1)])


def held(garment: garments.Garment, x: np.ndarray) -> np.ndarray:
  """Returns how far a half-tucked hem is in the waistband at x, 0..1."""
  middle, wide = garment.half
  return 1 - curves.smoothstep(wide, wide + 0.45, np.abs(x - middle))


def hidden(garment: garments.Garment) -> np.ndarray | None:
  """Returns what of a half-tucked panel is in the waistband, flat."""
  if garment.half is None:
    return None
  middle, wide = garment.half
  x = middle + np.linspace(-1, 1, 25) * (wide + 0.44)
  free = 1 - held(garment, x)
  edge = garment.tuck + garment.blouse + 0.05
  low = edge + (garment.hem + garment.hem_curve - edge) * free**0.7
  return np.concatenate(
    [np.stack([x, low], 1), np.stack([x[::-1], 0 * x + garment.hem + 1], 1)]
  )


def holds(garment: garments.Garment, points: np.ndarray) -> bool:
  """Tells whether all flat points lie on the panel."""
  edge = panel(garment).astype(np.float32)
  return all(
    cv2.pointPolygonTest(edge, (float(x), float(y)), False) > 0
    for x, y in points
  )
