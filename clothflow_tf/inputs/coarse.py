# SPDX-License-Identifier: Apache-2.0
"""A batch on a coarser grid: what a network sees that works on averages.

Stage 1 draws its layout on squares of several pixels (`layout.downsampling`).
The averages of one-hot layouts and of heat maps over these squares can be
counted without the full-size maps, which would be most of a training step's
work. A batch of a record (`inputs.batch`) is averaged that way, to the same
values; exported graphs average the maps themselves, in operations that mobile
runtimes have.
"""

from collections.abc import Iterable

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import agnostic
from clothflow_tf.inputs import heat_maps
from clothflow_tf.inputs import labels

Batch = dict[str, tf.Tensor]

_COUNTED = ('source_layout', 'person_layout', 'target_layout')


def averaged(
  batch: Batch, names: Iterable[str], side: int, data: config_lib.DataConfig
) -> Batch:
  """Returns entries of a batch, pictures averaged over squares.

  Args:
    batch: of `inputs.batch`.
    names: which entries; those that are no pictures stay as they are.
    side: of the squares, pixels; divides height and width.
    data: what the batch was made with.

  Returns:
    Pictures are [B, H / side, W / side, C].
  """
  return {name: _averaged(batch, name, side, data) for name in names}


def _averaged(
  batch: Batch, name: str, side: int, data: config_lib.DataConfig
) -> tf.Tensor:
  if batch[name].shape.rank != 4 or side == 1:
    return batch[name]
  if 'person_labels' in batch:
    if name in _COUNTED:
      return one_hot(batch[name.replace('layout', 'labels')], side)
    if name == 'agnostic_layout':
      person = one_hot(batch['person_labels'], side)
      return agnostic.layout(person, batch['removal'])
    if name == 'pose':
      sigma = data.heat_map_sigma * data.height
      size = data.height, data.width
      return heat_maps.heat_maps(batch['keypoints'], *size, sigma, side)
  # A convolution: quantized, the average of a pool must have its input's scale.
  picture = batch[name]
  kernel = tf.fill([side, side, picture.shape[-1], 1], 1.0 / (side * side))
  return tf.nn.depthwise_conv2d(picture, kernel, [1, side, side, 1], 'VALID')


def one_hot(numbers: tf.Tensor, side: int) -> tf.Tensor:
  """Returns each label's share of each square, [B, H / side, W / side, 20].

  Args:
    numbers: labels, int32 [B, H, W].
    side: of the squares, pixels, at most 15: counts are bytes.
  """
  _, height, width = numbers.shape
  rows, columns = height // side, width // side
  each = tf.one_hot(numbers, labels.NUM_LABELS, dtype=tf.uint8)
  each = tf.reshape(each, [-1, rows, side, width * labels.NUM_LABELS])
  each = tf.reduce_sum(each, 2)
  each = tf.reshape(each, [-1, rows, columns, side, labels.NUM_LABELS])
  return tf.cast(tf.reduce_sum(each, 3), tf.float32) / float(side * side)
