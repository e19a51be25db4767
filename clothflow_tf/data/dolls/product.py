# SPDX-License-Identifier: Apache-2.0
"""The product: a garment painted flat, at twice the size of its picture.

The cloth is painted once, without a background, and each part of it (torso
panel, sleeves) has a mask. The shop's photograph is that paint over a light
ground with a soft shadow, plus the inside of the back collar with its label,
which is in the product's mask and in no part: nobody sees it when it is worn.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures


@dataclasses.dataclass(frozen=True)
class Lay:
  """Where flat space lies in the painting: a turn, a scale, slow waves."""

  shape: tuple
  scale: float
  centre: np.ndarray
  middle: np.ndarray
  angle: float
  waves: np.ndarray
  phase: np.ndarray

  def pixels(self, points: np.ndarray) -> np.ndarray:
    """Maps flat points [N, 2] to painting pixels."""
    points = np.asarray(points, float)
    wavy = points + self.waves * np.sin(1.6 * points[:, ::-1] + self.phase)
    turned = curves.turn(wavy - self.middle, self.angle)
    return self.centre + self.scale * turned


@dataclasses.dataclass(frozen=True)
class Product:
  """A painted garment; all images have the painting's size.

  cloth [h, w, 3] uint8 has no background, parts maps a part to its mask
  [h, w] uint8, and picture and mask are what the shop shows.
  """

  lay: Lay
  cloth: np.ndarray
  parts: dict
  picture: np.ndarray
  mask: np.ndarray


def lay_out(rng: np.random.Generator, garment, frame: tuple) -> Lay:
  """Places the garment in a frame (height, width) as shops do."""
  low, high = bounds(garment)
  h, w = frame
  fill = rng.uniform(0.96, 1.04)
  if streams.chance(rng, 0.45):
    fill = rng.uniform(0.66, 1.08)
  size = high - low
  scale = fill * min(0.82 * w / size[0], 0.88 * h / size[1])
  return Lay(
    shape=frame,
    scale=scale,
    centre=np.array([w, h]) / 2 + rng.normal(0, 0.012, 2) * (w, h),
    middle=0.5 * (low + high),
    angle=rng.normal(0, 0.018),
    waves=rng.normal(0, 0.022, 2),
    phase=rng.uniform(0, 6.28, 2),
  )


def spread_out(garment, scale: float) -> Lay:
  """Places a garment that no shop shows, at `scale` pixels a body unit."""
  low, high = bounds(garment)
  w, h = np.ceil((high - low) * scale + 12).astype(int)
  middle, still = 0.5 * (low + high), np.zeros(2)
  centre = np.array([w, h]) / 2
  return Lay((int(h), int(w)), scale, centre, middle, 0.0, still, still)


def bounds(garment) -> tuple:
  """Returns the lowest and the highest (x, y) of a flat garment."""
  points = np.concatenate(sum(garment.outlines.values(), []))
  return points.min(0), points.max(0)


def paint(rng, garment, lay: Lay, decorate=prints.decorate) -> Product:
  """Paints the garment on its lay; `photograph` adds the shop."""
  parts = {}
  for part, shapes in garment.outlines.items():
    parts[part] = np.zeros(lay.shape, np.uint8)
    for shape in shapes:
      motifs.fill(parts[part], lay.pixels(shape), 255)
  cloth = _cloth(rng, garment, lay, parts)
  decorate(cloth, rng, garment, lay)
  _crease(cloth, rng)
  mask = np.maximum.reduce(list(parts.values()))
  edge = cv2.blur(mask, (9, 9)).astype(np.float32) * np.float32(2 / 255) - 1
  rim = np.float32(0.88) + np.float32(0.12) * np.clip(edge, 0, 1)
  cloth = cv2.multiply(cloth, cv2.merge([rim] * 3), dtype=cv2.CV_8U)
  return Product(lay, cloth, parts, cloth, mask)


def _cloth(rng, garment, lay, parts):
  cloth = motifs.paint(rng, lay.shape)
  contrast = streams.chance(rng, 0.1)
  other = motifs.paint(rng, lay.shape) if contrast else cloth.copy()
  for side in (-1, 1):
    if garment.limb == 'leg' or side not in parts:
      continue
    h, w = lay.shape
    angle = np.degrees(garment.tube.rest - 0.1) * side
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    sleeve = cv2.warpAffine(
      other, matrix, (w, h), borderMode=cv2.BORDER_REFLECT_101
    )
    # Cut hard: the seam is a real edge, and it is sewn over below.
    hard = cv2.threshold(parts[side], 127, 255, cv2.THRESH_BINARY)[1]
    cloth = cv2.copyTo(sleeve, hard, cloth)
  return cloth


def _crease(cloth: np.ndarray, rng: np.random.Generator) -> None:
  """Slight studio shading, part of the cloth's colour."""
  h, w = cloth.shape[:2]
  low = textures.noise(rng, (h // 8 + 1, w // 8 + 1), 6.0)
  field = cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR)
  gain = cv2.merge([1 + np.float32(rng.uniform(0.0, 0.022)) * field] * 3)
  np.copyto(cloth, cv2.multiply(cloth, gain, dtype=cv2.CV_8U))


def photograph(rng: np.random.Generator, garment, bare: Product) -> Product:
  """Puts a painted garment into a shop's photograph."""
  lay, cloth, mask = bare.lay, bare.cloth, bare.mask
  inside = np.zeros(lay.shape, np.uint8)
  back = outline.back_collar(garment)
  if back is not None:
    motifs.fill(inside, lay.pixels(back), 255)
  tone = rng.choice([255, 245, 243, 238])
  whole = np.maximum(mask, inside)
  blurred = cv2.blur(np.roll(whole, 4, axis=0), (15, 15)).astype(np.float32)
  blurred = tone * (1 - blurred * np.float32(rng.uniform(0.02, 0.14) / 255))
  ground = cv2.merge([blurred] * 3).astype(np.float32)
  if back is not None:
    lining = np.array(cv2.mean(cloth, mask)[:3]) * rng.uniform(0.6, 0.92)
    prints.line_collar(ground, inside, lining, (rng, lay, garment))
  alpha = cv2.merge([mask.astype(np.float32) * np.float32(1 / 255)] * 3)
  picture = cv2.convertScaleAbs(ground + (cloth - ground) * alpha)
  return dataclasses.replace(bare, picture=picture, mask=whole)
