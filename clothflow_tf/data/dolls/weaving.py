# SPDX-License-Identifier: Apache-2.0
"""Cloth as it shows: a mesh of triangles, its texture and its shade in a box.

Weaving is what costs most. Cloth that a person keeps on in two outfits is woven
once and put into both pictures.
"""

import dataclasses
import math
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import shading


@dataclasses.dataclass(frozen=True)
class Cloth:
  """What a mesh shows in a box of the canvas.

  Attributes:
    mesh: the mesh, in canvas pixels.
    box: the box; empty if the mesh is outside of the canvas.
    index: number of the face that a pixel shows [h, w] int32, -1 outside.
    color: [3, h, w] float32, shaded.
    mask: how much of a pixel the cloth covers, [h, w] uint8.
    solid: which pixels show the cloth's own paint, [h, w] bool.
    shade: what multiplied the colour, [h, w] float32 up to 1.
    cover: how much of what is below it hides, [h, w] uint8.
  """

  mesh: meshes.Mesh
  box: places.Box
  index: np.ndarray
  color: np.ndarray
  mask: np.ndarray
  solid: np.ndarray
  shade: np.ndarray
  cover: np.ndarray


class Shadow(NamedTuple):
  """A soft shadow: how much light it takes in a box, [h, w] float32."""

  box: places.Box
  strength: np.ndarray


class Paint(NamedTuple):
  """What a mesh shows: cloth [h, w, 3], part mask and opacity [h, w], uint8."""

  cloth: np.ndarray
  mask: np.ndarray
  opacity: np.ndarray | None = None


def weave(
  size: places.Size,
  mesh: meshes.Mesh,
  paint: Paint,
  shading_of: shading.Shading,
  soft: bool = False,
) -> Cloth | None:
  """Returns the cloth of a mesh on a canvas, None where none shows.

  Args:
    size: of the canvas.
    mesh: in canvas pixels.
    paint: at the mesh's source.
    shading_of: function of (box, mask) to the shade [h, w] of the box.
    soft: whether to smooth the edge where triangles end inside the mask.
  """
  box = around(mesh, size)
  if not box.area:
    return None
  index, planes = mapped(mesh, paint, box)
  mask = planes[3]
  solid = mask > 127
  # Close slits: a sliver of cloth outside its mask may cover the seam.
  mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
  if soft:
    edge = cv2.compare(index, -1, cv2.CMP_GT)
    mask = cv2.min(mask, cv2.blur(edge, (3, 3)))
    solid = mask > 127
  mask[index < 0] = 0
  solid &= index >= 0
  shade = shading_of(box, mask)
  color = np.stack(planes[:3]) * shade
  cover = mask
  if paint.opacity is not None:
    opacity = cv2.remap(
      paint.opacity, *mesh.locate(index, box), cv2.INTER_LINEAR
    )
    cover = cv2.multiply(mask, opacity, scale=1 / 255)
  return Cloth(mesh, box, index, color, mask, solid, shade, cover)


def clipped(cloth: Cloth, outline: np.ndarray) -> Cloth:
  """Returns what of cloth is inside of an outline [N, 2], canvas pixels."""
  inside = np.zeros(cloth.mask.shape, np.uint8)
  corners = np.round((outline - cloth.box.origin) * 16).astype(np.int32)
  cv2.fillPoly(inside, [corners], 255, cv2.LINE_8, 4)
  return dataclasses.replace(
    cloth,
    mask=cv2.min(cloth.mask, inside),
    cover=cv2.min(cloth.cover, inside),
    solid=cloth.solid & (inside > 0),
  )


def around(mesh: meshes.Mesh, size: places.Size) -> places.Box:
  """Returns the box of what a mesh draws on a canvas; it may be empty."""
  corners = mesh.points[mesh.faces[mesh.kept]].reshape(-1, 2)
  if not len(corners):
    return places.NOTHING
  low, high = corners.min(0), corners.max(0)
  sides = []
  for axis, most in zip((1, 0), size):
    start, stop = math.floor(low[axis] - 2), math.ceil(high[axis] + 2) + 1
    sides.append(slice(min(max(start, 0), most), min(max(stop, 0), most)))
  box = places.Box(*sides)
  return box if box.area else places.NOTHING


def mapped(
  mesh: meshes.Mesh, paint: Paint, box: places.Box
) -> tuple[np.ndarray, list[np.ndarray]]:
  """Returns index [h, w] and [red, green, blue, mask] of a mesh in a box."""
  index, planes = _shown(mesh, box, np.arange(len(mesh.kept)), paint)
  if not _hidden(mesh, box, index, planes[3]):
    return index, planes
  # In a crook what lies beyond the edge of the cloth may cover cloth.
  below = np.argsort(mesh.inner, kind='stable')
  other, under = _shown(mesh, box, below, paint)
  better = (planes[3] < 128) & (under[3] > planes[3])
  np.copyto(index, other, where=better)
  for plane, lower in zip(planes, under, strict=True):
    np.copyto(plane, lower, where=better)
  return index, planes


def _shown(
  mesh: meshes.Mesh, box: places.Box, order: np.ndarray, paint: Paint
) -> tuple[np.ndarray, list[np.ndarray]]:
  """Returns index [h, w] and [red, green, blue, mask] of faces in an order."""
  index = mesh.rasterise(box, order)
  place = mesh.locate(index, box)
  # The allowance of a seam may reach over the edge of the painting.
  edge = cv2.BORDER_REPLICATE
  cloth, mask = (
    cv2.remap(image, *place, cv2.INTER_LINEAR, borderMode=edge)
    for image in (paint.cloth, paint.mask)
  )
  mask[index < 0] = 0
  return index, [*cv2.split(cloth), mask]


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


def shadow(
  cloth: Cloth, size: places.Size, offset: tuple[float, float], blur: float
) -> Shadow:
  """Returns the soft shadow that cloth casts around itself.

  Args:
    cloth: what casts it.
    size: of the canvas.
    offset: (x, y) pixels by which it is moved, away from the light.
    blur: how far it reaches, pixels.
  """
  reach = max(2, int(round(blur)))
  box = cloth.box.grown(reach + int(np.ceil(np.abs(offset).max())), size)
  matrix = np.float32([[1, 0, offset[0]], [0, 1, offset[1]]])
  matrix[:, 2] += cloth.box.origin - box.origin
  moved = cv2.warpAffine(cloth.mask, matrix, (box.size.width, box.size.height))
  soft = cv2.blur(moved, (2 * reach + 1, 2 * reach + 1))
  return Shadow(box, soft * np.float32(1 / 255))
