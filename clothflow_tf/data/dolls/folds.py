# SPDX-License-Identifier: Apache-2.0
"""Folds: smooth shading that multiplies the colour of worn cloth.

Creases run where cloth is pushed or pulled: from the armpits inwards, across
the waist, around bent elbows, down from the chest. Each is a dark stroke with
a lighter one beside it, drawn at a quarter of the canvas and blurred. Shade
never exceeds 1, so that white cloth is not clipped, and it is smooth, so that
the record's coarser grid can hold it.
"""

import cv2
import numpy as np

_STEP = 4  # Canvas pixels a pixel of the fold map.


def crease_map(shape: tuple, creases: list, width: float) -> np.ndarray:
  """Draws creases into a map [h, w] float32 around 0.

  Args:
    shape: of the canvas.
    creases: [(points [N, 2] in canvas pixels, strength), ...].
    width: of a crease, canvas pixels.
  """
  h, w = shape[0] // _STEP, shape[1] // _STEP
  low = np.zeros((h, w), np.float32)
  thick = max(1, int(round(width / _STEP)))
  for points, strength in creases:
    stroke = np.zeros((h, w), np.float32)
    for shift, sign in ((0.0, -1.0), (1.1 * width, 0.6)):
      line = np.round((points + (shift, 0.7 * shift)) / _STEP * 16)
      cv2.polylines(
        stroke, [line.astype(np.int32)], False, sign, thick, cv2.LINE_AA, 4
      )
    low += strength * stroke
  size = 2 * thick + 1
  low = cv2.GaussianBlur(low, (size, size), 0.55 * thick + 0.5)
  return cv2.resize(low, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def torso_creases(rng: np.random.Generator, drape) -> list:
  """Draws the creases of a worn torso panel."""
  garment = drape.garment
  ax, ay = garment.armpit
  low = garment.hem
  found = []
  for side in (-1, 1):
    for _ in range(rng.integers(1, 4)):
      start = (ax * rng.uniform(0.75, 0.95), ay + rng.uniform(-0.25, 0.5))
      stop = (ax * rng.uniform(0.2, 0.6), ay + rng.uniform(-0.3, 1.3))
      found.append(_crease(drape, rng, (start, stop), side))
    for _ in range(rng.integers(1, 5)):
      y = rng.uniform(0.5, 0.98) * low
      start, stop = (ax * 0.95, y), (ax * rng.uniform(0.1, 0.6), y + rng.normal(0, 0.3))
      found.append(_crease(drape, rng, (start, stop), side))
    if not garment.tucked:
      x = ax * rng.uniform(0.15, 0.85)
      start, stop = (x, low - rng.uniform(0.4, 1.3)), (x, low)
      found.append(_crease(drape, rng, (start, stop), side))
  return found


def _crease(drape, rng, ends: tuple, side: int) -> tuple:
  t = np.linspace(0, 1, 6)[:, None]
  start, stop = np.array(ends)
  line = start + (stop - start) * t
  line[:, 1] += rng.normal(0, 0.06) * np.sin(np.pi * t[:, 0])
  return drape.torso(line * (side, 1)), rng.uniform(0.05, 0.2)


def sleeve_creases(rng: np.random.Generator, drape, side: int) -> list:
  """Draws the creases of a worn sleeve, most of them near the elbow."""
  frame = drape.frame
  length = frame.sleeve.length
  places = list(rng.uniform(0.3, length, rng.integers(1, 4)))
  elbow = drape.puppet.body.upper_arm
  if length > elbow:
    places += list(elbow + rng.normal(0, 0.22, 3))
  found = []
  for a in places:
    half = frame.half_width(np.array([a]))[0]
    ends = np.array([-half, rng.uniform(-0.2, 0.6) * half])
    along = np.linspace(a, a + rng.normal(0, 0.22), 5)
    line = frame.flat(np.stack([along, np.linspace(*ends, 5)], 1))
    found.append(
      (drape.sleeve(line * (side, 1), side), rng.uniform(0.06, 0.2))
    )
  return found


def shader(creases: np.ndarray, relief: float):
  """Returns the shading function of a part: relief of its shape and creases."""

  def shade(box: tuple, mask: np.ndarray) -> np.ndarray:
    size = 25
    soft = cv2.blur(mask, (size, size)).astype(np.float32) / 255
    inner = np.clip(2 * soft - 1, 0, 1)
    form = 0.96 - relief * (1 - inner)
    return np.clip(form + creases[box], 0.5, 1.0)

  return shade
