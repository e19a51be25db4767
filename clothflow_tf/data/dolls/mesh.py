# SPDX-License-Identifier: Apache-2.0
"""Meshes of cloth: triangles with corners in the target and in the source.

Drawing the triangles' numbers into an integer image tells which triangle each
pixel shows; the affine map of that triangle then tells where in the source the
pixel's centre lies. Triangles that folded over (turned their back) are left
out, or a mesh of their own, and later triangles cover earlier ones.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import places

_SHIFT = 5  # Fractional bits of OpenCV's drawing coordinates.


class Placed(NamedTuple):
  """Corners [N, 2] in pixels of the canvas and of the product."""

  points: np.ndarray
  source: np.ndarray


@dataclasses.dataclass(frozen=True)
class Mesh:
  """A placed part of a garment.

  points and source are [N, 2] pixels of the canvas and of the product, faces
  [T, 3]; kept [K] numbers the faces that are drawn and maps [K, 6] takes them
  from canvas to product pixels; `inner` [K] tells which of them have their
  middle in the part's mask. `sheet` names the garment and the part.
  """

  points: np.ndarray
  source: np.ndarray
  faces: np.ndarray
  kept: np.ndarray
  maps: np.ndarray
  sheet: int
  inner: np.ndarray

  def rasterise(self, box: places.Box, order: np.ndarray) -> np.ndarray:
    """Returns the kept face of each pixel of the box (-1: none), int32.

    Kept faces `order` [N] are drawn, later ones over earlier ones.
    """
    index = np.full(box.size, -1, np.int32)
    corners = self.points - box.origin
    corners = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    draw, kind = cv2.fillConvexPoly, cv2.LINE_8
    for number, triangle in zip(
      order.tolist(), corners[self.faces[self.kept[order]]], strict=True
    ):
      draw(index, triangle, number, kind, _SHIFT)
    return index

  def locate(
    self, index: np.ndarray, box: places.Box
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns source (x, y), float32 [h, w], of each pixel of the box."""
    rows, columns = box.rows, box.columns
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None]
    away = [[0, 0, -9, 0, 0, -9]]  # Row -1: outside the texture.
    maps = np.concatenate([self.maps, away]).astype(np.float32).T
    a, b, c, d, e, f = (np.take(row, index, mode='wrap') for row in maps)
    return a * x + b * y + c, d * x + e * y + f


def affine(target: np.ndarray, source: np.ndarray) -> np.ndarray:
  """Returns the maps [T, 6] that take triangles [T, 3, 2] to `source`'s."""
  one = target[:, 1] - target[:, 0]
  two = target[:, 2] - target[:, 0]
  det = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
  rows = []
  for axis in (0, 1):
    p = source[:, 1, axis] - source[:, 0, axis]
    q = source[:, 2, axis] - source[:, 0, axis]
    a = (p * two[:, 1] - q * one[:, 1]) / det
    b = (q * one[:, 0] - p * two[:, 0]) / det
    c = source[:, 0, axis] - a * target[:, 0, 0] - b * target[:, 0, 1]
    rows += [a, b, c]
  return np.stack(rows, 1)


def apply(maps: np.ndarray, points: np.ndarray) -> np.ndarray:
  """Applies map n [N, 6] to point n [N, 2]."""
  x, y = points[:, 0], points[:, 1]
  return np.stack(
    [
      maps[:, 0] * x + maps[:, 1] * y + maps[:, 2],
      maps[:, 3] * x + maps[:, 4] * y + maps[:, 5],
    ],
    1,
  )


def sizes(maps: np.ndarray) -> np.ndarray:
  """Returns how many pixels, in length, maps [N, 6] make of one."""
  return np.sqrt(np.abs(maps[:, 0] * maps[:, 4] - maps[:, 1] * maps[:, 3]))


def grid(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns (points [N, 2], faces [T, 3]) of a grid, row after row."""
  points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
  w = len(x)
  first = (np.arange(len(y) - 1)[:, None] * w + np.arange(w - 1)).reshape(-1, 1)
  upper = first + np.array([[0, 1, w]])
  lower = first + np.array([[1, w + 1, w]])
  return points, np.stack([upper, lower], 1).reshape(-1, 3)


def build(
  sheet: int,
  faces: np.ndarray,
  placed: Placed,
  mask: np.ndarray,
  side: int = 1,
) -> Mesh:
  """Builds the mesh of a part.

  Args:
    sheet: the name of the garment's part.
    faces: [T, 3], all turning one way in the product.
    placed: where the corners are.
    mask: the part's mask [h, w] uint8 in product pixels; triangles with none
      of it are left out.
    side: 1 keeps the triangles that show their face, -1 those that turned
      their back.
  """
  points, source = placed.points, placed.source
  signed, facing = _twice_area(points[faces]), _twice_area(source[faces])
  reach = int(np.sqrt(np.median(np.abs(facing)))) | 1
  near = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
  h, w = mask.shape
  middle = np.clip(source[faces].mean(1).astype(int), 0, (w - 1, h - 1))
  covered = near[middle[:, 1], middle[:, 0]] > 0
  kept = np.nonzero(covered & (side * signed * facing > 1e-3))[0]
  chosen = faces[kept]
  maps = affine(points[chosen], source[chosen])
  inner = mask[middle[kept, 1], middle[kept, 0]] > 127
  return Mesh(points, source, faces, kept, maps, sheet, inner)


def _twice_area(corners: np.ndarray) -> np.ndarray:
  """Signed area, doubled, of triangles [T, 3, 2]."""
  one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
  return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
