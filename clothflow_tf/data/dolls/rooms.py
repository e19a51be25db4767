# SPDX-License-Identifier: Apache-2.0
"""Rooms and shops: a wall, a floor, and furniture cut by the person.

The floor may lie below the picture, as it does in a photo of a person down to
the thighs. A scene is painted back to front: wall, corner, skirting board,
floor, things.
"""

import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import furniture
from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import surfaces
from clothflow_tf.data.dolls import textures


def room(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a room of a flat with one to four pieces of furniture."""
  picture = _wall(rng, frame)
  floor = frame.height * rng.uniform(0.66, 1.12)
  if streams.chance(rng, 0.3):
    _corner(rng, picture)
  if streams.chance(rng, 0.7):
    _skirting(rng, picture, floor)
  _floor(rng, picture, floor)
  weights = {name: row[0] for name, row in furniture.THINGS.items()}
  for _ in range(int(rng.integers(1, 5))):
    furniture.THINGS[streams.pick(rng, weights)][1](rng, picture, floor)
  return picture


def shop(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a clothes shop: rails of garments, shelves, bright lamps."""
  picture = _wall(rng, frame)
  floor = frame.height * rng.uniform(0.75, 1.1)
  _floor(rng, picture, floor)
  for _ in range(int(rng.integers(0, 3))):
    furniture.shelf(rng, picture, floor)
  for _ in range(int(rng.integers(1, 3))):
    _rail(rng, picture)
  h, w = frame
  for _ in range(int(rng.integers(0, 7))):
    x, y, size = rng.uniform((0, 0, 0.01), (w, 0.25 * h, 0.035))
    lamp = scenery.Box(x - size * h, y - size * h, x + size * h, y + size * h)
    scenery.ellipse(picture, lamp, np.array([255, 250, 235]))
  return picture


def draped(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a curtain that fills the picture, as in a changing room."""
  h, w = frame
  picture = scenery.blank(frame, scenery.wall_color(rng))
  furniture.curtain(rng, picture, scenery.Box(0, 0, w, h))
  if streams.chance(rng, 0.3):
    _floor(rng, picture, h * rng.uniform(0.8, 1.0))
  return picture


def _wall(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a wall: paint, at times plaster, bricks, tiles, boards or paper."""
  kinds = {'paint': 10, 'plaster': 2, 'bricks': 0.8, 'tiles': 0.8}
  kind = streams.pick(rng, kinds | {'planks': 0.5, 'stripes': 0.5})
  if kind != 'paint':
    return surfaces.KINDS[kind](rng, frame)
  picture = scenery.blank(frame, scenery.wall_color(rng))
  if streams.chance(rng, 0.12):  # Panelled, or painted in another colour below.
    h, w = frame
    low = scenery.Box(0, h * rng.uniform(0.4, 0.75), w, h)
    scenery.rectangle(picture, low, scenery.wall_color(rng))
  return picture


def _corner(rng: np.random.Generator, picture: np.ndarray) -> None:
  """Darkens or lightens the wall on one side of a corner."""
  w = picture.shape[1]
  x = int(w * rng.uniform(0.05, 0.95))
  part = picture[:, :x] if streams.chance(rng, 0.5) else picture[:, x:]
  gain = rng.uniform(0.72, 0.96)
  part[:] = (part * np.float32(gain)).astype(np.uint8)


def _skirting(
  rng: np.random.Generator, picture: np.ndarray, floor: float
) -> None:
  """Paints the board along the foot of the wall."""
  h, w = picture.shape[:2]
  top = floor - h * rng.uniform(0.02, 0.06)
  color = scenery.object_color(rng)
  scenery.rectangle(picture, scenery.Box(0, top, w, floor), color)
  edge = scenery.Box(0, top, w, top + 0.006 * h)
  scenery.rectangle(picture, edge, color * 0.8)


def _floor(rng: np.random.Generator, picture: np.ndarray, floor: float) -> None:
  """Paints boards, tiles or a carpet from `floor` down, in perspective."""
  h, w = picture.shape[:2]
  kind = streams.pick(rng, {'boards': 4, 'tiles': 2, 'plain': 4})
  color = scenery.wood_color(rng)
  if kind != 'boards':
    color = scenery.wall_color(rng) * rng.uniform(0.5, 1.0)
  scenery.rectangle(picture, scenery.Box(0, floor, w, h + 1), color)
  if kind == 'plain' or floor >= h:
    return
  line = np.clip(color * rng.uniform(0.7, 0.9), 0, 255)
  vanishing = np.array([w * rng.uniform(0.2, 0.8), floor - 0.55 * h])
  step = w * rng.uniform(0.12, 0.4)
  for x in np.arange(-3 * w, 4 * w, step):
    foot = np.array([x, 1.25 * h])
    share = (floor - vanishing[1]) / (foot[1] - vanishing[1])
    head = vanishing + share * (foot - vanishing)
    thick = np.array([0.004 * h, 0])
    seam = np.stack([head, head + 0.6 * thick, foot + 2 * thick, foot])
    scenery.polygon(picture, seam, line)
  if kind == 'tiles':
    for depth in np.cumprod(np.full(7, 1.45)) * 0.02:
      y = floor + depth * h
      seam = scenery.Box(0, y, w, y + 0.004 * h)
      scenery.rectangle(picture, seam, line)


def _rail(rng: np.random.Generator, picture: np.ndarray) -> None:
  """Paints garments that hang side by side, seen from their sleeves."""
  h, w = picture.shape[:2]
  y, low = h * rng.uniform(0.15, 0.5), h * rng.uniform(0.25, 0.45)
  left = w * rng.uniform(-0.3, 0.6)
  right = left + w * rng.uniform(0.4, 1.0)
  rod = scenery.Box(left, y - 0.04 * h, right, y - 0.03 * h)
  scenery.rectangle(picture, rod, np.full(3, rng.uniform(30, 190)))
  family = textures.palette(rng, 4)
  x = left
  while x < right:
    wide = h * rng.uniform(0.018, 0.05)
    color = family[rng.integers(4)] * rng.uniform(0.75, 1.1)
    foot = y + low * rng.uniform(0.75, 1.15)
    sides = [(x, foot), (x + 0.1 * wide, y + 0.02 * h), (x + 0.5 * wide, y)]
    sides += [(x + 0.9 * wide, y + 0.02 * h), (x + 1.1 * wide, foot)]
    scenery.polygon(picture, np.array(sides), color)
    fold = scenery.Box(x + 0.75 * wide, y + 0.03 * h, x + wide, foot)
    scenery.rectangle(picture, fold, color * 0.75)
    x += wide
