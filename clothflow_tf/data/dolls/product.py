# SPDX-License-Identifier: Apache-2.0
"""The product: a garment painted flat, at twice the size of its picture.

The cloth is painted once, without a background, and each part of it (torso
panel, sleeves) has a mask. The shop's photograph is that paint over a light
ground with a soft shadow, plus the inside of the back collar with its label,
which is in the product's mask and in no part: nobody sees it when it is worn.
"""

from collections.abc import Callable
import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

Decorate = Callable[[paintings.Painting, np.random.Generator], None]


@dataclasses.dataclass(frozen=True)
class Product:
  """A painted garment; all images have the painting's size.

  cloth [h, w, 3] uint8 has no background, parts maps a part to its mask
  [h, w] uint8, and picture and mask are what the shop shows.
  """

  lay: lays.Lay
  cloth: np.ndarray
  parts: dict[int, np.ndarray]
  picture: np.ndarray
  mask: np.ndarray


def paint(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  decorate: Decorate = prints.decorate,
) -> Product:
  """Paints the garment on its lay; `photograph` adds the shop."""
  parts = {}
  for part, shapes in garment.outlines.items():
    parts[part] = np.zeros(lay.shape, np.uint8)
    for shape in shapes:
      motifs.fill(parts[part], lay.pixels(shape), 255)
  cloth = _cloth(rng, garment, lay, parts)
  decorate(paintings.Painting(cloth, garment, lay), rng)
  mask = np.maximum.reduce(list(parts.values()))
  box = _box(lay, np.stack(lays.bounds(garment)))
  edge = cv2.blur(mask[box], (9, 9)).astype(np.float32) * np.float32(2 / 255)
  rim = np.float32(0.88) + np.float32(0.12) * np.clip(edge - 1, 0, 1)
  gain = cv2.merge([rim * _crease(rng, lay.shape)[box]] * 3)
  cloth[box] = cv2.multiply(cloth[box], gain, dtype=cv2.CV_8U)
  return Product(lay, cloth, parts, cloth, mask)


def _cloth(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  parts: dict[int, np.ndarray],
) -> np.ndarray:
  """Returns the cloth [h, w, 3] uint8; that of sleeves is turned."""
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
    matrix[:, 2] -= box.origin
    # Cut hard: the seam is a real edge, and it is sewn over below.
    sewn = cv2.subtract(parts[side][box], parts[0][box])
    hard = cv2.threshold(sewn, 127, 255, cv2.THRESH_BINARY)[1]
    sleeve = cv2.warpAffine(
      other, matrix, hard.shape[::-1], borderMode=cv2.BORDER_REFLECT_101
    )
    cv2.copyTo(sleeve, hard, cloth[box])
  return cloth


def _box(lay: lays.Lay, points: np.ndarray) -> places.Box:
  """Returns slices (rows, columns) of the painting around flat points."""
  (x0, y0), (x1, y1) = points.min(0), points.max(0)
  corners = lay.pixels(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
  low = np.maximum(corners.min(0).astype(int) - 12, 0)
  high = np.maximum(corners.max(0).astype(int) + 13, 0)
  return places.Box(slice(low[1], high[1]), slice(low[0], high[0]))


def _crease(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Returns slight studio shading [h, w], part of the cloth's colour."""
  h, w = shape.height, shape.width
  low = textures.noise(rng, frames.Frame(h // 8 + 1, w // 8 + 1), 6.0)
  low = 1 + np.float32(rng.uniform(0.0, 0.022)) * low
  return cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR)


def photograph(
  rng: np.random.Generator, garment: garments.Garment, bare: Product
) -> Product:
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
    piece = paintings.Painting(ground, garment, lay)
    prints.line_collar(piece, rng, inside, lining)
  alpha = cv2.merge([shown[box].astype(np.float32) / np.float32(255)] * 3)
  under = ground[box].astype(np.float32)
  under += (bare.cloth[box] - under) * alpha
  ground[box] = cv2.convertScaleAbs(under)
  return dataclasses.replace(bare, picture=ground, mask=whole)


def _filled(lay: lays.Lay, shape: np.ndarray | None) -> np.ndarray:
  """Returns the mask [h, w] of a flat polygon, empty for None."""
  mask = np.zeros(lay.shape, np.uint8)
  if shape is not None:
    motifs.fill(mask, lay.pixels(shape), 255)
  return mask
