# SPDX-License-Identifier: Apache-2.0
"""Folds: creases that take in cloth and shade it.

`creases` says where they run. Each takes in some cloth from both sides, which
moves the texture, and is a dark stroke with a lighter one beside it, drawn at a
quarter of the canvas and blurred. Shade never exceeds 1, so that white cloth is
not clipped, and it is smooth, so that the record's coarser grid can hold it.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import shading

_STEP = 4  # Canvas pixels a pixel of the fold map.
_WIDTH = 0.24  # How far a crease reaches, body units.
_CONTRAST = 1.25  # Share of light that a crease takes, by strength.
_DEPTH = 1.8  # Share of its width that a crease takes in, by strength.


class Crease(NamedTuple):
  """A line [N, 2], and how deep the crease along it is."""

  line: np.ndarray
  strength: float


def crease_map(
  shape: frames.Frame, creases: list[Crease], width: float
) -> np.ndarray:
  """Draws creases into a map around 0, a quarter of the canvas, float32.

  Args:
    shape: of the canvas.
    creases: their lines in canvas pixels.
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
    low += np.float32(_CONTRAST * strength) * stroke
  size = 2 * thick + 1
  return cv2.GaussianBlur(low, (size, size), 0.55 * thick + 0.5)


def moved(lines: list[Crease], points: np.ndarray) -> list[Crease]:
  """Returns creases whose lines, one after the other, are at `points`."""
  ends = np.cumsum([len(crease.line) for crease in lines])[:-1]
  return [
    Crease(line, crease.strength)
    for line, crease in zip(np.split(points, ends), lines)
  ]


def gathered(
  points: np.ndarray, lines: list[Crease], slack: np.ndarray
) -> np.ndarray:
  """Pulls flat points [N, 2] towards creases, which take in the cloth.

  At the distance s from a crease, cloth moves by s exp((1 - (s / w)^2) / 2)
  times its depth over w, most (the depth) at s = w; a depth below 0.6 w folds
  nothing over. Beyond a crease's ends the pull fades out, and `slack` [N] in
  0..1 says where seams hold the cloth.
  """
  moved = points.copy()
  for line, strength in lines:
    start, along = line[0], line[-1] - line[0]
    length = max(float(np.linalg.norm(along)), 1e-6)
    offset = points - start
    t = offset @ along / length**2
    normal = np.array([-along[1], along[0]]) / length
    away = offset @ normal
    beyond = np.maximum(0, np.maximum(-t, t - 1)) * length
    near = np.exp(0.5 - 0.5 * (away**2 + beyond**2) / _WIDTH**2)
    moved -= (_DEPTH * strength * slack * away * near)[:, None] * normal
  return moved


def sewn(shade: shading.Shading, pieces: list[np.ndarray]) -> shading.Shading:
  """Returns `shade` without the relief of edges that are sewn to `pieces`."""

  def joined(box: places.Box, mask: np.ndarray) -> np.ndarray:
    whole = mask.copy()
    for piece in pieces:
      corners = np.round((piece - box.origin) * 16).astype(np.int32)
      cv2.fillConvexPoly(whole, corners, 255, cv2.LINE_AA, 4)
    return shade(box, whole)

  return joined


def shader(
  low: np.ndarray, relief: float, form: shading.Shading | None
) -> shading.Shading:
  """Returns the shading function of a part.

  Args:
    low: its creases, from `crease_map`.
    relief: how much its edges are rounded.
    form: the shade that the shape of the body makes, up to 1, if any.
  """

  def shade(box: places.Box, mask: np.ndarray) -> np.ndarray:
    soft = cv2.blur(mask, (25, 25)).astype(np.float32) * np.float32(2 / 255) - 1
    inner = np.clip(soft, 0, 1, out=soft)
    value = np.float32(0.98 - relief) + np.float32(relief) * inner
    if form is not None:
      value *= form(box, mask)
    value += _enlarged(low, box)
    return np.clip(value, 0.45, 1.0, out=value)

  return shade


def _enlarged(low: np.ndarray, box: places.Box) -> np.ndarray:
  """Returns what a map of creases says in a box of the canvas."""
  shift = (box.origin + 0.5) / _STEP - 0.5
  matrix = np.float32([[1 / _STEP, 0, shift[0]], [0, 1 / _STEP, shift[1]]])
  size = (box.size.width, box.size.height)
  flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
  return cv2.warpAffine(low, matrix, size, flags=flags)
