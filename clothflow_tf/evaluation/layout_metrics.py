# SPDX-License-Identifier: Apache-2.0
"""How good a layout is: intersection over union, label by label."""

import tensorflow as tf


def label_iou(
  truth: tf.Tensor, predicted: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the intersection over union of each label, and the union.

  Weighted by the union, the mean over examples is the intersection over the
  union of all their pixels.

  Args:
    truth: one-hot [B, H, W, 20].
    predicted: likewise.

  Returns:
    float32 [B, 20], 0 where neither side has the label, and [B, 20], pixels.
  """
  common = tf.reduce_sum(truth * predicted, [1, 2])
  union = tf.reduce_sum(truth + predicted, [1, 2]) - common
  return tf.math.divide_no_nan(common, union), union
