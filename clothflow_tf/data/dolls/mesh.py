# SPDX-License-Identifier: Apache-2.0
"""Meshes of cloth: triangles with corners in the target and in the source.

Drawing the triangles' numbers into an integer image tells which triangle each
pixel shows; the affine map of that triangle then tells where in the source the
pixel's centre lies. Triangles that folded over (turned their back) are not
drawn, and later triangles cover earlier ones.
"""

import dataclasses

import cv2
import numpy as np

_SHIFT = 5  # Fractional bits of OpenCV's drawing coordinates.


@dataclasses.dataclass(frozen=True)
class Mesh:
  """points and source [N, 2] pixels, faces [T, 3], maps [T, 6], a part."""

  points: np.ndarray
  source: np.ndarray
  faces: np.ndarray
  maps: np.ndarray
  part: int

  def rasterise(self, box: tuple) -> np.ndarray:
    """Returns the triangle of each pixel of the box (-1: none) [h, w] int32."""
    rows, columns = box
    size = (rows.stop - rows.start, columns.stop - columns.start)
    index = np.full(size, -1, np.int32)
    corners = self.points[self.faces] - (columns.start, rows.start)
    corners = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    draw, kind = cv2.fillConvexPoly, cv2.LINE_8
    for number, triangle in enumerate(corners):
      draw(index, triangle, number, kind, _SHIFT)
    return index

  def locate(self, index: np.ndarray, box: tuple) -> tuple:
    """Returns source (x, y), float32 [h, w], of each pixel of the box."""
    rows, columns = box
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None]
    maps = np.concatenate([self.maps, [[0, 0, -9, 0, 0, -9]]]).astype(np.float32)
    chosen = np.ascontiguousarray(maps.T)[:, index]
    return (
      chosen[0] * x + chosen[1] * y + chosen[2],
      chosen[3] * x + chosen[4] * y + chosen[5],
    )


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


def grid(x: np.ndarray, y: np.ndarray) -> tuple:
  """Returns (points [N, 2], faces [T, 3]) of a grid, row after row."""
  points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
  w = len(x)
  first = (np.arange(len(y) - 1)[:, None] * w + np.arange(w - 1)).reshape(-1, 1)
  upper = first + np.array([[0, 1, w]])
  lower = first + np.array([[1, w + 1, w]])
  return points, np.stack([upper, lower], 1).reshape(-1, 3)


def build(flat: tuple, placed: tuple, mask: np.ndarray, part: int) -> Mesh:
  """Builds the mesh of a part.

  Args:
    flat: (points [N, 2] in flat space, faces [T, 3]), all turning one way.
    placed: (target pixels [N, 2], source pixels [N, 2]).
    mask: the part's mask [h, w] uint8 in source pixels; triangles with none
      of it are left out.
    part: the part's number.
  """
  _, faces = flat
  target, source = placed
  small = cv2.dilate(mask, np.ones((25, 25), np.uint8))
  middle = source[faces].mean(1).astype(int)
  h, w = mask.shape
  middle = np.clip(middle, 0, (w - 1, h - 1))
  corners = target[faces]
  edge = corners[:, 1:] - corners[:, :1]
  signed = edge[:, 0, 0] * edge[:, 1, 1] - edge[:, 0, 1] * edge[:, 1, 0]
  back = source[faces][:, 1:] - source[faces][:, :1]
  facing = back[:, 0, 0] * back[:, 1, 1] - back[:, 0, 1] * back[:, 1, 0]
  keep = (small[middle[:, 1], middle[:, 0]] > 0) & (signed * facing > 1e-3)
  faces = faces[keep]
  maps = affine(target[faces], source[faces])
  return Mesh(target, source, faces, maps, part)
