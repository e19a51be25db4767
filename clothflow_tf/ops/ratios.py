# SPDX-License-Identifier: Apache-2.0
"""Weighted means and thresholds that mobile runtimes compute fast.

Their fast kernels know maxima, minima and division, but neither comparisons nor
`tf.math.divide_no_nan`, which becomes three operations on a single thread. On
256x192 pixels those are what preprocessing spends its time with.
"""

import tensorflow as tf

# What is smaller counts as 0. Weights here are shares of pixels, at least 1e-5.
_LEAST = 1e-6
# exp(80) is 5.5e34.
_MOST = 80.0


def ratio(total: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
  """Returns total / weight, and 0 where the weight, and so the total, is 0.

  Args:
    total: weighted sums or means; 0 where nothing has a weight.
    weight: not negative; if not 0, at least 1e-6.
  """
  return total / tf.maximum(weight, _LEAST)


def positive(values: tf.Tensor) -> tf.Tensor:
  """Returns 1.0 where values are at least 1e-6, 0.0 where they are not above 0.

  In between it rises linearly.
  """
  return tf.clip_by_value(values * (1.0 / _LEAST), 0.0, 1.0)


def softmax(logits: tf.Tensor) -> tf.Tensor:
  """Returns the softmax of [B, H, W, C] over channels, float32.

  Mobile kernels of the softmax work row by row, and a row is a pixel here: of
  five channels they take five times as long as this. Logits are cut to +-80,
  whose exponentials still have a sum in float32.
  """
  powers = tf.exp(tf.clip_by_value(logits, -_MOST, _MOST))
  count = logits.shape[-1]
  # A convolution with ones: reductions over channels are slow there, too.
  total = tf.nn.conv2d(powers, tf.ones([1, 1, count, count]), 1, 'VALID')
  return powers / total
