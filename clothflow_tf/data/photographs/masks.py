# SPDX-License-Identifier: Apache-2.0
"""The mask of a garment: a file's, its photo's alpha channel, or cut out.

A mask is garment where it is at least `raw.THRESHOLD`. Without one, what looks
like a plain, light backdrop and is connected with the border is not garment;
the rest is, also white cloth inside a visible outline. That work is done on a
reduced picture: a mask is wanted at the model's size, and the outline of white
on white is clearer there.
"""

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf.data.photographs import cutout
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import findings as findings_lib
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.inputs import raw

SIDE = 256  # Rows that the mask is found at.
LIKE = 10  # How far a channel may be from the backdrop's, of 255.
_SWEEPS = 4
# Garments cover 36 to 54 % of the eight samples of VITON-HD.
_FEW, MANY = 0.01, 0.75
# Of the picture's border, a garment on a plain backdrop covers no more.
AT_BORDER = 0.2


def of(
  garment: examples.Garment,
  photo: images.Picture,
  size: raw.Size | None,
  findings: findings_lib.Findings,
) -> np.ndarray:
  """Returns a garment's mask: uint8 [h, w], 0 or 255.

  Args:
    garment: its files.
    photo: its photo.
    size: wanted; a JPEG mask has no fewer pixels. None decodes it whole.
    findings: gets a remark on a mask of hardly anything or all.

  Raises:
    files.InputError: it is of no use.
  """
  if garment.mask:
    picture = images.mask(garment.mask, size)
    images.check_frames(photo, picture, 'mask')
    values = picture.pixels
  elif photo.alpha is not None and photo.alpha.min() < raw.THRESHOLD:
    values = photo.alpha
  else:
    values = cut_out(photo.pixels)
    if not _has_backdrop(values):
      values = _grabbed(photo)
      reason = 'has no plain backdrop; the garment is cut out by its colours'
      findings.remark(photo.path, 'mask', reason)
  path = garment.mask or garment.image
  mask = cut(path, values)
  if not _FEW <= np.mean(mask > 0) <= MANY:
    share = f'{np.mean(mask > 0):.2%}'
    reason = f'the mask covers {share} of the picture, hardly a garment'
    findings.remark(path, 'mask', reason)
  return mask


def cut(path: str, values: np.ndarray) -> np.ndarray:
  """Returns grey values, uint8 [h, w], cut to 0 and 255.

  Raises:
    files.InputError: they are no mask; names the path.
  """
  mask, problem = raw.cut(values), ''
  if not mask.any():
    problem = f'is empty (no value is above {values.max()})'
  elif mask[[0, 0, -1, -1], [0, -1, 0, -1]].all():
    problem = 'covers all four corners'
  if problem:
    expected = 'expected 255 on the garment and 0 around it'
    raise files.InputError(path, f'the mask {problem}; {expected}', 'mask')
  return mask


def check_framed(garment: examples.Garment, framed: np.ndarray) -> None:
  """Refuses a garment of which nothing is left at the model's size."""
  if not framed.any():
    path, size = garment.mask or garment.image, raw.Size(*framed.shape)
    reason = f'the mask is empty at {size}; expected a larger garment'
    raise files.InputError(path, reason, 'mask')


def cut_out(image: np.ndarray) -> np.ndarray:
  """Returns uint8 [h, w], 255 on the garment, of a photo [h, w, 3]."""
  rows, columns = image.shape[:2]
  scale = min(1.0, SIDE / rows)
  small = np.maximum(1, np.rint(np.array([rows, columns]) * scale)).astype(int)
  reduced = framing.resized(image, small, Image.Resampling.BOX).astype(int)
  border = np.concatenate(
    [reduced[0], reduced[-1], reduced[:, 0], reduced[:, -1]]
  )
  like = np.abs(reduced - np.median(border, axis=0)).max(axis=2) <= LIKE
  outside = _connected(like)
  inside = np.where(outside, 0, 255).astype(np.uint8)
  grown = framing.resized(inside, (rows, columns), Image.Resampling.BILINEAR)
  return raw.cut(grown)


def _has_backdrop(mask: np.ndarray) -> bool:
  """Says whether a picture from which a mask was cut has a plain backdrop."""
  border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
  return np.mean(mask > 0) <= MANY and np.mean(border > 0) <= AT_BORDER


def _grabbed(photo: images.Picture) -> np.ndarray:
  """Returns the mask of a garment on any backdrop.

  Raises:
    files.InputError: no garment can be told from it.
  """
  try:
    return cutout.cut(photo.pixels)
  except ValueError as error:
    raise files.InputError(
      photo.path,
      f'has no plain backdrop, and {error}; expected one garment that differs '
      'from what is around it, an alpha channel, or a mask (--garment_mask)',
      'mask',
    ) from error


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
