# SPDX-License-Identifier: Apache-2.0
"""The mask of a garment on a plain, light backdrop, where a data set has none.

What looks like the backdrop and is connected with the border is not garment;
the rest is, also white cloth inside a visible outline. The work is done on a
reduced picture: a mask is wanted at the model's size, and the outline of white
on white is clearer there.
"""

import numpy as np
from PIL import Image

from clothflow_tf.data.photographs import framing

_SIDE = 256  # Rows that the mask is found at.
_LIKE = 10  # How far a channel may be from the backdrop's, of 255.
_SWEEPS = 4


def mask(image: np.ndarray) -> np.ndarray:
  """Returns uint8 [h, w], 255 on the garment, of uint8 [h, w, 3]."""
  rows, columns = image.shape[:2]
  scale = min(1.0, _SIDE / rows)
  small = np.maximum(1, np.rint(np.array([rows, columns]) * scale)).astype(int)
  reduced = framing.resized(image, small, Image.Resampling.BOX).astype(int)
  border = np.concatenate(
    [reduced[0], reduced[-1], reduced[:, 0], reduced[:, -1]]
  )
  like = np.abs(reduced - np.median(border, axis=0)).max(axis=2) <= _LIKE
  outside = _connected(like)
  found = np.where(outside, 0, 255).astype(np.uint8)
  grown = framing.resized(found, (rows, columns), Image.Resampling.BILINEAR)
  return framing.cut(grown)


def _connected(like: np.ndarray) -> np.ndarray:
  """Returns the part of bool [h, w] that is connected with the border."""
  reached = np.zeros_like(like)
  for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
    reached[side] = like[side]
  for _ in range(_SWEEPS):
    for turn in range(4):
      view, allowed = np.rot90(reached, turn), np.rot90(like, turn)
      for row in range(1, len(view)):
        view[row] |= view[row - 1] & allowed[row]
  return reached
