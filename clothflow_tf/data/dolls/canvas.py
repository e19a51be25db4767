# SPDX-License-Identifier: Apache-2.0
"""The canvas: layers drawn back to front, at twice the record's size.

Besides colour, each pixel keeps a label, the triangle of cloth that it shows
(its *owner*, or -1) and the shade that multiplied the cloth's colour. Whatever
is painted later takes all four away, so occlusion needs no extra thought, and
the flow of a pixel is its owner's affine map evaluated at the pixel's centre.
"""

import cv2
from clothflow_tf.data.dolls import motifs
import numpy as np


class Canvas:
  """Image, layout, owners and shade [h, w], and the owners' maps."""

  def __init__(self, ground: np.ndarray):
    shape = ground.shape[:2]
    self.shape = shape
    self.image = ground.astype(np.float32)
    self.layout = np.zeros(shape, np.uint8)
    self.owner = np.full(shape, -1, np.int32)
    self.shade = np.ones(shape, np.float32)
    self.maps = np.zeros((0, 6), np.float64)
    self.parts = np.zeros(0, np.int32)

  def box(self, points: np.ndarray, margin: float = 2) -> tuple:
    """Returns slices (rows, columns) around points, inside the canvas."""
    low = np.floor(points.min(0) - margin).astype(int)
    high = np.ceil(points.max(0) + margin).astype(int) + 1
    h, w = self.shape
    x = np.clip((low[0], high[0]), 0, w)
    y = np.clip((low[1], high[1]), 0, h)
    return slice(*y), slice(*x)

  def mask(self, polygons: list, margin: float = 2) -> tuple:
    """Returns (box, mask [h, w] uint8) of a union of polygons."""
    box = self.box(np.concatenate(polygons), margin)
    size = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    found = np.zeros(size, np.uint8)
    if found.size:
      origin = (box[1].start, box[0].start)
      for polygon in polygons:
        motifs.fill(found, polygon - origin, 255)
    return box, found

  def fill(self, polygons: list, rgb, label: int, relief: float = 0.0) -> None:
    """Paints a union of polygons; `relief` rounds its edges by shading.

    `rgb` is a colour or an image of the canvas's size.
    """
    box, mask = self.mask(polygons)
    if not mask.size:
      return
    color = np.asarray(rgb, np.float32)
    color = color[box] if color.ndim == 3 else color[None, None]
    if relief:
      color = color * rounded(mask, relief)[..., None]
    self.blend(box, mask, color, label)

  def blend(self, box: tuple, mask, color, label: int) -> None:
    """Lays `color` over the box by `mask` (uint8) and takes the owners away."""
    alpha = (mask.astype(np.float32) * (1 / 255))[..., None]
    under = self.image[box]
    under += (color - under) * alpha
    solid = mask > 127
    self.layout[box][solid] = label
    self.owner[box][solid] = -1
    self.shade[box][solid] = 1.0

  def line(self, points: np.ndarray, rgb, width: float) -> None:
    """Draws on top of what is there, leaving its label."""
    pixels = max(1, int(round(width)))
    motifs.stroke(self.image, points, rgb, pixels)

  def dim(self, polygons: list, strength: float, blur: float) -> None:
    """Casts a soft shadow: multiplies the image, and the shade of cloth."""
    size = max(3, int(blur) | 1)
    box, mask = self.mask(polygons, size)
    if mask.size:
      soft = cv2.blur(mask, (size, size)).astype(np.float32)
      factor = 1 - strength / 255 * soft
      self.image[box] *= factor[..., None]
      self.shade[box] *= factor

  def cloth(self, mesh, texture: np.ndarray, label: int, shading) -> None:
    """Draws a mesh of cloth through its map.

    Args:
      mesh: a `mesh.Mesh` in canvas pixels.
      texture: [h, w, 4] uint8, colour and part mask at the mesh's source.
      label: layout label of the cloth.
      shading: function of (box, mask) to the shade [h, w] of the box.
    """
    box = self.box(mesh.points)
    if box[0].start >= box[0].stop or box[1].start >= box[1].stop:
      return
    index = mesh.rasterise(box)
    place = mesh.locate(index, box)
    rgba = cv2.remap(texture, place[0], place[1], cv2.INTER_LINEAR)
    mask = rgba[..., 3] * (index >= 0)
    shade = shading(box, mask)
    color = rgba[..., :3] * shade[..., None]
    self.blend(box, mask, color, label)
    solid = mask > 127
    self.owner[box][solid] = index[solid] + len(self.maps)
    self.shade[box][solid] = shade[solid]
    self.maps = np.concatenate([self.maps, mesh.maps])
    part = np.full(len(mesh.maps), mesh.part, np.int32)
    self.parts = np.concatenate([self.parts, part])


def rounded(mask: np.ndarray, relief: float) -> np.ndarray:
  """Shading of a rounded limb: darker to the edges, lit from the upper left."""
  size = max(3, int(0.6 * np.sqrt(max((mask > 0).sum(), 9)) ** 0.9) | 1)
  size = min(size, 31)
  soft = cv2.blur(mask, (size, size)).astype(np.float32) / 255
  soft = cv2.blur(soft, (size // 2 | 1, size // 2 | 1))
  slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3) * size * 0.12
  inner = np.clip(2 * soft - 1, 0, 1)
  return 1 - relief * (1 - inner) + 0.5 * relief * np.clip(slope, -1, 0.6)
