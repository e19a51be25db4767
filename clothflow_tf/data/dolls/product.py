# SPDX-License-Identifier: Apache-2.0
"""The product: a garment painted flat, at twice the size of its picture.

The cloth is painted once, without a background, and each part of it (torso
panel, sleeves) has a mask. `shop` makes the photograph of it.
"""

from collections.abc import Callable
import dataclasses

import cv2
import numpy as np

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
_CONTRAST = {'raglan': 0.75, 'lace': 0.0}  # Sleeves of another cloth.
_USUAL_CONTRAST = 0.1


@dataclasses.dataclass(frozen=True)
class Product:
  """A painted garment; all images have the painting's size.

  Attributes:
    lay: where flat space lies in it.
    cloth: the paint without a background, [h, w, 3] uint8.
    parts: maps a part to the mask of what may show when worn, [h, w] uint8.
    mask: the whole garment, [h, w] uint8.
    opacity: of sheer cloth, [h, w] uint8; None if all of it is opaque.
    words: written on the cloth.
  """

  lay: lays.Lay
  cloth: np.ndarray
  parts: dict[int, np.ndarray]
  mask: np.ndarray
  opacity: np.ndarray | None = None
  words: tuple[paintings.Word, ...] = ()


def paint(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  decorate: Decorate = prints.decorate,
  plain: np.ndarray | None = None,
) -> Product:
  """Paints the garment on its lay, in a `plain` colour or any cloth."""
  parts = _masks(garment, lay)
  if plain is None:
    cloth = _cloth(rng, garment, lay, parts)
  else:
    cloth = np.empty((*lay.shape, 3), np.uint8)
    cloth[:] = np.clip(plain, 4, 250)
  piece = paintings.Painting(cloth, garment, lay)
  decorate(piece, rng)
  mask = np.maximum.reduce(list(parts.values()))
  _round_edges(rng, cloth, mask, _box(lay, np.stack(lays.bounds(garment))))
  opacity = None
  if garment.sheer:
    opacity = _opacity(rng, garment, lay, parts)
  hidden = outline.hidden(garment)
  if hidden is not None:
    motifs.fill(parts[0], lay.pixels(hidden), 0)
  return Product(lay, cloth, parts, mask, opacity, tuple(piece.words))


def _masks(garment: garments.Garment, lay: lays.Lay) -> dict[int, np.ndarray]:
  """Returns the mask [h, w] uint8 of each part."""
  parts = {}
  for part, shapes in garment.outlines.items():
    parts[part] = np.zeros(lay.shape, np.uint8)
    for shape in shapes:
      motifs.fill(parts[part], lay.pixels(shape), 255)
  gap = outline.gap(garment)
  if gap is not None:
    motifs.fill(parts[0], lay.pixels(gap), 0)
  return parts


def _round_edges(
  rng: np.random.Generator, cloth: np.ndarray, mask: np.ndarray, box: places.Box
) -> None:
  """Darkens a garment's edges a little and mottles it, in place."""
  edge = cv2.blur(mask[box], (9, 9)).astype(np.float32) * np.float32(2 / 255)
  rim = np.float32(0.88) + np.float32(0.12) * np.clip(edge - 1, 0, 1)
  h, w = rim.shape
  low = textures.noise(rng, places.Size(h // 8 + 1, w // 8 + 1), 6.0)
  low = 1 + np.float32(rng.uniform(0.0, 0.022)) * low
  low = cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR)
  gain = cv2.merge([rim * low] * 3)
  cloth[box] = cv2.multiply(cloth[box], gain, dtype=cv2.CV_8U)


def _cloth(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  parts: dict[int, np.ndarray],
) -> np.ndarray:
  """Returns the cloth [h, w, 3] uint8; that of sleeves is turned."""
  cloth = motifs.paint(rng, lay.shape, garment.cut)
  likely = _CONTRAST.get(garment.cut, _USUAL_CONTRAST)
  contrast = streams.chance(rng, likely)
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
  if garment.raglan:
    for side in (-1, 1):
      yoke = _filled(lay, outline.yoke(garment) * (side, 1))
      cv2.copyTo(other, cv2.min(yoke, parts[0]), cloth)
  return cloth


def _opacity(
  rng: np.random.Generator,
  garment: garments.Garment,
  lay: lays.Lay,
  parts: dict[int, np.ndarray],
) -> np.ndarray:
  """Returns how opaque a garment is whose sleeves are of lace, [h, w] uint8."""
  sheer, yoke = np.zeros(lay.shape, np.uint8), streams.chance(rng, 0.5)
  for side in (-1, 1):
    np.maximum(sheer, cv2.subtract(parts[side], parts[0]), out=sheer)
    if yoke:
      shape = outline.yoke(garment) * (side, 1)
      np.maximum(sheer, _filled(lay, shape), out=sheer)
  lace = motifs.openwork(rng, lay.shape)
  solid = np.full(lay.shape, 255, np.uint8)
  return np.where(sheer > 127, lace, solid)


def _filled(lay: lays.Lay, shape: np.ndarray) -> np.ndarray:
  """Returns the mask [h, w] of a flat polygon."""
  mask = np.zeros(lay.shape, np.uint8)
  motifs.fill(mask, lay.pixels(shape), 255)
  return mask


def _box(lay: lays.Lay, points: np.ndarray) -> places.Box:
  """Returns the box of the painting around flat points."""
  (x0, y0), (x1, y1) = points.min(0), points.max(0)
  corners = lay.pixels(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
  h, w = lay.shape
  low = np.maximum(corners.min(0).astype(int) - 12, 0)
  high = np.maximum(corners.max(0).astype(int) + 13, 0)
  low, high = np.minimum(low, (w, h)), np.minimum(high, (w, h))
  return places.Box(slice(low[1], high[1]), slice(low[0], high[0]))
