# SPDX-License-Identifier: Apache-2.0
"""Flat walls with a pattern: stripes, checks, bricks, tiles, planks, plaster.

A person before a pattern is what a model must not take for a garment: edges of
the pattern meet the outline of the person at any angle.
"""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import scenery
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures


def stripes(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints stripes of two colours in any direction, mostly upright."""
  angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)], p=[0.5, 0.2, 0.3])
  period = frame.height * np.exp(rng.uniform(np.log(0.02), np.log(0.2)))
  phase = textures.waves(frame, angle, period, rng.random())
  weight = textures.band(phase, rng.uniform(0.25, 0.6), period)
  return scenery.blended(_two_colors(rng), weight)


def checks(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a chequered wall, or the crossed stripes of a tablecloth."""
  angle = rng.choice([0.0, np.pi / 4, rng.uniform(0, np.pi)], p=[0.6, 0.2, 0.2])
  period = frame.height * np.exp(rng.uniform(np.log(0.04), np.log(0.25)))
  across, down = (
    textures.band(textures.waves(frame, a, period, rng.random()), 0.5, period)
    for a in (angle, angle + np.pi / 2)
  )
  weight = 0.5 * (across + down)
  if streams.chance(rng, 0.6):
    weight = across + down - 2 * across * down
  return scenery.blended(_two_colors(rng), weight)


def _two_colors(rng: np.random.Generator) -> np.ndarray:
  """Draws two colours [2, 3], in half of the cases of little contrast."""
  one = scenery.wall_color(rng)
  if streams.chance(rng, 0.5):
    return np.stack([one, one + rng.choice([-1, 1]) * rng.uniform(12, 40)])
  return np.stack([one, scenery.cloth_color(rng)])


def bricks(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a wall of bricks: red, brown, grey or whitewashed."""
  base = [(168, 88, 66), (132, 76, 58), (150, 142, 134), (228, 224, 218)]
  color = np.array(base[rng.integers(len(base))]) + rng.normal(0, 10, 3)
  mortar = rng.uniform(120, 215) + rng.normal(0, 3, 3)
  height = frame.height * rng.uniform(0.022, 0.06)
  length, spread = height * rng.uniform(2.2, 3.4), rng.uniform(5, 20)
  course = _Course(height, length, 0.5, 0.12, color, mortar, spread)
  return _laid(rng, frame, course)


def tiles(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints a tiled wall of a bathroom, a kitchen or an underground station."""
  height = frame.height * rng.uniform(0.03, 0.16)
  length = height * rng.choice([1.0, 1.0, 2.0, 0.5])
  color = scenery.wall_color(rng)
  grout = color * rng.uniform(0.6, 0.9)
  if streams.chance(rng, 0.3):
    grout = color + rng.uniform(20, 60)
  offset, spread = rng.choice([0.0, 0.5]), rng.uniform(0, 9)
  course = _Course(height, length, offset, 0.07, color, grout, spread)
  return _laid(rng, frame, course)


def planks(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints boards, lying or upright."""
  upright = streams.chance(rng, 0.6)
  height = frame.height * rng.uniform(0.05, 0.16)
  length = frame.height * rng.uniform(0.8, 3.0)
  color = scenery.wood_color(rng)
  if streams.chance(rng, 0.3):
    color = scenery.wall_color(rng)
  joint, spread = color * rng.uniform(0.35, 0.8), rng.uniform(3, 14)
  course = _Course(height, length, rng.random(), 0.06, color, joint, spread)
  shape = frames.Frame(*frame[::-1]) if upright else frame
  picture = _laid(rng, shape, course)
  grain = textures.noise(rng, (shape.height, shape.width // 8 + 1), 2.0)
  grain = np.repeat(grain, 8, axis=1)[:, : shape.width]
  picture = scenery.marbled(picture, grain, rng.uniform(1, 7))
  return np.ascontiguousarray(picture.swapaxes(0, 1)) if upright else picture


def plaster(rng: np.random.Generator, frame: frames.Frame) -> np.ndarray:
  """Paints plaster, concrete or a stained wall."""
  picture = scenery.blank(frame, scenery.wall_color(rng))
  size, count = rng.uniform(0.05, 0.5), int(rng.integers(2, 5))
  noise = scenery.octaves(rng, frame, size, count)
  return scenery.marbled(picture, noise, rng.uniform(3, 18))


class _Course(NamedTuple):
  """Courses of pieces: sides in pixels, colours, and how they are laid.

  `offset` is the share of a length by which every other course is moved,
  `gap` the joint as a share of the height, and `spread` by how many grey
  levels pieces differ.
  """

  height: float
  length: float
  offset: float
  gap: float
  color: np.ndarray
  joint: np.ndarray
  spread: float


def _laid(
  rng: np.random.Generator, frame: frames.Frame, course: _Course
) -> np.ndarray:
  """Paints courses of pieces, each of a slightly different colour."""
  y = np.arange(frame.height) / course.height + rng.random()
  row = y.astype(int)
  start = rng.random() + course.offset * (row % 2)
  x = (np.arange(frame.width) / course.length)[None] + start[:, None]
  column = x.astype(int)
  shades = rng.normal(0, course.spread, (row.max() + 1, column.max() + 1, 1))
  shades = shades + rng.normal(0, 0.3 * course.spread, 3)
  table = np.clip(course.color + shades, 0, 255).astype(np.uint8)
  picture = table[row[:, None], column]
  joint = np.clip(course.joint, 0, 255).astype(np.uint8)
  thick = max(course.gap * course.height, 1.0)
  picture[(y - row) * course.height < thick] = joint
  picture[(x - column) * course.length < thick] = joint
  return picture


KINDS = {
  'stripes': stripes,
  'checks': checks,
  'bricks': bricks,
  'tiles': tiles,
  'planks': planks,
  'plaster': plaster,
}
