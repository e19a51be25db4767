# SPDX-License-Identifier: Apache-2.0
"""Parts of a picture whose photo is as large as what the model sees."""

import numpy as np

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

SIZE = raw.Size(64, 48)
TOP = labels.UPPER_CLOTHES
# All garment, all photo, all painted.
SHARES = np.eye(3, dtype=np.float32)


def parts(photo, result, shares, removed=None, scale=1):
  """Returns parts of whom `result` is to become, all in even grey.

  Args:
    photo: her labels, [H, W].
    result: the model's layout, [H, W].
    shares: of garment, photo and painted, [H, W, 3].
    removed: what the model does not see; else the old garment.
    scale: pixels of the photo for one of the model.
  """
  if removed is None:
    removed = photo == TOP
  large = photo.repeat(scale, 0).repeat(scale, 1)
  person = reader.Original(
    np.full((*large.shape, 3), 128, np.uint8), large, np.zeros((18, 3))
  )
  outputs = {
    'composition': shares.astype(np.float32),
    'layout': result,
    'removed': removed.astype(np.uint8),
    'image': np.full((*SIZE, 3), 7, np.uint8),
    'painted': np.full((*SIZE, 3), 200, np.uint8),
  }
  window = framing.Window(0.0, 0.0, float(scale), SIZE)
  return parts_lib.Parts(person, window, person, TOP, outputs)


def filled(value):
  """Returns labels [H, W], or shares [H, W, 3], of one value."""
  value = np.asarray(value, np.uint8 if np.ndim(value) == 0 else np.float32)
  return np.broadcast_to(value, (*SIZE, *value.shape)).copy()
