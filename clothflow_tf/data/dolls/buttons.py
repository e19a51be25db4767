# SPDX-License-Identifier: Apache-2.0
"""Buttons: one, a row, or a placket of them, drawn on flat cloth."""

import numpy as np

from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import streams


def sew(
  piece: paintings.Painting,
  spots: list[tuple[float, float]],
  color: np.ndarray,
) -> None:
  """Draws buttons at flat points."""
  for at in spots:
    piece.spot(at, color, 0.055)


def color(rng: np.random.Generator, trim: np.ndarray) -> np.ndarray:
  """Draws the colour of buttons: the trim's, or one that stands out."""
  if streams.chance(rng, 0.4):
    return trim * 0.6
  shown = (245, 244, 238) if trim.mean() < 110 else (60, 54, 50)
  return np.array(shown, float)


def row(
  piece: paintings.Painting,
  rng: np.random.Generator,
  trim: np.ndarray,
  step: float,
) -> None:
  """Draws buttons down the front, `step` apart."""
  garment = piece.garment
  low = garment.hem + garment.hem_curve
  heights = np.arange(garment.neck.depth + 0.14, low - 0.2, step)
  sew(piece, [(0, y) for y in heights], color(rng, trim))


def placket(
  piece: paintings.Painting, rng: np.random.Generator, trim: np.ndarray
) -> None:
  """Draws the seams of a shirt's front and its buttons."""
  garment = piece.garment
  top, low = garment.neck.depth, garment.hem + garment.hem_curve
  for x in (-0.09, 0.09):
    piece.line(np.array([[x, top], [x, low]]), trim, 0.018)
  row(piece, rng, trim, rng.uniform(0.38, 0.55))
