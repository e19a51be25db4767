# SPDX-License-Identifier: Apache-2.0
"""What can be painted on: polygons, lines and shadows, with labels.

A `Layer` is a part of a person on nothing. Skin, hair and shoes are painted
once, each on a layer, and pasted into the picture of each outfit.
"""

from collections.abc import Sequence
import math

import cv2
import numpy as np

from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import shading
from clothflow_tf.inputs import labels

# Closed outlines [N, 2] in pixels, whose union is meant.
Polygons = Sequence[np.ndarray]
_SKIN = (
  *(labels.FACE, labels.TORSO_SKIN, labels.LEFT_ARM, labels.RIGHT_ARM),
  *(labels.LEFT_LEG, labels.RIGHT_LEG),
)


class Surface:
  """Planes [3, h, w] and layout [h, w] that can be painted on."""

  def __init__(self, planes: np.ndarray):
    self.planes = planes
    self.shape = places.Size(*planes.shape[1:])
    self.layout = np.zeros(self.shape, np.uint8)

  def box(self, points: np.ndarray, margin: float = 2) -> places.Box:
    """Returns the box around points, inside the surface."""
    low, high = points.min(0), points.max(0)
    sides = []
    for axis, size in zip((1, 0), self.shape):
      start = math.floor(low[axis] - margin)
      stop = math.ceil(high[axis] + margin) + 1
      sides.append(slice(min(max(start, 0), size), min(max(stop, 0), size)))
    return places.Box(*sides)

  def mask(
    self, polygons: Polygons, margin: float = 2
  ) -> tuple[places.Box, np.ndarray]:
    """Returns (box, mask [h, w] uint8) of a union of polygons."""
    box = self.box(np.concatenate(polygons), margin)
    mask = np.zeros(box.size, np.uint8)
    if mask.size:
      for polygon in polygons:
        motifs.fill(mask, polygon - box.origin, 255)
    return box, mask

  def fill(
    self,
    polygons: Polygons,
    rgb: np.ndarray,
    label: int,
    light: shading.Shading | None = None,
  ) -> None:
    """Paints a union of polygons, lit by a function of (box, mask)."""
    box, mask = self.mask(polygons)
    if not mask.size:
      return
    color = np.asarray(rgb, np.float32)[:, None, None]
    if light is not None:
      color = shading.toned(rgb, light(box, mask), label in _SKIN)
    self.blend(box, mask, color, label)

  def blend(
    self, box: places.Box, mask: np.ndarray, color: np.ndarray, label: int
  ) -> None:
    """Lays `color` [3, h, w] over the box by `mask`."""
    self._mix(box, mask * np.float32(1 / 255), color)
    np.copyto(self.layout[box], label, where=mask > 127)

  def tint(
    self, polygons: Polygons, rgb: np.ndarray, strength: float = 1.0
  ) -> None:
    """Paints over what is there, leaving labels: features of a face."""
    box, mask = self.mask(polygons)
    if mask.size:
      color = np.asarray(rgb, np.float32)[:, None, None]
      self._mix(box, mask * np.float32(strength / 255), color)

  def line(self, points: np.ndarray, rgb: np.ndarray, width: float) -> None:
    """Draws a line over what is there, leaving labels."""
    pixels = max(1, int(round(width)))
    box = self.box(points, 2 + pixels)
    mask = np.zeros(box.size, np.uint8)
    if mask.size:
      motifs.stroke(mask, points - box.origin, 255, pixels)
      alpha = mask * np.float32(min(width / pixels, 1) / 255)
      self._mix(box, alpha, np.asarray(rgb, np.float32)[:, None, None])

  def dim(self, polygons: Polygons, strength: float, blur: float) -> None:
    """Casts a soft shadow on what is labelled; it falls on no background."""
    size = max(3, int(blur) | 1)
    box, mask = self.mask(polygons, size)
    if mask.size:
      soft = cv2.blur(mask, (size, size)) * np.float32(strength / 255)
      self._darken(box, 1 - soft * (self.layout[box] > 0))

  def _mix(self, box: places.Box, alpha: np.ndarray, color: np.ndarray) -> None:
    under = self.planes[:3, box[0], box[1]]
    under += (color - under) * alpha

  def _darken(self, box: places.Box, factor: np.ndarray) -> None:
    self.planes[:3, box[0], box[1]] *= factor


class Layer(Surface):
  """A part of the person on nothing: a fourth plane holds how opaque it is.

  Colours are multiplied by it, so that pasting is one product and one sum.
  """

  def __init__(self, size: places.Size):
    super().__init__(np.zeros((4, *size), np.float32))
    self.touched = places.NOTHING

  def _mix(self, box: places.Box, alpha: np.ndarray, color: np.ndarray) -> None:
    super()._mix(box, alpha, color)
    opaque = self.planes[3, box[0], box[1]]
    opaque += (1 - opaque) * alpha
    self.touched = self.touched.union(box)
