# SPDX-License-Identifier: Apache-2.0
"""Textures that repeat a drawn motif: dots, flowers, leaves, lace, spots.

A square tile is drawn once with motifs that wrap around its edges, repeated,
and turned. `FAMILIES` lists these and the textures of `textures`, with the
weights at which `paint` draws them.
"""

import types

import cv2
import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_SHIFT = 4  # Fractional bits of OpenCV's drawing coordinates.


def fill(
  image: np.ndarray, points: np.ndarray, value: np.ndarray | float
) -> None:
  """Fills a polygon with subpixel corners, antialiased."""
  if len(points) >= 3:
    corners = np.round(points * (1 << _SHIFT)).astype(np.int32)
    rgb = tuple(float(v) for v in np.atleast_1d(value))
    cv2.fillPoly(image, [corners], rgb, cv2.LINE_AA, _SHIFT)


def stroke(
  image: np.ndarray, points: np.ndarray, value: np.ndarray | float, width: int
) -> None:
  """Draws an open line, antialiased."""
  corners = np.round(points * (1 << _SHIFT)).astype(np.int32)
  rgb = tuple(float(v) for v in np.atleast_1d(value))
  cv2.polylines(image, [corners], False, rgb, width, cv2.LINE_AA, _SHIFT)


def wrapped(
  tile: np.ndarray, points: np.ndarray, value: np.ndarray | float
) -> None:
  """Fills a polygon on a tile whose edges meet."""
  size = tile.shape[0]
  low, high = points.min(0), points.max(0)
  for dy in (-size, 0, size):
    for dx in (-size, 0, size):
      moved = (dx, dy)
      if (low + moved < size).all() and (high + moved > 0).all():
        fill(tile, points + moved, value)


def spread(
  tile: np.ndarray, rng: np.random.Generator, shape: frames.Frame
) -> np.ndarray:
  """Repeats a tile over `shape`, turned and scaled by a random bit."""
  h, w = shape
  size = tile.shape[0]
  count = int(np.ceil(1.5 * max(h, w) / size)) + 1
  big = np.tile(tile, (count, count, 1))
  angle, scale = rng.uniform(-12, 12), rng.uniform(0.9, 1.1)
  centre = (big.shape[1] / 2, big.shape[0] / 2)
  turned = cv2.getRotationMatrix2D(centre, angle, scale)
  turned[:, 2] += (w / 2 - centre[0], h / 2 - centre[1])
  return cv2.warpAffine(big, turned, (w, h)).astype(np.float32)


def blob(rng: np.random.Generator, radius: float, petals: int) -> np.ndarray:
  """Outline of a flower (or of a lump when `petals` is 0)."""
  t = np.linspace(0, 2 * np.pi, 36, endpoint=False)
  if petals:
    r = radius * (0.68 + 0.32 * np.cos(petals * t + rng.uniform(0, 6)))
  else:
    r = radius * (1 + 0.2 * np.sin(2 * t + rng.uniform(0, 6)) * rng.random())
    r = r * (1 + 0.2 * np.sin(3 * t + rng.uniform(0, 6)) * rng.random())
  return np.stack([r * np.cos(t), r * np.sin(t)], 1)


def leaf(rng: np.random.Generator, length: float) -> np.ndarray:
  """Outline of a slender leaf at a random angle."""
  t = np.linspace(0, np.pi, 10)
  half = np.stack([-length * np.cos(t), 0.3 * length * np.sin(t)], 1)
  outline = np.concatenate([half, half[::-1] * (1, -1)])
  return curves.turn(outline, rng.uniform(0, 2 * np.pi))


def _tile(rgb: np.ndarray, size: int) -> np.ndarray:
  return np.full((size, size, 3), rgb, np.uint8)


def dots(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Dots or lumps in a staggered grid."""
  colors = textures.palette(rng, 2)
  size = int(np.exp(rng.uniform(np.log(18), np.log(90))))
  tile = _tile(colors[0], size)
  circle = (
    blob(rng, size * rng.uniform(0.14, 0.3), 0)
    if streams.chance(rng, 0.25)
    else curves.turn(
      np.array([[0.0, size * rng.uniform(0.14, 0.27)]]),
      np.linspace(0, 6.2832, 24)[:-1],
    )
  )
  wrapped(tile, circle, colors[1])
  wrapped(tile, circle + size / 2, colors[1])
  return spread(tile, rng, shape)


def floral(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Leaves under flowers."""
  colors = textures.palette(rng, 5)
  size = int(rng.uniform(110, 220))
  tile = _tile(colors[0], size)
  for _ in range(rng.integers(14, 30)):
    wrapped(
      tile,
      leaf(rng, rng.uniform(6, 24)) + rng.uniform(0, size, 2),
      colors[rng.integers(1, 3)],
    )
  for _ in range(rng.integers(5, 12)):
    at, radius = rng.uniform(0, size, 2), rng.uniform(9, 30)
    petals = int(rng.integers(4, 8))
    wrapped(tile, blob(rng, radius, petals) + at, colors[rng.integers(2, 4)])
    wrapped(tile, blob(rng, 0.28 * radius, 0) + at, colors[4])
  return spread(tile, rng, shape)


def leopard(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Spots with a lighter heart."""
  base = np.array((202, 160, 108), np.float32) * rng.uniform(0.75, 1.15)
  size = 100
  tile = _tile(np.clip(base, 0, 255), size)
  for y in range(0, size, 25):
    for x in range(0, size, 25):
      at = np.array((x + 12.5 * (y // 25 % 2), y)) + rng.normal(0, 3, 2)
      wrapped(tile, blob(rng, rng.uniform(7, 11), 0) + at, (40, 28, 22))
      wrapped(
        tile,
        blob(rng, rng.uniform(3, 5), 0) + at + rng.normal(0, 2, 2),
        base * 0.8,
      )
  return spread(tile, rng, shape)


def shapes(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Triangles, squares and stars."""
  colors = textures.palette(rng, 4)
  size = int(rng.uniform(60, 150))
  tile = _tile(colors[0], size)
  for _ in range(rng.integers(4, 14)):
    n = rng.choice([3, 4, 5, 10])
    t = np.linspace(0, 6.2832, n, endpoint=False) + rng.uniform(0, 6)
    r = rng.uniform(6, 18) * (
      np.where(np.arange(n) % 2, 0.5, 1) if n == 10 else 1
    )
    points = np.stack([np.cos(t) * r, np.sin(t) * r], 1)
    wrapped(tile, points + rng.uniform(0, size, 2), colors[rng.integers(1, 4)])
  return spread(tile, rng, shape)


def lace(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Holes between flowers, tone on tone."""
  base = textures.color(rng, 0.7)
  size = int(rng.uniform(40, 80))
  tile = _tile(base, size)
  shade = np.clip(base * 0.62 + 28, 0, 255)
  for at in ((0, 0), (size / 2, size / 2)):
    wrapped(tile, blob(rng, size * 0.27, 6) + at, shade)
    wrapped(tile, blob(rng, size * 0.12, 6) + at, base)
  for at in ((size / 2, 0), (0, size / 2)):
    wrapped(tile, blob(rng, size * 0.1, 0) + at, shade)
  return spread(tile, rng, shape)


def openwork(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Returns the opacity [h, w] uint8 of lace: flowers on a fine net."""
  size = int(rng.uniform(44, 90))
  net = rng.uniform(50, 130)
  tile = _tile(np.full(3, net), size)
  flower, petals = rng.uniform(0.2, 0.32), int(rng.integers(4, 8))
  for at in ((0, 0), (size / 2, size / 2)):
    shape_of = blob(rng, size * flower, petals)
    wrapped(tile, shape_of + at, np.full(3, 235.0))
    wrapped(tile, blob(rng, size * 0.07, 0) + at, np.full(3, net))
  for at in ((size / 2, 0), (0, size / 2)):
    wrapped(tile, leaf(rng, 0.2 * size) + at, np.full(3, 225.0))
  return np.clip(spread(tile, rng, shape)[..., 0], 0, 255).astype(np.uint8)


def words(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Words in lines."""
  colors = textures.palette(rng, 2)
  size = int(rng.uniform(90, 150))
  tile = _tile(colors[0], size)
  for y in range(size // 6, size, size // 3):
    word = ''.join(rng.choice(list('ABDEGHKMNORSTUWX'), 4))
    cv2.putText(
      tile,
      word,
      (4, y + 8),
      rng.integers(0, 4),
      size / 110,
      tuple(map(float, colors[1])),
      2,
      cv2.LINE_AA,
    )
  return spread(tile, rng, shape)


# Read-only, as the order of its entries decides which doll wears which.
FAMILIES = types.MappingProxyType(
  {
    textures.plain: 6.0,
    textures.melange: 1.2,
    textures.stripes: 3.0,
    textures.breton: 1.2,
    textures.checks: 1.2,
    textures.plaid: 1.2,
    textures.zigzag: 0.6,
    textures.gradient: 0.8,
    textures.camouflage: 0.8,
    textures.tie_dye: 0.6,
    textures.knit: 1.2,
    textures.ribbed: 1.0,
    textures.denim: 0.7,
    textures.photo_noise: 0.8,
    dots: 1.6,
    floral: 2.6,
    leopard: 0.6,
    shapes: 1.0,
    lace: 0.8,
    words: 0.5,
  }
)


# What a cut is mostly made of; now and then it is of anything.
SUITED = {
  'polo': (textures.plain, textures.plain, textures.stripes, textures.breton),
  'hoodie': (textures.plain, textures.plain, textures.melange),
  'jacket': (textures.plain, textures.plain, textures.plaid, textures.denim),
  'cardigan': (textures.plain, textures.knit, textures.ribbed),
  'sweater': (textures.plain, textures.knit, textures.ribbed, textures.stripes),
  'turtleneck': (textures.plain, textures.ribbed, textures.knit),
  'lace': (textures.plain, textures.plain, textures.melange),
  'raglan': (textures.plain, textures.melange),
  'trousers': (textures.plain, textures.plain, textures.denim),
  'shorts': (textures.plain, textures.denim),
  'skirt': (textures.plain, textures.denim),
}


def paint(
  rng: np.random.Generator, shape: frames.Frame, cut: str = ''
) -> np.ndarray:
  """Paints a texture [h, w, 3] uint8 that suits the cut of a garment."""
  if cut in SUITED and streams.chance(rng, 0.6):
    family = SUITED[cut][rng.integers(len(SUITED[cut]))]
  else:
    families = list(FAMILIES)
    names = {str(i): FAMILIES[f] for i, f in enumerate(families)}
    family = families[int(streams.pick(rng, names))]
  image = family(rng, shape)
  return np.clip(image, 4, 250).astype(np.uint8)
