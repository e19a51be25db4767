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
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import raw_files

_SIDE = 256  # Rows that the mask is found at.
_LIKE = 10  # How far a channel may be from the backdrop's, of 255.
_SWEEPS = 4
_MOST = 0.75  # Of the picture; garments cover half of it at most.


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
  inside = np.where(outside, 0, 255).astype(np.uint8)
  grown = framing.resized(inside, (rows, columns), Image.Resampling.BILINEAR)
  return images.cut(grown)


def check(path: str, cut: np.ndarray) -> None:
  """Refuses what was cut from a picture that has no plain backdrop.

  Raises:
    raw_files.InputError: most of the picture, or of its border, is cut out.
  """
  border = np.concatenate([cut[0], cut[-1], cut[:, 0], cut[:, -1]])
  share = np.mean(cut > 0)
  if share > _MOST or np.mean(border > 0) > 0.5:
    raise raw_files.InputError(
      path,
      f'has no plain backdrop ({share:.0%} of it would be garment); expected '
      'one, an alpha channel, or a mask (--garment_mask)',
      'mask',
    )


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
