# SPDX-License-Identifier: Apache-2.0
"""How lower garments are sewn: waistband, fly, pockets, seams and hems.

Also the pencils that all details on cloth are drawn with: a line and a spot
whose sizes are in body units, and a shadow.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import streams


def line(cloth, lay, flat, look: tuple) -> None:
  """Draws a line through flat points; look = (colour, width)."""
  color, width = look
  pixels = max(1, int(round(width * lay.scale)))
  motifs.stroke(cloth, lay.pixels(flat), color, pixels)


def spot(cloth, lay, at: tuple, look: tuple) -> None:
  """Draws a disc at a flat point; look = (radius, colour)."""
  radius, color = look
  t = np.linspace(0, 6.2832, 16, endpoint=False)
  circle = np.stack([np.cos(t), np.sin(t)], 1) * radius + np.array(at)
  motifs.fill(cloth, lay.pixels(circle), color)


def dim(cloth, lay, flat, gain: float) -> None:
  """Multiplies the cloth inside a flat polygon by `gain`."""
  points = lay.pixels(flat)
  low = np.maximum(points.min(0).astype(int) - 1, 0)
  high = np.maximum(points.max(0).astype(int) + 2, 0)
  patch = cloth[low[1] : high[1], low[0] : high[0]]
  if patch.size:
    inside = np.zeros(patch.shape[:2], np.uint8)
    motifs.fill(inside, points - low, 255)
    changed = cv2.convertScaleAbs(patch, alpha=gain)
    cv2.copyTo(changed, inside, patch)


def decorate(cloth, rng, what: tuple, trim) -> None:
  """Draws the details of trousers, shorts or a skirt, in place."""
  garment, lay = what
  thin = (trim, 0.025)
  low = garment.waist + rng.uniform(0.16, 0.26)
  half = garment.half_width(np.array([low]))[0]
  line(cloth, lay, np.array([(-half, low), (half, low)]), thin)
  if garment.tube is None:
    _skirt(cloth, rng, what, trim)
    return
  fly = np.array([(0, garment.waist), (0, garment.crotch)])
  line(cloth, lay, fly, thin)
  curve = np.array([(0.14, low), (0.14, 0.7 * garment.crotch + 0.3 * low)])
  line(cloth, lay, np.concatenate([curve, fly[1:] - (0, 0.1)]), thin)
  spot(cloth, lay, (0, 0.5 * (garment.waist + low)), (0.07, trim * 0.6 + 60))
  for side in (-1, 1):
    pocket = np.array([(0.45 * half, low), (0.6 * half, low + 0.3)])
    pocket = np.concatenate([pocket, [(half * 1.02, low + 0.45)]])
    line(cloth, lay, pocket * (side, 1), thin)
    frame, a = garment.frame, garment.tube.length - 0.12
    cuff = frame.flat(np.array([[a, -0.9], [a, 0.9]]))
    line(cloth, lay, cuff * (side, 1), thin)
    if streams.chance(rng, 0.5):
      crease = np.stack([np.linspace(0.5, a, 8), np.full(8, 0.02)], 1)
      line(cloth, lay, frame.flat(crease) * (side, 1), (trim, 0.02))


def decorate_back(cloth, what: tuple, trim) -> None:
  """Draws a waistband, the cuffs and two back pockets, in place."""
  garment, lay = what
  low = garment.waist + 0.2
  half = garment.half_width(np.array([low]))[0]
  line(cloth, lay, np.array([(-half, low), (half, low)]), (trim, 0.025))
  if garment.tube is None:
    return
  patch = np.array([(0.3, 0.25), (0.78, 0.25), (0.78, 0.7), (0.3, 0.7)])
  patch = np.concatenate([patch, patch[:1]]) * (half, 1) + (0, low)
  frame, a = garment.frame, garment.tube.length - 0.12
  cuff = frame.flat(np.array([[a, -0.9], [a, 0.9]]))
  for side in (-1, 1):
    line(cloth, lay, patch * (side, 1), (trim, 0.025))
    line(cloth, lay, cuff * (side, 1), (trim, 0.025))


def _skirt(cloth, rng, what: tuple, trim) -> None:
  garment, lay = what
  low = garment.hem - 0.1
  half = garment.half_width(np.array([low]))[0]
  line(cloth, lay, np.array([(-half, low), (half, low)]), (trim, 0.02))
  kind = streams.pick(rng, {'plain': 3, 'pleats': 2, 'buttons': 1})
  if kind == 'pleats':
    top = garment.half_width(np.array([garment.waist + 0.3]))[0]
    for k in np.linspace(-0.85, 0.85, rng.integers(5, 12)):
      pleat = np.array([(k * top, garment.waist + 0.25), (k * half, low)])
      line(cloth, lay, pleat, (trim, 0.02))
  elif kind == 'buttons':
    for y in np.arange(garment.waist + 0.12, low, 0.4):
      spot(cloth, lay, (0, y), (0.055, trim * 0.5 + 70))
