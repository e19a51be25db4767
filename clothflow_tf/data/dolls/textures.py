# SPDX-License-Identifier: Apache-2.0
"""Cloth textures, drawn in the pixels of the painting; `motifs` has more.

A wrong flow must be visible and a right one measurable, so textures carry
detail of 5 to 60 record pixels in any direction. Nothing is finer than about
2.5 record pixels a half period: the source is stored at record resolution, and
what it cannot hold no flow could bring back. Families return float32 RGB
[h, w, 3] in 0..255 for a shape (h, w) at twice the record's size.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import streams

NEUTRALS = np.array(
  [
    (244, 244, 242),
    (226, 222, 214),
    (28, 28, 32),
    (52, 54, 62),
    (30, 40, 72),
    (128, 130, 134),
    (176, 152, 122),
    (96, 84, 70),
    (196, 198, 202),
  ],
  np.float32,
)


def color(rng: np.random.Generator, neutral: float = 0.4) -> np.ndarray:
  """Draws a cloth colour; `neutral` is the chance of white, black, beige."""
  if streams.chance(rng, neutral):
    base = NEUTRALS[rng.integers(len(NEUTRALS))] + rng.normal(0, 5, 3)
    return np.clip(base, 8, 248).astype(np.float32)
  hue, sat, val = rng.uniform(0, 6), rng.beta(3, 2), rng.uniform(0.35, 0.98)
  wheel = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
  return (255 * val * (1 - sat * (1 - wheel))).astype(np.float32)


def palette(rng: np.random.Generator, n: int) -> np.ndarray:
  """Draws n colours [n, 3], the second well apart from the first."""
  colors = [color(rng)]
  while len(colors) < n:
    best = max((color(rng) for _ in range(3)), key=lambda c: _gap(c, colors))
    colors.append(best)
  return np.array(colors, np.float32)


def _gap(one: np.ndarray, others: list[np.ndarray]) -> float:
  return min(float(np.abs(one - other).sum()) for other in others)


def noise(
  rng: np.random.Generator, shape: frames.Frame, size: float
) -> np.ndarray:
  """Smooth noise [h, w] with features of `size` pixels, about unit variance."""
  h, w = shape
  grid = (int(h / size) + 3, int(w / size) + 3)
  coarse = rng.normal(0, 1.3, grid).astype(np.float32)
  big = cv2.resize(
    coarse,
    (int(grid[1] * size) + 1, int(grid[0] * size) + 1),
    interpolation=cv2.INTER_CUBIC,
  )
  y, x = int(size), int(size)
  return big[y : y + h, x : x + w]


def waves(
  shape: frames.Frame, angle: float, period: float, phase: float = 0.0
) -> np.ndarray:
  """Returns the phase [h, w] in periods of a plane wave at `angle`."""
  y = np.arange(shape[0], dtype=np.float32)[:, None] * np.sin(angle) / period
  x = np.arange(shape[1], dtype=np.float32)[None] * np.cos(angle) / period
  return (x + y + phase).astype(np.float32)


def band(phase: np.ndarray, duty: float, period: float) -> np.ndarray:
  """Antialiased square wave in 0..1: 1 for the first `duty` of each period."""
  saw = phase - np.floor(phase)
  edge = np.abs(saw - 0.5 * duty)
  edge = np.minimum(edge, 1 - edge)
  return np.clip((0.5 * duty - edge) * period / 1.6 + 0.5, 0, 1)


def mix(one: np.ndarray, two: np.ndarray, weight: np.ndarray) -> np.ndarray:
  """Blends two colours (or images) by weight [h, w]."""
  weight = weight.astype(np.float32)
  planes = []
  for c in range(3):  # Plane by plane: broadcasting over 3 is slow.
    low, high = np.float32(one[..., c]), np.float32(two[..., c])
    planes.append(low + weight * (high - low))
  return cv2.merge(planes)


def plain(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """One colour."""
  return flat(color(rng, 0.55), shape)


def flat(rgb: np.ndarray, shape: frames.Frame) -> np.ndarray:
  """Returns an image [h, w, 3] float32 of one colour."""
  # Planes are filled and merged in a quarter of the time of broadcasting.
  return cv2.merge([np.full(shape, c, np.float32) for c in rgb])


def _coarse(shape: frames.Frame, step: int) -> frames.Frame:
  """Returns the size of a texture that is drawn coarsely and enlarged."""
  return frames.Frame(shape[0] // step + 1, shape[1] // step + 1)


def _enlarged(image: np.ndarray, shape: frames.Frame, step: int) -> np.ndarray:
  h, w = shape
  size = (image.shape[1] * step, image.shape[0] * step)
  return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)[:h, :w]


def melange(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """One colour of mixed yarn."""
  base = plain(rng, shape)
  return base + 7 * noise(rng, shape, 3.0)[..., None]


def stripes(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Two or three colours of stripes in any direction."""
  angle = rng.choice([np.pi / 2, 0, rng.uniform(0, np.pi)], p=[0.5, 0.25, 0.25])
  period = np.exp(rng.uniform(np.log(11), np.log(70)))
  phase = waves(shape, angle, period, rng.random())
  colors = palette(rng, 3)
  image = mix(colors[0], colors[1], band(phase, rng.uniform(0.2, 0.6), period))
  if streams.chance(rng, 0.4) and period > 24:
    image = mix(image, colors[2], band(phase + 0.35, 0.14, period))
  return image


def breton(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """A sailor's stripes."""
  period = rng.uniform(18, 44)
  colors = NEUTRALS[[0, rng.choice([2, 4, 3])]]
  if streams.chance(rng, 0.4):
    colors = palette(rng, 2)
  phase = waves(shape, np.pi / 2, period, rng.random())
  return mix(colors[0], colors[1], band(phase, rng.uniform(0.25, 0.5), period))


def checks(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Gingham: two bands of half strength."""
  period = rng.uniform(14, 48)
  angle = rng.choice(
    [0.0, np.pi / 4, rng.uniform(-0.2, 0.2)], p=[0.6, 0.2, 0.2]
  )
  a = band(waves(shape, angle, period), 0.5, period)
  b = band(waves(shape, angle + np.pi / 2, period), 0.5, period)
  colors = palette(rng, 2)
  return mix(colors[0], colors[1], 0.5 * (a + b))


def plaid(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Tartan: bands of three colours, both ways."""
  period = int(rng.uniform(40, 110))
  tile = frames.Frame(period, period)
  image = plain(rng, tile)
  for c in palette(rng, 3):
    offset, duty = rng.random(2) * (1, 0.25) + (0, 0.06)
    for angle in (0, np.pi / 2):
      lines = band(waves(tile, angle, period, offset), duty, period)
      image = mix(image, c, 0.5 * lines)
  h, w = shape
  return np.tile(image, (h // period + 1, w // period + 1, 1))[:h, :w]


def zigzag(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Stripes folded to and fro."""
  period = rng.uniform(18, 48)
  fold = waves(shape, 0, rng.uniform(24, 60))
  fold = np.abs(fold - np.floor(fold) - 0.5) * rng.uniform(0.7, 1.6)
  phase = waves(shape, np.pi / 2, period) + fold
  colors = palette(rng, 2)
  return mix(colors[0], colors[1], band(phase, 0.5, period))


def gradient(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """A slow change between three colours."""
  t = waves(shape, rng.uniform(0.5, 2.6), max(shape), rng.uniform(-0.2, 0.2))
  colors = palette(rng, 3)
  image = mix(colors[0], colors[1], np.clip(t * 1.4 - 0.2, 0, 1))
  return mix(image, colors[2], 0.5 + 0.5 * np.sin(8 * t)) * 0.4 + 0.6 * image


def camouflage(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Patches of four colours."""
  size, low = rng.uniform(12, 30), _coarse(shape, 2)
  image = plain(rng, low)
  for c in palette(rng, 3):
    field = noise(rng, low, size) + 0.4 * noise(rng, low, size / 2.5)
    image = mix(image, c, np.clip((field - 0.45) * size / 2, 0, 1))
  return _enlarged(image, shape, 2)


def tie_dye(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Rings or a spiral around a point."""
  low = _coarse(shape, 2)
  h, w = low
  y, x = np.mgrid[0:h, 0:w].astype(np.float32)
  cy, cx = h * rng.uniform(0.3, 0.6), w * rng.uniform(0.35, 0.65)
  r, a = cv2.cartToPolar(x - cx, y - cy)
  wobble = noise(rng, low, 20)
  phase = r / rng.uniform(20, 45) + a * rng.choice([0, 2, 3]) / 6.2832
  colors = palette(rng, 3)
  t = 0.5 + 0.5 * np.sin(6.2832 * phase + 0.9 * wobble)
  dyed = mix(colors[0], colors[1], t)
  return _enlarged(mix(dyed, colors[2], np.clip(wobble / 3, 0, 1)), shape, 2)


def knit(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Ribs and rows of stitches."""
  base = plain(rng, shape)
  period = rng.uniform(14, 30)
  ribs = np.sin(6.2832 * waves(shape, 0, period))
  rows = np.sin(6.2832 * (waves(shape, np.pi / 2, 0.8 * period) + 0.3 * ribs))
  depth = rng.uniform(0.07, 0.16)
  return base * (1 + depth * (0.6 * ribs + 0.4 * rows))[..., None] + 6 * depth


def ribbed(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Fine upright ribs."""
  base = plain(rng, shape)
  period = rng.uniform(10, 18)
  ribs = np.sin(6.2832 * waves(shape, rng.normal(0, 0.04), period))
  return base * (1 + rng.uniform(0.08, 0.16) * ribs)[..., None]


def denim(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Faded twill."""
  base = np.array((66, 92, 138), np.float32) * rng.uniform(0.4, 1.5)
  base = base + rng.normal(0, 6, 3)
  twill = np.sin(6.2832 * waves(shape, 0.8, rng.uniform(7, 10)))
  low = _coarse(shape, 4)
  faded = noise(rng, low, 22) + 0.5 * noise(rng, low, 3.0)
  value = 5 * twill + 13 * _enlarged(faded, shape, 4)
  return cv2.merge([value + np.float32(c) for c in base])


def photo_noise(rng: np.random.Generator, shape: frames.Frame) -> np.ndarray:
  """Sum of octaves with a 1 / f spectrum in three mixed channels."""
  low = _coarse(shape, 4)
  wide = [
    sum(noise(rng, low, s / 4) * s**0.8 for s in (16, 40, 100))
    for _ in range(3)
  ]
  fine = [noise(rng, shape, 7) * np.float32(7**0.8) for _ in range(3)]
  weights = rng.normal(0, 1, (3, 3)) * rng.uniform(0.25, 0.65)
  octaves = _enlarged(cv2.merge(wide), shape, 4) + cv2.merge(fine)
  mixed = cv2.transform(octaves, weights.T.astype(np.float32))
  return flat(color(rng) * 0.5 + 64, shape) + mixed
