# SPDX-License-Identifier: Apache-2.0
"""A garment's cloth while it is painted, and the pencils that paint it.

Points and widths are in body units; the lay says which pixels they are.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import motifs


class Word(NamedTuple):
  """A word as OpenCV writes it, in pixels of the painting.

  `corner` is the left end (x, y) of the line that letters stand on; `font`,
  `scale` and `thickness` are those of cv2.putText.
  """

  text: str
  corner: tuple[int, int]
  font: int
  scale: float
  thickness: int


@dataclasses.dataclass(frozen=True)
class Painting:
  """Cloth [h, w, 3] uint8 that is painted in place, its garment and lay.

  `words` are those that were written on it.
  """

  cloth: np.ndarray
  garment: garments.Garment
  lay: lays.Lay
  words: list[Word] = dataclasses.field(default_factory=list)

  def write(self, word: Word, color: np.ndarray) -> None:
    """Writes a word."""
    text, corner, font, scale, thickness = word
    color = tuple(float(value) for value in color)
    cv2.putText(
      self.cloth, text, corner, font, scale, color, thickness, cv2.LINE_AA
    )
    self.words.append(word)

  def line(self, flat: np.ndarray, color: np.ndarray, width: float) -> None:
    """Draws a line through flat points."""
    pixels = max(1, int(round(width * self.lay.scale)))
    motifs.stroke(self.cloth, self.lay.pixels(flat), color, pixels)

  def closed(self, flat: np.ndarray, color: np.ndarray, width: float) -> None:
    """Draws the closed outline of a piece."""
    self.line(np.concatenate([flat, flat[:1]]), color, width)

  def fill(self, flat: np.ndarray, color: np.ndarray) -> None:
    """Fills a flat polygon."""
    motifs.fill(self.cloth, self.lay.pixels(flat), color)

  def spot(self, at: np.ndarray, color: np.ndarray, radius: float) -> None:
    """Draws a disc at a flat point."""
    t = np.linspace(0, 6.2832, 16, endpoint=False)
    circle = np.stack([np.cos(t), np.sin(t)], 1) * radius + np.array(at)
    self.fill(circle, color)

  def crease(self, flat: np.ndarray, gain: float, width: float) -> None:
    """Multiplies the cloth along a line through flat points by `gain`."""
    pixels = max(1, int(round(width * self.lay.scale)))
    points = self.lay.pixels(flat)
    low = np.maximum(points.min(0).astype(int) - pixels - 1, 0)
    high = np.maximum(points.max(0).astype(int) + pixels + 2, 0)
    patch = self.cloth[low[1] : high[1], low[0] : high[0]]
    if patch.size:
      mask = np.zeros(patch.shape[:2], np.uint8)
      motifs.stroke(mask, points - low, 255, pixels)
      dark = 1 - mask * np.float32((1 - gain) / 255)
      patch[:] = cv2.multiply(patch, cv2.merge([dark] * 3), dtype=cv2.CV_8U)

  def dim(self, flat: np.ndarray, gain: float) -> None:
    """Multiplies the cloth inside a flat polygon by `gain`."""
    points = self.lay.pixels(flat)
    low = np.maximum(points.min(0).astype(int) - 1, 0)
    high = np.maximum(points.max(0).astype(int) + 2, 0)
    patch = self.cloth[low[1] : high[1], low[0] : high[0]]
    if patch.size:
      inside = np.zeros(patch.shape[:2], np.uint8)
      motifs.fill(inside, points - low, 255)
      changed = cv2.convertScaleAbs(patch, alpha=gain)
      cv2.copyTo(changed, inside, patch)
