# SPDX-License-Identifier: Apache-2.0
"""Backdrops: where the person stands.

Nearly half are the light studios of shops; the rest is what people photograph
themselves in: coloured and dark studios, rooms, clothes shops, patterned
walls, gardens and streets. A scene is painted small if it is out of focus,
tilted a little, enlarged, and lit. The picture is a function of the generator
alone, so a person in two outfits stands before the same backdrop.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import lighting
from clothflow_tf.data.dolls import outdoors
from clothflow_tf.data.dolls import rooms
from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import surfaces

Painter = Callable[[np.random.Generator, frames.Frame], np.ndarray]


class Kind(NamedTuple):
  """Weight among the kinds, what paints it, and how it may be in focus.

  A scene is painted at 1 / reduction of the size and blurred by up to `blur`,
  the largest standard deviation as a share of the height. Shadows fall on a
  scene that is `walled`.
  """

  weight: float
  paint: Painter
  reductions: tuple[int, ...] = (1, 2)
  blur: float = 0.004
  walled: bool = True


def studio(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints one colour, at times with a floor that the wall runs into."""
  return _paper(rng, frame, scenery.hue(rng, (0.1, 0.75), (0.4, 0.97)))


def dark_studio(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a dark grey, black or deep coloured studio."""
  return _paper(rng, frame, scenery.hue(rng, (0.0, 0.45), (0.05, 0.35)))


def _paper(
  rng: np.random.Generator, frame: frames.Frame, color: np.ndarray
) -> np.ndarray:
  picture = scenery.blank(frame, color)
  if streams.chance(rng, 0.3):
    sweep = frame.height * rng.uniform(0.75, 1.0)
    y = np.arange(frame.height, dtype=np.float32)
    share = np.clip((y - sweep) / (0.08 * frame.height) + 0.5, 0, 1)
    gain = 1 + share * rng.uniform(-0.25, 0.2)
    rows = np.clip(color * gain[:, None], 0, 255)
    picture[:] = rows.astype(np.uint8)[:, None]
  return picture


def gradient(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a change from one colour to another, along a line or from a spot."""
  colors = np.stack([scenery.wall_color(rng) for _ in range(2)])
  angle, (x0, y0) = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.8, 2)
  y = np.linspace(0, 1, frame.height, dtype=np.float32)[:, None]
  x = np.linspace(0, 1, frame.width, dtype=np.float32)[None]
  along = np.float32(np.cos(angle)) * (x - 0.5)
  weight = 0.5 + along + np.float32(np.sin(angle)) * (y - 0.5)
  if streams.chance(rng, 0.4):
    weight = 1.6 * np.sqrt(
      (x - np.float32(x0)) ** 2 + (y - np.float32(y0)) ** 2
    )
  return scenery.blended(colors, np.clip(weight, 0, 1))


_LIGHT = 'light_studio'
KINDS = {
  _LIGHT: Kind(45.0, studio),  # Painted by `light_studio`.
  'studio': Kind(7.0, studio, (4,)),
  'dark_studio': Kind(5.0, dark_studio, (4,)),
  'gradient': Kind(4.0, gradient, (4,)),
  'room': Kind(14.0, rooms.room, (1, 2, 2)),
  'shop': Kind(4.0, rooms.shop, (1, 2, 2), 0.012),
  'draped': Kind(2.0, rooms.draped, (1, 2)),
  'stripes': Kind(2.0, surfaces.stripes, (2,)),
  'checks': Kind(2.0, surfaces.checks, (2,)),
  'bricks': Kind(2.5, surfaces.bricks, (1, 2)),
  'tiles': Kind(2.0, surfaces.tiles, (1, 2)),
  'planks': Kind(1.5, surfaces.planks, (1, 2)),
  'plaster': Kind(2.5, surfaces.plaster, (2,)),
  'foliage': Kind(4.5, outdoors.foliage, (2, 4), 0.02, False),
  'street': Kind(6.0, outdoors.street, (2, 4), 0.025, False),
  'horizon': Kind(2.0, outdoors.horizon, (2, 4), 0.01, False),
}
_TILTED = 0.3  # Share of the scenes that a hand-held camera tilts.


def backdrop(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Draws a backdrop [h, w, 3] float32, 0..255, of a frame."""
  kind = streams.pick(rng, {name: row.weight for name, row in KINDS.items()})
  return paint(rng, frame, kind)


def paint(
  rng: np.random.Generator, frame: frames.Frame, kind: str
) -> np.ndarray:
  """Draws a backdrop of one of `KINDS`."""
  if kind == _LIGHT:
    return light_studio(rng, frame)
  row = KINDS[kind]
  reduction = int(rng.choice(row.reductions))
  picture = row.paint(rng, frame.times(1 / reduction))
  picture = _photographed(rng, picture, row.blur)
  if picture.shape[:2] != tuple(frame):
    picture = cv2.resize(picture, frame[::-1], interpolation=cv2.INTER_LINEAR)
  return lighting.light(rng, picture, row.walled)


def light_studio(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Draws a shop's light studio with a soft gradient."""
  base = rng.uniform(205, 250) + rng.normal(0, 2.0, 3)
  if streams.chance(rng, 0.12):
    base = rng.uniform(150, 235) + rng.uniform(-18, 18, 3)
  y = np.linspace(-1, 1, frame.height, dtype=np.float32)[:, None]
  x = np.linspace(-1, 1, frame.width, dtype=np.float32)[None]
  gains = rng.normal(0, 4, 2).astype(np.float32)
  light = gains[0] * y + gains[1] * x - np.float32(rng.uniform(0, 8)) * x * x
  return cv2.merge([np.clip(light + np.float32(c), 0, 255) for c in base])


def _photographed(
  rng: np.random.Generator, picture: np.ndarray, blur: float
) -> np.ndarray:
  """Tilts and blurs a scene as a camera held by hand does."""
  h, w = picture.shape[:2]
  tilted, angle = streams.chance(rng, _TILTED), rng.normal(0, 2.0)
  mirrored, sigma = streams.chance(rng, 0.5), h * blur * rng.random() ** 2
  if tilted:
    zoom = 1 + 0.03 * abs(angle)
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), angle, zoom)
    edge = cv2.BORDER_REFLECT_101
    picture = cv2.warpAffine(picture, matrix, (w, h), borderMode=edge)
  if mirrored:
    picture = cv2.flip(picture, 1)
  if sigma > 0.4:
    picture = cv2.GaussianBlur(picture, (0, 0), sigma)
  return picture
