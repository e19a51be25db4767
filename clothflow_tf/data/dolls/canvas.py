# SPDX-License-Identifier: Apache-2.0
"""The canvas: layers drawn back to front, at twice the record's size.

Besides colour, each pixel keeps a label, the triangle of cloth that it shows
(its *owner*, or -1) and the shade that multiplied the cloth's colour. Whatever
is painted later takes all three away, so occlusion needs no extra thought, and
the flow of a pixel is its owner's affine map evaluated at the pixel's centre.
"""

from collections.abc import Callable
from collections.abc import Sequence
import math
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import places

_PINHOLE = 64  # Holes of fewer pixels between pieces of cloth are mended.

# Closed outlines [N, 2] in pixels, whose union is meant.
Polygons = Sequence[np.ndarray]
# From a box and a mask [h, w] in it to the shade [h, w].
Shading = Callable[[places.Box, np.ndarray], np.ndarray]
_NOTHING = places.Box(slice(0, 0), slice(0, 0))


class Paint(NamedTuple):
  """Colour in 0..255, label, and how much shading rounds the edges."""

  rgb: np.ndarray
  label: int
  relief: float = 0.0


class Canvas:
  """Planes [3, h, w], layout, owner and shade [h, w], and the meshes drawn.

  Owner n is triangle n - first of the mesh (first, mesh) in `drawn` with the
  largest first <= n. Where cloth turns away it ends inside its mask, at hard
  triangles: `soft` smooths that edge, which in profile is the silhouette.
  """

  def __init__(self, ground: np.ndarray):
    shape = frames.Frame(*ground.shape[:2])
    self.shape = shape
    self.planes = np.stack(cv2.split(ground.astype(np.float32)))
    self.layout = np.zeros(shape, np.uint8)
    self.owner = np.full(shape, -1, np.int32)
    self.shade = np.ones(shape, np.float32)
    self.drawn = []
    self.soft = False

  @property
  def image(self) -> np.ndarray:
    return cv2.merge(list(self.planes))

  def maps(self) -> np.ndarray:
    """Returns each owner's map [n, 6] from canvas to source pixels."""
    return np.concatenate([np.zeros((0, 6))] + [m.maps for _, m in self.drawn])

  def names(self) -> np.ndarray:
    """Returns (sheet, face) of each owner [n, 2]."""
    rows = [
      np.stack([np.full(len(m.kept), m.sheet), m.kept], 1)
      for _, m in self.drawn
    ]
    return np.concatenate([np.zeros((0, 2), int)] + rows)

  def box(self, points: np.ndarray, margin: float = 2) -> places.Box:
    """Returns the box around points, inside the canvas."""
    sides = []
    for axis, size in zip((1, 0), self.shape):
      low = math.floor(points[:, axis].min() - margin)
      high = math.ceil(points[:, axis].max() + margin) + 1
      sides.append(slice(min(max(low, 0), size), min(max(high, 0), size)))
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
    self, polygons: Polygons, rgb: np.ndarray, label: int, relief: float = 0.0
  ) -> None:
    """Paints a union of polygons; `relief` rounds its edges by shading."""
    self.fill_part(polygons, [], Paint(rgb, label, relief))

  def fill_part(
    self, polygons: Polygons, whole: Polygons, paint: Paint
  ) -> None:
    """Paints polygons with the relief of the `whole` that they belong to.

    Parts that are painted one after the other show no seam.
    """
    box, mask = self.mask(polygons)
    if not mask.size:
      return
    color = np.asarray(paint.rgb, np.float32)[:, None, None]
    if paint.relief:
      around, form = self.mask(whole + polygons)
      y, x = box[0].start - around[0].start, box[1].start - around[1].start
      light = rounded(form, paint.relief)
      color = color * light[y : y + mask.shape[0], x : x + mask.shape[1]]
    self.blend(box, mask, color, paint.label)

  def blend(
    self, box: places.Box, mask: np.ndarray, color: np.ndarray, label: int
  ) -> None:
    """Lays `color` [3, h, w] over the box by `mask`, takes owners away."""
    alpha = mask.astype(np.float32) * np.float32(1 / 255)
    under = self.planes[:, box[0], box[1]]
    under += (color - under) * alpha
    solid = mask > 127
    self.layout[box][solid] = label
    self.owner[box][solid] = -1
    self.shade[box][solid] = 1.0

  def tint(
    self, polygons: Polygons, rgb: np.ndarray, strength: float = 1.0
  ) -> None:
    """Paints over what is there, leaving labels: features of a face."""
    box, mask = self.mask(polygons)
    if mask.size:
      color = np.asarray(rgb, np.float32)[:, None, None]
      alpha = mask.astype(np.float32) * np.float32(strength / 255)
      under = self.planes[:, box[0], box[1]]
      under += (color - under) * alpha

  def line(self, points: np.ndarray, rgb: np.ndarray, width: float) -> None:
    """Draws a line over what is there, leaving labels."""
    pixels = max(1, int(round(width)))
    box = self.box(points, 2 + pixels)
    under = self.planes[:, box[0], box[1]]
    if under.size:
      mask = np.zeros(under.shape[1:], np.uint8)
      motifs.stroke(mask, points - box.origin, 255, pixels)
      alpha = mask.astype(np.float32) * np.float32(min(width / pixels, 1) / 255)
      under += (np.asarray(rgb, np.float32)[:, None, None] - under) * alpha

  def dim(self, polygons: Polygons, strength: float, blur: float) -> None:
    """Casts a soft shadow on the person: on the image, and on cloth's shade."""
    size = max(3, int(blur) | 1)
    box, mask = self.mask(polygons, size)
    if mask.size:
      soft = cv2.blur(mask, (size, size)).astype(np.float32)
      # A studio's background is too far away to be in the shadow.
      factor = 1 - np.float32(strength / 255) * soft * (self.layout[box] > 0)
      self.planes[:, box[0], box[1]] *= factor
      self.shade[box] *= factor

  def cloth(
    self, mesh: meshes.Mesh, texture: np.ndarray, label: int, shading: Shading
  ) -> None:
    """Draws a mesh of cloth through its map.

    Args:
      mesh: in canvas pixels.
      texture: [h, w, 4] uint8, colour and part mask at the mesh's source.
      label: layout label of the cloth.
      shading: function of (box, mask) to the shade [h, w] of the box.
    """
    box = self._around(mesh)
    if not box[0].stop:
      return
    index, planes = self._mapped(mesh, texture, box)
    mask = planes[3]
    solid = mask > 127
    # Close slits: a sliver of cloth outside its mask may cover the seam.
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    if self.soft:
      edge = cv2.compare(index, -1, cv2.CMP_GT)
      mask = cv2.min(mask, cv2.blur(edge, (3, 3)))
      solid = mask > 127
    mask[index < 0] = 0
    solid &= index >= 0
    shade = shading(box, mask)
    self.blend(box, mask, np.stack(planes[:3]) * shade, label)
    first = sum(len(m.kept) for _, m in self.drawn)
    np.copyto(self.owner[box], index + first, where=solid)
    np.copyto(self.shade[box], shade, where=mask > 127)
    self.drawn.append((first, mesh))

  def mend(self, points: np.ndarray, label: int, margin: float) -> None:
    """Fills pinholes of a label around points [N, 2], as a shaded crease.

    What is filled is cloth that no triangle shows: it has no owner.
    """
    box = self.box(points, margin)
    layout = self.layout[box]
    if not layout.size:
      return
    apart = cv2.compare(layout, label, cv2.CMP_NE)
    _, names, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
    x, y, w, h, area = stats.T
    inside = (x > 1) & (y > 1)
    inside &= (x + w < apart.shape[1] - 1) & (y + h < apart.shape[0] - 1)
    for name in np.nonzero(inside & (area < _PINHOLE))[0]:
      x, y, w, h, _ = stats[name]
      rows = slice(y - 2, y + h + 2), slice(x - 2, x + w + 2)
      hole = (names[rows] == name).astype(np.uint8) * np.uint8(255)
      # Its rim is mixed with what is behind.
      whole = cv2.dilate(hole, np.ones((3, 3), np.uint8))
      y, x = box[0].start + y - 2, box[1].start + x - 2
      there = slice(y, y + h + 4), slice(x, x + w + 4)
      sound = (layout[rows] == label) & (whole == 0)
      if sound.any():
        color = self.planes[:, there[0], there[1]][:, sound].mean(1)
        self.blend(there, whole, 0.85 * color[:, None, None], label)

  def lining(
    self, mesh: meshes.Mesh, texture: np.ndarray, label: int, gain: float
  ) -> None:
    """Draws cloth whose back is seen, dimmed by `gain`: it has no owner."""
    box = self._around(mesh)
    if box[0].stop:
      _, planes = self._mapped(mesh, texture, box)
      color = np.stack(planes[:3]) * np.float32(gain)
      self.blend(box, planes[3], color, label)

  def _around(self, mesh: meshes.Mesh) -> places.Box:
    """Returns the box of what a mesh draws; it may be empty."""
    corners = mesh.points[mesh.faces[mesh.kept]].reshape(-1, 2)
    box = self.box(corners) if len(corners) else _NOTHING
    some = all(s.start < s.stop for s in box)
    return box if some else _NOTHING

  def _mapped(
    self, mesh: meshes.Mesh, texture: np.ndarray, box: places.Box
  ) -> tuple[np.ndarray, list[np.ndarray]]:
    """Returns index [h, w] and [red, green, blue, mask] of a mesh in a box."""
    index, planes = _shown(mesh, box, np.arange(len(mesh.kept)), texture)
    if not _hidden(mesh, box, index, planes[3]):
      return index, planes
    # In a crook what lies beyond the edge of the cloth may cover cloth.
    below = np.argsort(mesh.inner, kind='stable')
    other, under = _shown(mesh, box, below, texture)
    better = (planes[3] < 128) & (under[3] > planes[3])
    np.copyto(index, other, where=better)
    for plane, lower in zip(planes, under, strict=True):
      np.copyto(plane, lower, where=better)
    return index, planes


def _shown(
  mesh: meshes.Mesh, box: places.Box, order: np.ndarray, texture: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
  """Returns index [h, w] and [red, green, blue, mask] of faces in an order."""
  index = mesh.rasterise(box, order)
  place = mesh.locate(index, box)
  # The allowance of a seam may reach over the edge of the painting.
  edge = cv2.BORDER_REPLICATE
  shown = cv2.remap(texture, *place, cv2.INTER_LINEAR, borderMode=edge)
  planes = list(cv2.split(shown))
  planes[3][index < 0] = 0
  return index, planes


def _hidden(
  mesh: meshes.Mesh, box: places.Box, index: np.ndarray, mask: np.ndarray
) -> bool:
  """Tells whether no cloth covers the middle of a triangle of cloth."""
  (number,) = np.nonzero(mesh.inner)
  middle = mesh.points[mesh.faces[mesh.kept[number]]].mean(1)
  x, y = np.round(middle - box.origin).astype(int).T
  inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
  x, y, number = x[inside], y[inside], number[inside]
  # Neighbours share pixels, and their numbers are near.
  other = np.abs(index[y, x] - number) > 1
  return bool((other & (index[y, x] >= 0) & (mask[y, x] < 64)).any())


def rounded(mask: np.ndarray, relief: float) -> np.ndarray:
  """Shading of a rounded limb: darker to the edges, lit from the upper left."""
  size = 0.6 * np.sqrt(max(cv2.countNonZero(mask), 9)) ** 0.9
  size = int(np.clip(size, 3, 31)) | 1
  soft = cv2.blur(mask, (size, size)).astype(np.float32) * np.float32(1 / 255)
  soft = cv2.blur(soft, (size // 2 | 1, size // 2 | 1))
  slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3) * np.float32(0.12 * size)
  inner = np.clip(2 * soft - 1, 0, 1)
  light = np.float32(0.5 * relief) * np.clip(slope, -1, 0.6)
  return 1 - np.float32(relief) * (1 - inner) + light
