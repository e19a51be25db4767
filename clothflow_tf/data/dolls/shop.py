# SPDX-License-Identifier: Apache-2.0
"""The shop's photograph of a product, or a flat lay of its owner's.

The paint lies over a light ground with a soft shadow, lit and creased on its
own: `gain` tells by how much the photograph darkens the paint. The inside of
the back collar with its label is in the product's mask and in no part of the
garment: nobody sees it in front when the garment is worn.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import backdrops
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import lay as lays
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import painting as paintings
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import prints
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_AT_HOME = 0.1  # Share of the products that lie on a bed or a floor.
_GROUNDS = ('plaster', 'planks', 'draped', 'tiles')
_GRID = 8  # Pixels a cell of the gain's grid.


class Photograph(NamedTuple):
  """picture [h, w, 3] uint8, mask [h, w] uint8, gain [h, w] float32 up to 1."""

  picture: np.ndarray
  mask: np.ndarray
  gain: np.ndarray


def photograph(
  rng: np.random.Generator,
  garment: garments.Garment,
  product: products.Product,
) -> Photograph:
  """Photographs a painted garment."""
  lay, mask = product.lay, product.mask
  back, hood = necklines.back_collar(garment), necklines.hood(garment)
  inside = _filled(lay, back)
  # A hood lies behind the neck: it shows its cloth around its inside.
  shown = np.maximum(mask, cv2.subtract(_filled(lay, hood), inside))
  whole = np.maximum(shown, inside)
  ground = _ground(rng, lay.shape)
  x, y, w, h = cv2.boundingRect(whole)
  rows = slice(max(y - 12, 0), y + h + 16)
  box = places.Box(rows, slice(max(x - 12, 0), x + w + 12))
  shadow = cv2.blur(np.roll(whole[box], 4, axis=0), (15, 15))
  dark = 1 - np.float32(rng.uniform(0.02, 0.14) / 255) * shadow
  ground[box] = cv2.multiply(
    ground[box], cv2.merge([dark] * 3), dtype=cv2.CV_8U
  )
  if back is not None:
    lining = np.array(cv2.mean(product.cloth, mask)[:3])
    lining = lining * rng.uniform(0.6, 0.92)
    piece = paintings.Painting(ground, garment, lay)
    prints.line_collar(piece, rng, inside, lining)
  gain = _gain(rng, whole)
  lit = cv2.multiply(
    product.cloth[box], cv2.merge([gain[box]] * 3), dtype=cv2.CV_32F
  )
  alpha = shown[box] * np.float32(1 / 255)
  if product.opacity is not None:  # Front and back of a sleeve, one over both.
    through = 1 - product.opacity[box] * np.float32(1 / 255)
    alpha = alpha * (1 - through**2)
  under = ground[box].astype(np.float32)
  under += (lit - under) * cv2.merge([alpha] * 3)
  ground[box] = cv2.convertScaleAbs(under)
  return Photograph(ground, whole, gain)


def _ground(rng: np.random.Generator, size: places.Size) -> np.ndarray:
  """Returns what the garment lies on, [h, w, 3] uint8."""
  tone, home = (
    int(rng.choice([255, 245, 243, 238])),
    streams.chance(rng, _AT_HOME),
  )
  if home:
    kind = _GROUNDS[rng.integers(len(_GROUNDS))]
    return cv2.convertScaleAbs(backdrops.paint(rng, size, kind))
  return np.full((*size, 3), tone, np.uint8)


def _gain(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
  """Returns the shading of a garment on a table or a dummy, [h, w] float32.

  Dummies are round: light falls off to the sides. Creases are soft and few.
  """
  h, w = mask.shape
  low = cv2.resize(mask, (w // _GRID, h // _GRID), interpolation=cv2.INTER_AREA)
  reach = max(3, low.shape[1] // 5) | 1
  soft = cv2.blur(cv2.blur(low, (reach, reach)), (reach, reach))
  depth, wrinkled = rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.035)
  form = 1 - np.float32(depth / 255) * (255 - soft.astype(np.float32))
  size = places.Size(*low.shape)
  noise = textures.noise(rng, size, 5.0) + textures.noise(rng, size, 2.5)
  gain = form - np.float32(wrinkled) * np.abs(noise)
  gain = np.clip(gain * np.float32(1 / max(gain.max(), 0.5)), 0.5, 1)
  return cv2.resize(gain, (w, h), interpolation=cv2.INTER_LINEAR)


def _filled(lay: lays.Lay, shape: np.ndarray | None) -> np.ndarray:
  """Returns the mask [h, w] of a flat polygon, empty for None."""
  mask = np.zeros(lay.shape, np.uint8)
  if shape is not None:
    motifs.fill(mask, lay.pixels(shape), 255)
  return mask
