# SPDX-License-Identifier: Apache-2.0
"""Held-out paper dolls, placed in larger photographs and dressed."""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

TOP = labels.UPPER_CLOTHES
_NO_JOINTS = np.zeros((keypoints.NUM_KEYPOINTS, 3), np.float32)


def placed(doll, share, at, size):
  """Returns a doll, and the truth, in a larger photo with a chequered wall.

  Args:
    doll: a record.
    share: of the photo's height that the doll's picture has.
    at: where its middle is, x and y, shares of the photo.
    size: of the photo.
  """
  height, width = size
  rows, columns = np.indices(size)
  wall = ((rows // 20 + columns // 20) % 2)[..., None] * np.uint8(70) + 120
  scale = share * height / doll['person_layout'].shape[0]
  small = tuple(round(scale * side) for side in doll['person_layout'].shape)
  left, top = (
    round(at[0] * width - small[1] / 2),
    round(at[1] * height - small[0] / 2),
  )
  y = (np.arange(height) - top + 0.5) / scale
  x = (np.arange(width) - left + 0.5) / scale
  inside_y = (y >= 0) & (y < doll['person_layout'].shape[0])
  inside_x = (x >= 0) & (x < doll['person_layout'].shape[1])
  y, x = y[inside_y].astype(int), x[inside_x].astype(int)
  where = np.ix_(inside_y, inside_x)
  layouts = {}
  pixels = wall.astype(np.uint8).repeat(3, -1)
  for role in ('person', 'target'):
    layouts[role] = np.zeros(size, np.uint8)
    layouts[role][where] = doll[f'{role}_layout'][np.ix_(y, x)]
  image = doll['person_image'][np.ix_(y, x)]
  shown = (layouts['person'][where] > 0)[..., None]
  pixels[where] = np.where(shown, image, pixels[where])
  joints = doll['target_keypoints'].copy()
  joints[:, :2] = (joints[:, :2] + 0.5) * scale - 0.5 + (left, top)
  seen = (joints[:, 2] > 0) & (joints[:, :2] >= 0).all(1)
  seen &= (joints[:, :2] < (width, height)).all(1)
  joints = (joints * seen[:, None]).astype(np.float32)
  return reader.Original(pixels, layouts['person'], joints), layouts['target']


class Dressed(NamedTuple):
  """A person dressed: what the model was given, what it returned, the photo."""

  ready: person_lib.Prepared
  outputs: raw.Arrays
  photo: np.ndarray

  def overlap(self, truth):
    """Returns the garment's predicted region's IoU, at the model's size."""
    expected = self.ready.window.layout(truth) == TOP
    drawn = self.outputs['layout'] == TOP
    return np.sum(drawn & expected) / max(np.sum(drawn | expected), 1)

  def enlarged(self):
    """Returns the model's own picture of its window, at the photo's size."""
    window, (height, width) = self.ready.window, self.photo.shape[:2]
    y, x = (
      window.to_model(np.arange(side), axis).astype(np.float32)
      for side, axis in ((height, 1), (width, 0))
    )
    x, y = np.meshgrid(x, y)
    mode, edge = cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
    return cv2.remap(self.outputs['image'], x, y, mode, borderMode=edge)


def dressed(model, doll, person):
  mask = (doll['source_layout'] > 0) * np.uint8(255)
  garment = reader.Original(doll['source_image'], mask, _NO_JOINTS)
  ready = person_lib.framed(person, garment, TOP, model.size)
  outputs = model.outputs(ready.inputs)
  return Dressed(ready, outputs, ready.result(outputs))
