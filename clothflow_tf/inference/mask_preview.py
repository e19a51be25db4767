# SPDX-License-Identifier: Apache-2.0
"""A picture of a doubtful mask: the garment, with the mask's outline.

A mask is doubtful if there is a remark on it: it was cut out of a photo without
a plain backdrop, or it covers hardly anything, or nearly all. Then a look says
more than words.
"""

from collections.abc import Iterable
import dataclasses
import os

import cv2
import numpy as np

from clothflow_tf.data.photographs import findings
from clothflow_tf.inputs import raw

# The kind of a remark on a mask.
_MASK = 'mask'
_ENDING = '_garment_preview.png'
# The longest side of the picture, and its pixels for one of the line's width.
_SIDE, _THIN = 1024, 256
# What is not garment is so much paler.
_PALER = 0.6
_COLOR = (255, 0, 255)


def path_beside(output: str) -> str:
  """Returns the file of the preview that belongs to a result's file."""
  return os.path.splitext(output)[0] + _ENDING


def is_needed(remarks: Iterable[findings.Problem]) -> bool:
  """Says whether a mask is doubtful."""
  return any(remark.kind == _MASK for remark in remarks)


def named(
  remarks: Iterable[findings.Problem], path: str
) -> list[findings.Problem]:
  """Returns remarks, those on a mask with the file of its preview."""
  return [
    dataclasses.replace(remark, reason=f'{remark.reason}; see {path}')
    if remark.kind == _MASK
    else remark
    for remark in remarks
  ]


def draw(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
  """Returns the preview, uint8 [h, w, 3], of at most 1024 rows and columns.

  Args:
    pixels: the garment's photo, uint8 [H, W, 3].
    mask: of the photo, uint8, 0 to 255, in as many pixels or fewer.
  """
  scale = min(1.0, _SIDE / max(pixels.shape[:2]))
  size = [max(1, round(scale * side)) for side in pixels.shape[1::-1]]
  photo = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
  inside = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
  inside = (inside >= raw.THRESHOLD).astype(np.uint8)
  width = 1 + max(size) // _THIN
  window = np.ones((2 * width + 1,) * 2, np.uint8)
  # The line lies within the mask; at the picture's edge there is none.
  line = (inside > 0) & (cv2.erode(inside, window) == 0)
  paler = np.rint(photo + _PALER * (255.0 - photo)).astype(np.uint8)
  shown = np.where(inside[..., np.newaxis] > 0, photo, paler)
  shown[line] = _COLOR
  return shown
