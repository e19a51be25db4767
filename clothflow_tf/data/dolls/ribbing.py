# SPDX-License-Identifier: Apache-2.0
"""Collars with two leaves, and ribbed cuffs and hems, drawn on flat cloth."""

import numpy as np

from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings


def collar(
  piece: paintings.Painting, trim: np.ndarray, wide: float = 0.16
) -> None:
  """Draws the two leaves of a shirt's collar around the neckline."""
  garment = piece.garment
  edge = necklines.edge(garment)
  light = np.clip(trim * 1.2 + 14, 0, 250)
  x, top = -edge[0, 0], edge[0, 1]
  low = edge[len(edge) // 2][1]
  corners = [(x, top - 0.02), (x + wide, top + 0.12)]
  corners += [(0.36 * x + wide, low + wide), (0.0, low)]
  for side in (-1, 1):
    leaf = np.array(corners) * (side, 1)
    piece.fill(leaf, light)
    piece.closed(leaf, trim * 0.85, 0.02)


def ribs(piece: paintings.Painting, trim: np.ndarray) -> None:
  """Draws ribbed cuffs and a ribbed hem in the trim's colour."""
  garment = piece.garment
  half = garment.half_width(np.array([garment.hem]))[0]
  x = np.linspace(-1.02 * half, 1.02 * half, 15)
  low = garment.hem + garment.hem_curve * (1 - np.minimum((x / half) ** 2, 1))
  bands = [(np.stack([x, low - 0.26], 1), np.stack([x, low + 0.03], 1))]
  if garment.tube is not None:
    rows = [outline.cuff(garment, above) for above in (0.24, -0.03)]
    t = np.linspace(-0.05, 1.05, 5)[:, None]
    rows = [row[0] + t * (row[1] - row[0]) for row in rows]
    bands += [[row * (side, 1) for row in rows] for side in (-1, 1)]
  for upper, lower in bands:
    band = np.concatenate([upper, lower[::-1]])
    piece.fill(band, trim)
    piece.line(upper, trim * 0.7, 0.025)
    for rib in np.stack([upper, lower], 1)[1:-1]:
      piece.line(rib, trim * 0.88, 0.07)
