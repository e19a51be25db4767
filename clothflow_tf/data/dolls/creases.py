# SPDX-License-Identifier: Apache-2.0
"""Where creases run: a part's lines, in flat space.

They run where cloth is pushed or pulled: from the armpits inwards, across the
waist, around bent joints, in a cuff that is pushed up, from the crotch, above a
tucked hem, down a skirt. Some garments are pressed, some are rumpled.
"""

import numpy as np

from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import folds
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import places

_APART = 0.27  # Distance of creases around a joint, body units.
_DEEPEST = 0.3  # Of a crease's strength: deeper ones would fold cloth over.


def sample(
  rng: np.random.Generator, drape: drapes.Drape, part: int
) -> list[folds.Crease]:
  """Draws the creases of a part."""
  rumpled = rng.uniform(0.55, 1.75)
  if part:
    lines = _tube_lines(rng, drape)
  elif drape.garment.limb == 'leg':
    lines = _skirt_lines(rng, drape.garment)
  else:
    lines = _panel_lines(rng, drape.garment)
  mirror = np.array([part or 1, 1])
  return [
    folds.Crease(line * mirror, min(rumpled * strength, _DEEPEST))
    for line, strength in lines
  ]


def _line(
  rng: np.random.Generator, start: places.Point, stop: places.Point
) -> folds.Crease:
  t = np.linspace(0, 1, 6)[:, None]
  line = np.array(start) + (np.array(stop) - np.array(start)) * t
  line[:, 1] += rng.normal(0, 0.06) * np.sin(np.pi * t[:, 0])
  return folds.Crease(line, rng.uniform(0.05, 0.2))


def _panel_lines(
  rng: np.random.Generator, garment: garments.Garment
) -> list[folds.Crease]:
  """Creases of a torso panel: from the armpits, at the waist, at the hem."""
  ax, ay = garment.armpit
  low = min(garment.hem, 3.6)
  lines = _tuck_lines(rng, garment) if garment.tuck is not None else []
  for side in (-1, 1):
    ends = []
    for _ in range(rng.integers(1, 4)):
      start = (ax * rng.uniform(0.75, 0.95), ay + rng.uniform(-0.25, 0.5))
      stop = (ax * rng.uniform(0.2, 0.6), ay + rng.uniform(-0.3, 1.3))
      ends.append((start, stop))
    for _ in range(rng.integers(1, 5)):
      y = rng.uniform(0.5, 0.98) * low
      stop = (ax * rng.uniform(0.1, 0.6), y + rng.normal(0, 0.3))
      ends.append(((ax * 0.95, y), stop))
    for start, stop in ends:
      line, strength = _line(rng, start, stop)
      lines.append(folds.Crease(line * (side, 1), strength))
  if garment.hem > 3.9:
    lines += _skirt_lines(rng, garment)
  return lines


def _tuck_lines(
  rng: np.random.Generator, garment: garments.Garment
) -> list[folds.Crease]:
  """Short creases where a tucked panel is gathered into the waistband."""
  half = garment.half_width(np.array([garment.tuck]))[0]
  middle, wide = garment.half or (0.0, 0.85 * half)
  most = max(1, int(2 * wide / _APART))
  count = min(rng.integers(3, 8), most)
  # One in each of so many parts of the waistband.
  share = (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count
  lines = []
  for x in middle + wide * (2 * share - 1):
    top = garment.tuck - rng.uniform(0.3, 0.9)
    line, strength = _line(rng, (0.9 * x, top), (x, garment.tuck + 0.6))
    lines.append(folds.Crease(line, strength + 0.06))
  return lines


def _skirt_lines(
  rng: np.random.Generator, garment: garments.Garment
) -> list[folds.Crease]:
  """Creases that hang towards the hem."""
  half = garment.half_width(np.array([garment.hem]))[0]
  lines = []
  for x in rng.uniform(-0.9, 0.9, rng.integers(2, 8)):
    top = garment.hem - rng.uniform(0.3, 0.9) * min(garment.hem - 1.6, 2.5)
    stop = (x * half, garment.hem)
    lines.append(_line(rng, (0.8 * x * half, top), stop))
  return lines


def _tube_lines(
  rng: np.random.Generator, drape: drapes.Drape
) -> list[folds.Crease]:
  """Creases across a sleeve or a leg, most of them near the bent joint."""
  frame, leg = drape.garment.frame, drape.garment.limb == 'leg'
  length, body = frame.tube.length, drape.puppet.body
  joint = body.thigh if leg else body.upper_arm
  end = joint + (body.shin if leg else body.forearm)
  # Creases too near to each other would together fold cloth over.
  spots = list(rng.uniform(0.3, min(length, joint - 0.5), rng.integers(1, 3)))
  if length > joint:
    spots += list(joint + _APART * np.arange(-1, 2) + rng.normal(0, 0.04, 3))
  if length > 0.9 * end:  # Cloth lies in rings above the wrist or the ankle.
    count = rng.integers(0, 4)
    spots += list(length - 0.14 - _APART * np.arange(count))
  lines = []
  for a in spots:
    at = np.array([a])
    half, centre = frame.half_width(at)[0], frame.centre(at)[0]
    across = centre + half * np.linspace(-1, rng.uniform(-0.2, 0.6), 5)
    along = np.linspace(a, a + rng.normal(0, 0.12), 5)
    line = frame.flat(np.stack([along, across], 1))
    lines.append(folds.Crease(line, rng.uniform(0.06, 0.2)))
  if leg:
    crotch = drape.garment.crotch
    for _ in range(rng.integers(1, 4)):
      stop = (rng.uniform(0.35, 0.9), crotch + rng.uniform(-0.35, 0.3))
      lines.append(_line(rng, (0.08, crotch - 0.02), stop))
  return lines
