# SPDX-License-Identifier: Apache-2.0
"""Light on round things: limbs are tubes, the torso is a cylinder, a head is.

One lamp lights the whole person. A surface that faces the viewer has the light
1, one that faces the lamp somewhat more, one that turns away less; skin in the
dark is redder, as light comes through it. The shapes are smooth, so light is
computed at half or a quarter of the painting's resolution.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import places

# From a box and a mask [h, w] in it to the light or shade [h, w].
Shading = Callable[[places.Box, np.ndarray], np.ndarray]
_BROAD = 9.0  # Blurs in pixels that half of the resolution is enough for.
_THICK = 9.0  # Radius in pixels of tubes whose light is smooth.
_STEPS = 200.0  # Of the table of tones, to the light 1.
_LIGHT = np.arange(256) / _STEPS
# Exponents of red, green and blue of skin in the dark.
_WARM = np.minimum(_LIGHT, 1) ** np.array([[0.8], [1.05], [1.18]])
_PLAIN = np.repeat(np.minimum(_LIGHT, 1)[None], 3, 0)
_GLARE = 0.9 * np.maximum(_LIGHT - 1, 0)


class Light(NamedTuple):
  """A unit vector towards the lamp (right, down, to the viewer); the rest."""

  x: float
  y: float
  z: float
  ambient: float


FRONT = Light(-0.2, -0.3, 0.933, 0.55)


def sample(rng: np.random.Generator) -> Light:
  """Draws a lamp: in front of the person, above, somewhat to a side."""
  vector = np.array([rng.normal(0, 0.42), -rng.uniform(0.1, 0.55), 1.0])
  vector /= np.linalg.norm(vector)
  return Light(*vector, ambient=rng.uniform(0.4, 0.68))


def lambert(x: np.ndarray, y: np.ndarray, light: Light) -> np.ndarray:
  """Returns the light on surfaces whose unit normals have x and y."""
  z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
  facing = np.maximum(x * light.x + y * light.y + z * light.z, 0)
  share = np.float32((1 - light.ambient) / light.ambient)
  return (1 + share * facing) * np.float32(1 / (1 + share * light.z))


def toned(rgb: np.ndarray, light: np.ndarray, warm: bool) -> np.ndarray:
  """Returns the colour [3, h, w] under a light [h, w]; skin is `warm`."""
  table = (_WARM if warm else _PLAIN) + _GLARE
  table = (np.asarray(rgb, float)[:, None] * table).astype(np.float32)
  place = cv2.convertScaleAbs(light, alpha=_STEPS)
  return np.stack([cv2.LUT(place, tones) for tones in table])


class Tube(NamedTuple):
  """A line [N, 2] of painting pixels, and the radii [N] along it."""

  line: np.ndarray
  radii: np.ndarray


def tubes(parts: Sequence[Tube], light: Light) -> Shading:
  """Returns the light on tubes; where two meet, the thicker one shows."""
  starts = np.concatenate([np.column_stack(part)[:-1] for part in parts])
  stops = np.concatenate([np.column_stack(part)[1:] for part in parts])
  bones = np.column_stack([starts, stops - starts]).astype(np.float32)
  step = 4 if starts[:, 2].max() > _THICK else 2

  def lit(box: places.Box, mask: np.ndarray) -> np.ndarray:
    x, y = _grid(box, step)
    highest = np.full((len(y), x.shape[1]), -1e9, np.float32)
    across, down = np.zeros_like(highest), np.zeros_like(highest)
    for x0, y0, radius, dx, dy, more in bones:
      length = np.float32(max(np.hypot(dx, dy), 1e-3))
      along = ((x - x0) * dx + (y - y0) * dy) * (1 / length)
      away = ((y - y0) * dx - (x - x0) * dy) * (1 / length)
      inside = np.minimum(np.maximum(along, 0), length)
      thick = radius + inside * (more / length)
      height = thick * thick - away * away - (along - inside) ** 2
      higher = height > highest
      np.copyto(highest, height, where=higher)
      # Only what is across the bone leans: joints must not look like rings.
      lean = away / thick
      np.copyto(across, lean * (-dy / length), where=higher)
      np.copyto(down, lean * (dx / length), where=higher)
    # Beyond its edge a tube is as dark as at it.
    length = np.maximum(np.sqrt(across**2 + down**2), 1)
    value = lambert(0.96 * across / length, 0.96 * down / length, light)
    return _enlarged(value, mask)

  return lit


def cylinder(left: np.ndarray, right: np.ndarray, light: Light) -> Shading:
  """Returns the light on a torso between two edges.

  Args:
    left: its left edge from the neck down, [N, 2] painting pixels.
    right: its right edge at the same heights.
    light: the lamp.
  """
  middle, half = 0.5 * (left + right), 0.5 * (right - left)[:, 0]

  def lit(box: places.Box, mask: np.ndarray) -> np.ndarray:
    x, y = _grid(box, 4)
    rows = y[:, 0]
    centre = np.interp(rows, middle[:, 1], middle[:, 0]).astype(np.float32)
    wide = np.interp(rows, middle[:, 1], half).astype(np.float32)
    share = (x - centre[:, None]) / wide[:, None]
    share = np.clip(share, -1, 1)
    lean = 0.9 * share * np.sqrt(np.abs(share))
    return _enlarged(lambert(lean, np.zeros_like(lean), light), mask)

  return lit


def rounded(relief: float, light: Light) -> Shading:
  """Returns the light on any rounded shape: darker to the edges."""

  def lit(box: places.Box, mask: np.ndarray) -> np.ndarray:
    del box
    size = 0.6 * np.sqrt(max(cv2.countNonZero(mask), 9)) ** 0.9
    size = np.clip(size, 3, 31)
    h, w = mask.shape
    if size > _BROAD:
      size, half = 0.5 * size, ((w + 1) // 2, (h + 1) // 2)
      mask = cv2.resize(mask, half, interpolation=cv2.INTER_AREA)
    size = int(size) | 1
    soft = cv2.blur(mask, (size, size)).astype(np.float32)
    soft = cv2.blur(soft, (size // 2 | 1, size // 2 | 1)) * np.float32(1 / 255)
    gain = np.float32(-0.25 * relief * size)
    slope = np.float32(light.x) * cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
    slope += np.float32(light.y) * cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    inner = np.clip(2 * soft - 1, 0, 1)
    lean = np.clip(gain * slope, -0.7 * relief, 0.4 * relief)
    value = 1 - np.float32(relief) * (1 - inner) + lean
    return cv2.resize(value, (w, h), interpolation=cv2.INTER_LINEAR)

  return lit


def _grid(box: places.Box, step: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns x [1, w] and y [h, 1] of every `step`th pixel's middle."""
  rows, columns = box.rows, box.columns
  middle = 0.5 * (step - 1)
  x = np.arange(columns.start, columns.stop, step, dtype=np.float32)
  y = np.arange(rows.start, rows.stop, step, dtype=np.float32)
  return (x + np.float32(middle))[None], (y + np.float32(middle))[:, None]


def _enlarged(value: np.ndarray, mask: np.ndarray) -> np.ndarray:
  h, w = mask.shape
  return cv2.resize(value, (w, h), interpolation=cv2.INTER_LINEAR)
