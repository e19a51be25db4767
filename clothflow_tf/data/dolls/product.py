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
  """Where flat space lies in the painting: a turn, a scale, slow waves.

  `narrow` is the width shown over the true one: shops fold a garment's sides
  back, or put it on a dummy that fills it.
  """

  shape: tuple
  scale: float
  centre: np.ndarray
  middle: np.ndarray
  angle: float
  waves: np.ndarray
  phase: np.ndarray
  narrow: float = 1.0

  def pixels(self, points: np.ndarray) -> np.ndarray:
    """Maps flat points [N, 2] to painting pixels."""
    points = np.asarray(points, float)
    wavy = points + self.waves * np.sin(1.6 * points[:, ::-1] + self.phase)
    shown = (wavy - self.middle) * (self.narrow, 1)
    turned = curves.turn(shown, self.angle)
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
  if streams.chance(rng, 0.4):
    fill = rng.uniform(0.68, 1.1)
  # Sleeves make a flat garment wide; in shops they are half folded away.
  narrow = rng.uniform(0.7, 1.0) - 0.08 * (garment.tube is not None)
  size = (high - low) * (narrow, 1)
  scale = fill * min(0.86 * w / size[0], 0.88 * h / size[1])
  return Lay(
    shape=frame,
    scale=scale,
    centre=np.array([w, h]) / 2 + rng.normal(0, 0.012, 2) * (w, h),
    middle=0.5 * (low + high),
    angle=rng.normal(0, 0.018),
    waves=rng.normal(0, 0.022, 2),
    phase=rng.uniform(0, 6.28, 2),
    narrow=narrow,
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
  hood = outline.hood(garment)
  if hood is not None:
    points = np.concatenate([points, hood])
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
  mask = np.maximum.reduce(list(parts.values()))
  box = _box(lay, np.stack(bounds(garment)))
  edge = cv2.blur(mask[box], (9, 9)).astype(np.float32) * np.float32(2 / 255)
  rim = np.float32(0.88) + np.float32(0.12) * np.clip(edge - 1, 0, 1)
  gain = cv2.merge([rim * _crease(rng, lay.shape)[box]] * 3)
  cloth[box] = cv2.multiply(cloth[box], gain, dtype=cv2.CV_8U)
  return Product(lay, cloth, parts, cloth, mask)


def _cloth(rng, garment, lay, parts):
  cloth = motifs.paint(rng, lay.shape, garment.cut)
  contrast = streams.chance(rng, 0.1)
  other = motifs.paint(rng, lay.shape) if contrast else cloth.copy()
  for side in (-1, 1):
    if garment.limb == 'leg' or side not in parts:
      continue
    h, w = lay.shape
    angle = np.degrees(garment.tube.rest - 0.1) * side
    box = _box(lay, garment.outlines[side][0])
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    matrix[:, 2] -= (box[1].start, box[0].start)
    # Cut hard: the seam is a real edge, and it is sewn over below.
    sewn = cv2.subtract(parts[side][box], parts[0][box])
    hard = cv2.threshold(sewn, 127, 255, cv2.THRESH_BINARY)[1]
    sleeve = cv2.warpAffine(
      other, matrix, hard.shape[::-1], borderMode=cv2.BORDER_REFLECT_101
    )
    cv2.copyTo(sleeve, hard, cloth[box])
  return cloth


def _box(lay: Lay, points: np.ndarray) -> tuple:
  """Returns slices (rows, columns) of the painting around flat points."""
  (x0, y0), (x1, y1) = points.min(0), points.max(0)
  corners = lay.pixels(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
  low = np.maximum(corners.min(0).astype(int) - 12, 0)
  high = np.maximum(corners.max(0).astype(int) + 13, 0)
  return slice(low[1], high[1]), slice(low[0], high[0])


def _crease(rng: np.random.Generator, shape: tuple) -> np.ndarray:
  """Slight studio shading [h, w], part of the cloth's colour."""
  h, w = shape
  low = textures.noise(rng, (h // 8 + 1, w // 8 + 1), 6.0)
  low = 1 + np.float32(rng.uniform(0.0, 0.022)) * low
  return cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR)


def photograph(rng: np.random.Generator, garment, bare: Product) -> Product:
  """Puts a painted garment into a shop's photograph."""
  lay, mask = bare.lay, bare.mask
  back, hood = outline.back_collar(garment), outline.hood(garment)
  inside = _filled(lay, back)
  # A hood lies behind the neck: it shows its cloth around its inside.
  shown = np.maximum(mask, cv2.subtract(_filled(lay, hood), inside))
  whole = np.maximum(shown, inside)
  tone = int(rng.choice([255, 245, 243, 238]))
  ground = np.full(lay.shape + (3,), tone, np.uint8)
  x, y, w, h = cv2.boundingRect(whole)
  box = slice(max(y - 12, 0), y + h + 16), slice(max(x - 12, 0), x + w + 12)
  shadow = cv2.blur(np.roll(whole[box], 4, axis=0), (15, 15))
  depth = tone * rng.uniform(0.02, 0.14) / 255
  ground[box] -= cv2.merge([cv2.convertScaleAbs(shadow, alpha=depth)] * 3)
  if back is not None:
    lining = np.array(cv2.mean(bare.cloth, mask)[:3]) * rng.uniform(0.6, 0.92)
    prints.line_collar(ground, inside, lining, (rng, lay, garment))
  alpha = cv2.merge([shown[box].astype(np.float32) / np.float32(255)] * 3)
  under = ground[box].astype(np.float32)
  under += (bare.cloth[box] - under) * alpha
  ground[box] = cv2.convertScaleAbs(under)
  return dataclasses.replace(bare, picture=ground, mask=whole)


def _filled(lay: Lay, shape: np.ndarray | None) -> np.ndarray:
  """Returns the mask [h, w] of a flat polygon, empty for None."""
  mask = np.zeros(lay.shape, np.uint8)
  if shape is not None:
    motifs.fill(mask, lay.pixels(shape), 255)
  return mask
