# SPDX-License-Identifier: Apache-2.0
"""Mirror images of raw records: a left hand becomes a right one."""

import numpy as np
import tensorflow as tf

from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels

Record = dict[str, tf.Tensor]

IMAGES = {'target_image', 'source_image', 'person_image'}
LAYOUTS = {'target_layout', 'source_layout', 'person_layout'}
KEYPOINTS = ('target_keypoints', 'source_keypoints')


def _mirrored(names: tuple[str, ...]) -> np.ndarray:
  """Returns for each name the index of its mirror image's."""
  sides = {'left': 'right', 'right': 'left'}
  renamed = ['-'.join(sides.get(x, x) for x in n.split('-')) for n in names]
  return np.array([names.index(name) for name in renamed], np.int32)


LABELS = _mirrored(labels.NAMES)
POINTS = _mirrored(keypoints.NAMES)


def flipped(record: Record, mirror: tf.Tensor) -> Record:
  """Returns a batch of raw records, some of them mirrored.

  What `augment` does by sampling, exact and much cheaper. Both ends of a flow
  are mirrored, so that its x changes sign.

  Args:
    record: fields of `record.shapes`, batched; others but 'shade' pass.
    mirror: bool [B].
  """
  result = dict(record)
  for name in record.keys() & (IMAGES | LAYOUTS | {'visible', 'shade'}):
    result[name] = _chosen(mirror, record[name][:, :, ::-1], record[name])
  for name in record.keys() & LAYOUTS:
    numbers = tf.cast(result[name], tf.int32)
    renamed = tf.cast(tf.gather(LABELS, numbers), record[name].dtype)
    result[name] = _chosen(mirror, renamed, result[name])
  last = tf.cast(tf.shape(record['target_image'])[2], tf.float32) - 1.0
  for name in KEYPOINTS:
    points = tf.gather(record[name], POINTS, axis=1)
    x, y, confidence = tf.unstack(points, axis=-1)
    # A missing joint stays at (0, 0).
    x = tf.where((x != 0.0) | (y != 0.0), last - x, 0.0)
    points = tf.stack([x, y, confidence], -1)
    result[name] = _chosen(mirror, points, record[name])
  if 'flow' in record:
    flow = record['flow'][:, :, ::-1] * tf.constant(
      [-1.0, 1.0], record['flow'].dtype
    )
    result['flow'] = _chosen(mirror, flow, record['flow'])
  return result


def _chosen(which: tf.Tensor, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
  """Returns `one` for examples [B] that are chosen, else `other`."""
  shape = [-1] + [1] * (one.shape.rank - 1)
  return tf.where(tf.reshape(which, shape), one, other)
