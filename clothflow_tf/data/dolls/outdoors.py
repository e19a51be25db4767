# SPDX-License-Identifier: Apache-2.0
"""Outdoors: foliage, streets, a horizon, all out of focus to some degree.

A portrait lens blurs what is far behind the person: bright points become
discs. `backdrops` chooses the focus; here leaves and houses are only painted.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams


def foliage(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints bushes and trees: noise of many sizes in greens, and light."""
  dark = np.array([24, 40, 20]) * rng.uniform(0.5, 2.2)
  light = np.array([124, 156, 66]) * rng.uniform(0.7, 1.3)
  light = light + rng.normal(0, 16, 3)
  size, count = rng.uniform(0.08, 0.3), int(rng.integers(3, 7))
  noise = scenery.octaves(rng, frame, size, count)
  weight = np.clip(0.45 + 0.33 * noise, 0, 1)
  picture = scenery.blended(np.stack([dark, light]), weight)
  if streams.chance(rng, 0.6):
    sky = cv2.compare(noise, rng.uniform(1.5, 2.4), cv2.CMP_GT)
    picture[sky > 0] = rng.uniform(205, 252) + np.array([-6, 0, 3])
  if streams.chance(rng, 0.35):
    _ground(rng, picture, frame.height * rng.uniform(0.65, 1.0))
  _discs(rng, picture, int(rng.integers(0, 18)), np.array([226, 232, 170]))
  return picture


def street(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints houses with windows, a pavement, cars, passers-by and lights."""
  h, w = frame
  night = streams.chance(rng, 0.15)
  gain = 0.3 if night else 1.0
  sky = gain * (rng.uniform(170, 245) + np.array([-14, -2, 8]) * rng.random())
  picture = scenery.blank(frame, sky)
  ground = h * rng.uniform(0.6, 1.0)
  x = -0.1 * w
  while x < w:
    across = w * rng.uniform(0.2, 0.6)
    top = h * rng.uniform(-0.5, 0.4)
    _house(rng, picture, scenery.Box(x, top, x + across, ground), gain)
    x += across
  _ground(rng, picture, ground)
  for _ in range(int(rng.integers(0, 4))):
    _car(rng, picture, ground)
  for _ in range(int(rng.integers(0, 4))):
    _passer(rng, picture, ground)
  color = np.array([255, 214, 150])
  _discs(rng, picture, int(rng.integers(4, 26) if night else 3), color)
  return picture


def horizon(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a sky over sea, sand, meadow or hills."""
  h, w = frame
  high = np.array([120, 165, 220]) * rng.uniform(0.75, 1.1)
  low = np.array([222, 228, 232]) * rng.uniform(0.9, 1.08)
  if streams.chance(rng, 0.25):  # Evening.
    low = np.array([246, 190, 140]) * rng.uniform(0.8, 1.0)
  line = h * rng.uniform(0.3, 0.85)
  share = np.clip(np.arange(h, dtype=np.float32) / np.float32(line), 0, 1)
  sky = high + share[:, None] * (low - high)
  picture = np.repeat(np.clip(sky, 0, 255).astype(np.uint8)[:, None], w, 1)
  clouds = scenery.octaves(rng, frame, rng.uniform(0.15, 0.4), 4)
  picture = scenery.marbled(picture, clouds, rng.uniform(0, 11))
  if streams.chance(rng, 0.5):
    x = np.linspace(0, w, 24)
    waves = (
      rng.uniform(2, 9, 3)[:, None] * x / w + rng.uniform(0, 6, 3)[:, None]
    )
    crest = line - h * rng.uniform(0.02, 0.1) * np.sin(waves).mean(0)
    hill = np.stack([np.r_[x, w, 0], np.r_[crest, h, h]], 1)
    scenery.polygon(
      picture, hill, np.array([96, 112, 112]) * rng.uniform(0.6, 1.4)
    )
  colors = [(96, 140, 160), (206, 186, 150), (112, 140, 70), (160, 158, 152)]
  color = np.array(colors[rng.integers(4)]) * rng.uniform(0.7, 1.15)
  land = scenery.Box(0, line, w, h)
  scenery.rectangle(picture, land, color)
  rows = slice(int(line), h)
  size = frames.Frame(h - int(line), w)
  noise = scenery.octaves(rng, size, 0.15 * h / size.height, 4)
  picture[rows] = scenery.marbled(picture[rows], noise, rng.uniform(2, 12))
  return picture


def _ground(rng: np.random.Generator, picture: np.ndarray, top: float) -> None:
  """Paints asphalt, paving or grass from `top` down."""
  h, w = picture.shape[:2]
  colors = [(112, 112, 114), (178, 172, 164), (104, 126, 66), (150, 128, 100)]
  color = np.array(colors[rng.integers(4)]) * rng.uniform(0.7, 1.2)
  scenery.rectangle(picture, scenery.Box(0, top, w, h), color)
  if streams.chance(rng, 0.4):
    kerb = scenery.Box(0, top, w, top + 0.015 * h)
    scenery.rectangle(picture, kerb, color * rng.uniform(0.7, 1.3))


def _house(
  rng: np.random.Generator,
  picture: np.ndarray,
  box: scenery.Box,
  gain: float,
) -> None:
  """Paints the front of a house with rows of windows and a shop below."""
  color = scenery.wall_color(rng) * rng.uniform(0.6, 1.0) * gain
  if streams.chance(rng, 0.3):
    color = np.array([160, 92, 70]) * rng.uniform(0.6, 1.1) * gain
  scenery.rectangle(picture, box, color)
  glass = color * rng.uniform(0.3, 0.7)
  lit = np.array([250, 214, 140]) if gain < 1 else np.full(3, 225.0)
  columns, rows = int(rng.integers(1, 5)), int(rng.integers(2, 7))
  for x in range(columns):
    for y in range(rows):
      pane = box.inner(x / columns, y / rows, 1 / columns, 1 / rows)
      shown = lit if streams.chance(rng, 0.2) else glass
      scenery.rectangle(picture, pane.inner(0.25, 0.2, 0.5, 0.6), shown)
  if streams.chance(rng, 0.5):
    shop = box.inner(0.05, 0.76, 0.9, 0.24)
    scenery.rectangle(picture, shop, scenery.cloth_color(rng) * gain)
    scenery.rectangle(picture, shop.inner(0.05, 0.25, 0.9, 0.75), 0.8 * glass)


def _car(rng: np.random.Generator, picture: np.ndarray, ground: float) -> None:
  """Paints a parked car from the side."""
  h, w = picture.shape[:2]
  long, foot = w * rng.uniform(0.3, 0.7), ground + 0.02 * h
  left, high = rng.uniform(-0.4, 1.0) * w, 0.3 * long
  box = scenery.Box(left, foot - high, left + long, foot)
  color = scenery.cloth_color(rng)
  scenery.rectangle(picture, box.inner(0, 0.42, 1, 0.45), color)
  roof = box.inner(0.2, 0, 0.6, 0.5)
  scenery.ellipse(picture, box.inner(0.17, 0.02, 0.66, 0.95), color)
  scenery.rectangle(picture, roof.inner(0.08, 0.2, 0.84, 0.6), color * 0.3)
  for x in (0.14, 0.7):
    scenery.ellipse(picture, box.inner(x, 0.66, 0.17, 0.5), np.full(3, 26.0))


def _passer(
  rng: np.random.Generator, picture: np.ndarray, ground: float
) -> None:
  """Paints a passer-by far away: legs, coat, head."""
  h, w = picture.shape[:2]
  tall = h * rng.uniform(0.14, 0.4)
  x, foot = rng.uniform(0, 1) * w, ground + rng.uniform(0, 0.06) * h
  box = scenery.Box(x, foot - tall, x + 0.3 * tall, foot)
  skin = np.array([206, 160, 130]) * rng.uniform(0.35, 1.1)
  scenery.rectangle(
    picture, box.inner(0.22, 0.45, 0.24, 0.55), np.full(3, 40.0)
  )
  scenery.rectangle(
    picture, box.inner(0.54, 0.45, 0.24, 0.55), np.full(3, 46.0)
  )
  scenery.ellipse(
    picture, box.inner(0.05, 0.13, 0.9, 0.45), scenery.cloth_color(rng)
  )
  scenery.ellipse(picture, box.inner(0.3, 0, 0.4, 0.16), skin)


def _discs(
  rng: np.random.Generator,
  picture: np.ndarray,
  count: int,
  color: np.ndarray,
) -> None:
  """Adds bright points out of focus, half transparent."""
  h, w = picture.shape[:2]
  discs = np.zeros_like(picture)
  radius = h * rng.uniform(0.008, 0.035)
  for _ in range(count):
    x, y = rng.uniform((0, -0.1 * h), (w, 0.8 * h))
    size = radius * rng.uniform(0.7, 1.3)
    shade = color * rng.uniform(0.15, 0.6)
    box = scenery.Box(x - size, y - size, x + size, y + size)
    scenery.ellipse(discs, box, shade)
  cv2.add(picture, discs, picture)
