# SPDX-License-Identifier: Apache-2.0
"""Details of lower garments: waistband, fly, pockets, seams and hems."""

import numpy as np

from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import streams


def decorate(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws the details of trousers, shorts or a skirt, in place."""
  garment = piece.garment
  low = garment.waist + rng.uniform(0.16, 0.26)
  half = garment.half_width(np.array([low]))[0]
  piece.line(np.array([(-half, low), (half, low)]), trim, 0.025)
  if garment.tube is None:
    _skirt(piece, rng, trim)
    return
  fly = np.array([(0, garment.waist), (0, garment.crotch)])
  piece.line(fly, trim, 0.025)
  curve = np.array([(0.14, low), (0.14, 0.7 * garment.crotch + 0.3 * low)])
  piece.line(np.concatenate([curve, fly[1:] - (0, 0.1)]), trim, 0.025)
  piece.spot((0, 0.5 * (garment.waist + low)), trim * 0.6 + 60, 0.07)
  for side in (-1, 1):
    pocket = np.array([(0.45 * half, low), (0.6 * half, low + 0.3)])
    pocket = np.concatenate([pocket, [(half * 1.02, low + 0.45)]])
    piece.line(pocket * (side, 1), trim, 0.025)
    frame, a = garment.frame, garment.tube.length - 0.12
    cuff = frame.flat(np.array([[a, -0.9], [a, 0.9]]))
    piece.line(cuff * (side, 1), trim, 0.025)
    if streams.chance(rng, 0.5):
      crease = np.stack([np.linspace(0.5, a, 8), np.full(8, 0.02)], 1)
      piece.crease(frame.flat(crease) * (side, 1), 0.86, 0.03)


def decorate_back(piece: paintings.Painting, trim: np.ndarray) -> None:
  """Draws a waistband, the cuffs and two back pockets, in place."""
  garment = piece.garment
  low = garment.waist + 0.2
  half = garment.half_width(np.array([low]))[0]
  piece.line(np.array([(-half, low), (half, low)]), trim, 0.025)
  if garment.tube is None:
    return
  patch = np.array([(0.3, 0.25), (0.78, 0.25), (0.78, 0.7), (0.3, 0.7)])
  patch = np.concatenate([patch, patch[:1]]) * (half, 1) + (0, low)
  frame, a = garment.frame, garment.tube.length - 0.12
  cuff = frame.flat(np.array([[a, -0.9], [a, 0.9]]))
  for side in (-1, 1):
    piece.line(patch * (side, 1), trim, 0.025)
    piece.line(cuff * (side, 1), trim, 0.025)


def _skirt(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  garment = piece.garment
  low = garment.hem - 0.1
  half = garment.half_width(np.array([low]))[0]
  piece.line(np.array([(-half, low), (half, low)]), trim, 0.02)
  kind = streams.pick(rng, {'plain': 3, 'pleats': 2, 'buttons': 1})
  if kind == 'pleats':
    top = garment.half_width(np.array([garment.waist + 0.3]))[0]
    for k in np.linspace(-0.85, 0.85, rng.integers(5, 12)):
      pleat = np.array([(k * top, garment.waist + 0.25), (k * half, low)])
      piece.crease(pleat, 0.8, 0.03)
  elif kind == 'buttons':
    for y in np.arange(garment.waist + 0.12, low, 0.4):
      piece.spot((0, y), trim * 0.5 + 70, 0.055)
