# SPDX-License-Identifier: Apache-2.0
"""What backdrops are painted with: colours, boxes, noise and patterns.

A backdrop is painted as uint8 RGB in a small frame and enlarged, so everything
here is measured in shares of the frame's height or width, never in pixels.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures

_SUBPIXEL = 4  # Bits of a fraction in OpenCV's coordinates.


class Box(NamedTuple):
  """A rectangle in pixels of a picture; fractions are allowed."""

  left: float
  top: float
  right: float
  bottom: float

  def inner(self, x: float, y: float, width: float, height: float) -> 'Box':
    """Returns a part of the box; all four are shares of its sides."""
    across, down = self.right - self.left, self.bottom - self.top
    left, top = self.left + x * across, self.top + y * down
    return Box(left, top, left + width * across, top + height * down)


def blank(frame: frames.Frame, color: np.ndarray) -> np.ndarray:
  """Returns a picture [h, w, 3] uint8 of one colour."""
  picture = np.empty((*frame, 3), np.uint8)
  # Twenty times as fast as numpy's assignment of three bytes.
  cv2.rectangle(picture, (0, 0), frame[::-1], _rgb(color), -1)
  return picture


def rectangle(picture: np.ndarray, box: Box, color: np.ndarray) -> None:
  """Fills a box, its sides rounded to whole pixels, with a colour."""
  low = (round(box.left), round(box.top))
  high = (round(box.right) - 1, round(box.bottom) - 1)
  if low[0] <= high[0] and low[1] <= high[1]:
    cv2.rectangle(picture, low, high, _rgb(color), -1)


def polygon(picture: np.ndarray, points: np.ndarray, color: np.ndarray) -> None:
  """Fills a polygon [N, 2] of (x, y) pixels with a colour."""
  fixed = np.round(points * 2**_SUBPIXEL).astype(np.int32)
  cv2.fillPoly(picture, [fixed], _rgb(color), cv2.LINE_AA, _SUBPIXEL)


def _rgb(color: np.ndarray) -> list[float]:
  # A third of the time of numpy's clip, and rooms have hundreds of boxes.
  return [min(max(float(c), 0.0), 255.0) for c in color]


def ellipse(picture: np.ndarray, box: Box, color: np.ndarray) -> None:
  """Fills the ellipse that a box holds with a colour."""
  turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
  x = 0.5 * (box.left + box.right + (box.right - box.left) * np.cos(turn))
  y = 0.5 * (box.top + box.bottom + (box.bottom - box.top) * np.sin(turn))
  polygon(picture, np.stack([x, y], 1), color)


def hue(
  rng: np.random.Generator,
  saturation: tuple[float, float],
  value: tuple[float, float],
) -> np.ndarray:
  """Draws an RGB colour (0..255) of any hue.

  Args:
    rng: the source of randomness.
    saturation: lowest and highest, 0..1.
    value: lowest and highest brightness, 0..1.
  """
  angle = rng.uniform(0, 6)
  wheel = np.clip(np.abs((angle + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
  grey = 1 - rng.uniform(*saturation) * (1 - wheel)
  return 255 * rng.uniform(*value) * grey


def wall_color(rng: np.random.Generator) -> np.ndarray:
  """Draws the colour of a wall: mostly white, cream or grey, at times vivid."""
  kind = streams.pick(rng, {'white': 5, 'muted': 4, 'grey': 2, 'vivid': 1})
  if kind == 'white':
    return rng.uniform(190, 246) + np.array([4, 1, -7]) * rng.uniform(-0.3, 2.5)
  if kind == 'grey':
    return rng.uniform(60, 200) + rng.normal(0, 4, 3)
  if kind == 'muted':
    return hue(rng, (0.08, 0.32), (0.4, 0.92))
  return hue(rng, (0.35, 0.7), (0.35, 0.85))


def wood_color(rng: np.random.Generator) -> np.ndarray:
  """Draws the colour of wood, from pale oak to nearly black."""
  pale, dark = np.array([222, 190, 150.0]), np.array([58, 36, 24.0])
  share = rng.beta(1.4, 1.6)
  return pale + share * (dark - pale) + rng.normal(0, 7, 3)


def cloth_color(rng: np.random.Generator) -> np.ndarray:
  """Draws the colour of cloth that furnishes a room: seldom a loud one."""
  color = textures.color(rng, 0.4)
  return color + rng.uniform(0, 0.7) * (color.mean() - color)


def object_color(rng: np.random.Generator) -> np.ndarray:
  """Draws the colour of a piece of furniture."""
  kind = streams.pick(rng, {'wood': 3, 'white': 2, 'cloth': 4})
  if kind == 'wood':
    return wood_color(rng)
  if kind == 'white':
    return rng.uniform(215, 250) + rng.normal(0, 3, 3)
  return cloth_color(rng)


def octaves(
  rng: np.random.Generator,
  frame: frames.Frame,
  size: float,
  count: int,
) -> np.ndarray:
  """Returns noise [h, w] of features of `size` and finer, variance about 1.

  Args:
    rng: the source of randomness.
    frame: size of the result.
    size: of the largest features, as a share of the height.
    count: octaves; each halves the size and weighs 0.7 of the one before.
  """
  total = np.zeros(frame, np.float32)
  weight, power = 1.0, 0.0
  for octave in range(count):
    pixels = max(size * frame.height / 2**octave, 1.5)
    total += np.float32(weight) * textures.noise(rng, frame, pixels)
    power += weight**2
    weight *= 0.7
  return total * np.float32(power**-0.5)


def marbled(
  picture: np.ndarray, noise: np.ndarray, strength: float
) -> np.ndarray:
  """Lightens and darkens a picture by `strength` grey levels times noise."""
  grain = np.float32(strength) * noise
  return cv2.add(picture, cv2.merge([grain] * 3), dtype=cv2.CV_8U)


def blended(colors: np.ndarray, weight: np.ndarray) -> np.ndarray:
  """Mixes two colours [2, 3] by the second one's weight [h, w], 0..1."""
  one, two = np.clip(colors, 0, 255)
  planes = [
    cv2.convertScaleAbs(weight, alpha=float(high - low), beta=float(low))
    for low, high in zip(one, two, strict=True)
  ]
  return cv2.merge(planes)
