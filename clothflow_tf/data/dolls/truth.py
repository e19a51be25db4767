# SPDX-License-Identifier: Apache-2.0
"""The truth of a record: flow, visibility and shade, from the maps that drew.

A record pixel x has its centre at 2 x + 0.5 of the painting. Its owner's
affine map takes that point to the product, exactly. In try-on the product is
the source, and this is the flow. In pose transfer the same triangle of cloth
lies somewhere in the source picture too; its map from the product to there
completes the flow, and the pixel is visible if the source picture shows the
same place of the cloth there, and not an arm or another fold of it.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import mesh as meshes

# How far apart, in painting pixels of the source, the cloth that the target
# shows may lie from the cloth found in the source at the nearest pixel.
_SAME_PLACE = 1.6
# How much smaller, in length, cloth may look in the source than in the target;
# what a body turns almost edge-on is a smear of a pixel or two.
_GRAZING = 0.45


@dataclasses.dataclass(frozen=True)
class Truth:
  """flow [h, w, 2] float32, visible [h, w] bool, shade [h, w] float32."""

  flow: np.ndarray
  visible: np.ndarray
  shade: np.ndarray


class Wanted(NamedTuple):
  """Cloth to look for: its product pixels [N, 2], garments [N], sizes [N]."""

  places: np.ndarray
  garments: np.ndarray
  sizes: np.ndarray


def of_product(
  canvas: canvases.Canvas, sheets: range, gain: np.ndarray
) -> Truth:
  """Returns the flow from a canvas to a product's photograph.

  Args:
    canvas: the picture of the person.
    sheets: the product's, which triangles are named after.
    gain: by how much the photograph darkens the paint, [h, w] float32.
  """
  owner, pixels = _owners(canvas)
  names = canvas.names()[owner[tuple(pixels.T)]]
  ours = np.isin(names[:, 0], list(sheets))
  places = _in_product(canvas, pixels)[ours]
  truth = _record(canvas, pixels[ours], places)
  there = _looked_up(_halved(gain), truth.flow)
  shade = np.where(truth.visible, truth.shade / np.maximum(there, 0.1), 1)
  return dataclasses.replace(truth, shade=shade)


def of_pair(target: canvases.Canvas, source: canvases.Canvas) -> Truth:
  """Returns the flow from one canvas to another of the same doll."""
  owner, pixels = _owners(target)
  cloth = _in_product(target, pixels)
  names = target.names()[owner[tuple(pixels.T)]]
  places = np.full((len(pixels), 2), -1e6)
  for _, mesh in source.drawn:
    ours = np.nonzero(names[:, 0] == mesh.sheet)[0]
    drawn = np.zeros(len(mesh.faces), bool)
    drawn[mesh.kept] = True
    ours = ours[drawn[names[ours, 1]]]
    corners = mesh.faces[names[ours, 1]]
    maps = meshes.affine(mesh.source[corners], mesh.points[corners])
    places[ours] = meshes.apply(maps, cloth[ours])
  scales = meshes.sizes(target.maps()[owner[tuple(pixels.T)]])
  seen = _same_cloth(source, places, Wanted(cloth, names[:, 0] // 3, scales))
  truth = _record(target, pixels[seen], places[seen])
  shade = _looked_up(_halved(source.shade), truth.flow)
  ratio = np.where(truth.visible, truth.shade / np.maximum(shade, 0.1), 1)
  return dataclasses.replace(truth, shade=ratio)


def _owners(canvas: canvases.Canvas) -> tuple[np.ndarray, np.ndarray]:
  """Returns (owner [h, w], (y, x) [N, 2] of owned pixels) of the record."""
  owner = canvas.owner[::2, ::2]
  return owner, np.argwhere(owner >= 0)


def _in_product(canvas: canvases.Canvas, pixels: np.ndarray) -> np.ndarray:
  """Maps the centres of record pixels (y, x) to product pixels (x, y)."""
  owner = canvas.owner[2 * pixels[:, 0], 2 * pixels[:, 1]]
  return meshes.apply(canvas.maps()[owner], 2 * pixels[:, ::-1] + 0.5)


def _same_cloth(
  source: canvases.Canvas, points: np.ndarray, wanted: Wanted
) -> np.ndarray:
  """Tells which points [N, 2] of the source show the wanted cloth."""
  h, w = source.shape
  near = np.round(np.clip(points, -9, 1e5)).astype(int)
  inside = (near >= 0).all(1) & (near[:, 0] < w) & (near[:, 1] < h)
  near = np.where(inside[:, None], near, 0)
  owner = source.owner[near[:, 1], near[:, 0]]
  seen = inside & (owner >= 0)
  owner = np.maximum(owner, 0)
  maps = source.maps()[owner]
  there = meshes.apply(maps, np.where(seen[:, None], points, 0))
  size = meshes.sizes(maps)
  apart = np.linalg.norm(there - wanted.places, axis=1) / np.maximum(size, 0.2)
  same = source.names()[owner, 0] // 3 == wanted.garments
  return seen & same & (apart < _SAME_PLACE) & (wanted.sizes > _GRAZING * size)


def _record(
  canvas: canvases.Canvas, pixels: np.ndarray, points: np.ndarray
) -> Truth:
  """Returns the truth where record pixels (y, x) show source points (x, y)."""
  h, w = canvas.shape[0] // 2, canvas.shape[1] // 2
  source = (points - 0.5) / 2
  inside = (source >= 0).all(1) & (source <= (w - 1, h - 1)).all(1)
  pixels, source = pixels[inside], source[inside]
  flow = np.zeros((h, w, 2), np.float32)
  visible = np.zeros((h, w), bool)
  rows = tuple(pixels.T)
  flow[rows] = source - pixels[:, ::-1]
  visible[rows] = True
  return Truth(flow, visible, _halved(canvas.shade))


def _looked_up(field: np.ndarray, flow: np.ndarray) -> np.ndarray:
  """Returns the values [h, w] of a field where a flow points."""
  h, w = field.shape
  x = np.arange(w, dtype=np.float32)[None] + flow[..., 0]
  y = np.arange(h, dtype=np.float32)[:, None] + flow[..., 1]
  return cv2.remap(field, x, y, cv2.INTER_LINEAR)


def _halved(image: np.ndarray) -> np.ndarray:
  h, w = image.shape
  return cv2.resize(image, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
