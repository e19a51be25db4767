# SPDX-License-Identifier: Apache-2.0
"""Light on a backdrop: gradients, vignettes, shadows on the wall, a cast.

Light is smooth, so its gain is computed on a grid of a quarter of the
resolution and enlarged: it costs a sixteenth.
"""

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import streams

_GRID = 4  # Pixels a cell of the grid of gains.


def light(
  rng: np.random.Generator, picture: np.ndarray, walled: bool
) -> np.ndarray:
  """Returns a picture [h, w, 3] uint8 as lit, float32 in 0..255.

  Only a wall, if the scene is `walled`, catches shadows and sunlight.
  """
  frame = frames.Frame(*picture.shape[:2])
  grid = frame.times(1 / _GRID)
  gain = _gains(rng, grid)
  if walled and streams.chance(rng, 0.3):
    gain = gain * _person_shadow(rng, grid)
  if walled and streams.chance(rng, 0.15):
    gain = gain * _window_light(rng, grid)
  tint = 1 + rng.normal(0, 0.015, 3)
  if streams.chance(rng, 0.15):  # White balance set for another lamp.
    tint = tint + np.array([0.09, 0.01, -0.1]) * rng.uniform(-1, 1)
  gains = cv2.merge([gain * np.float32(t) for t in tint])
  gains = cv2.resize(gains, frame[::-1], interpolation=cv2.INTER_LINEAR)
  # In place: a fresh array of this size costs more than the product.
  gains *= picture
  return np.minimum(gains, np.float32(255), out=gains)


def _gains(rng: np.random.Generator, grid: frames.Frame) -> np.ndarray:
  """Returns gains [h, w] about 1 of a gradient and a vignette."""
  y = np.linspace(-1, 1, grid.height, dtype=np.float32)[:, None]
  x = np.linspace(-1, 1, grid.width, dtype=np.float32)[None]
  strength = rng.choice([0.03, 0.12, 0.3], p=[0.45, 0.4, 0.15])
  a, b = rng.normal(0, strength, 2).astype(np.float32)
  gain = 1 + a * x + b * y
  if streams.chance(rng, 0.4):
    depth = np.float32(rng.uniform(0.05, 0.45))
    left, top = rng.normal(0, 0.25, 2).astype(np.float32)
    gain = gain * (1.06 - depth * ((x - left) ** 2 + (y - top) ** 2) * 0.5)
  return np.clip(gain, 0.12, 1.8).astype(np.float32)


def _person_shadow(rng: np.random.Generator, grid: frames.Frame) -> np.ndarray:
  """Returns gains of the shadow that a person casts on the wall behind.

  It is anybody's shadow, aside of the middle: the same for every outfit.
  """
  h, w = grid
  mask = np.zeros(grid, np.float32)
  x = w * (0.5 + rng.choice([-1, 1]) * rng.uniform(0.08, 0.35))
  y, unit = h * rng.uniform(0.25, 0.42), w * rng.uniform(0.15, 0.22)
  head = (int(0.5 * unit), int(0.75 * unit))
  cv2.ellipse(mask, (int(x), int(y - 1.3 * unit)), head, 0, 0, 360, 1.0, -1)
  half = np.array([0.3, 1.15, 1.2, 1.0, 1.25]) * unit
  rows = y + np.array([-0.6, 0, 0.3, 2.0, 9.0]) * unit
  edge = np.stack([half, rows], 1)
  body = np.concatenate([edge, edge[::-1] * (-1, 1)]) + (x, 0)
  cv2.fillPoly(mask, [np.round(body).astype(np.int32)], 1.0)
  size = int(w * rng.uniform(0.03, 0.25)) | 1
  mask = cv2.blur(cv2.blur(mask, (size, size)), (size, size))
  return 1 - np.float32(rng.uniform(0.05, 0.4)) * mask


def _window_light(rng: np.random.Generator, grid: frames.Frame) -> np.ndarray:
  """Returns gains of sunlight that falls through a window or a blind."""
  h, w = grid
  mask = np.zeros(grid, np.float32)
  columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 9))
  slant = rng.uniform(-0.5, 0.5)
  left, top = rng.uniform(-0.2, 0.5) * w, rng.uniform(-0.1, 0.4) * h
  wide, high = w * rng.uniform(0.3, 0.8), h * rng.uniform(0.3, 0.7)
  corners = np.array([(0, 0), (0.86, 0), (0.86, 0.8), (0, 0.8)])
  for column in range(columns):
    for row in range(rows):
      pane = (corners + (column, row)) / (columns, rows) * (wide, high)
      pane[:, 1] += slant * pane[:, 0]
      shape = np.round(pane + (left, top)).astype(np.int32)
      cv2.fillPoly(mask, [shape], 1.0)
  size = int(rng.integers(1, 5)) * 2 + 1
  mask = cv2.blur(mask, (size, size))
  dark, bright = rng.uniform(0.55, 0.9), rng.uniform(1.05, 1.4)
  return np.float32(dark) + np.float32(bright - dark) * mask
