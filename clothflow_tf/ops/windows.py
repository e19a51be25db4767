# SPDX-License-Identifier: Apache-2.0
"""Means and maxima over squares around each pixel.

A square's mean or maximum is that of its rows', so two pools of lines do what
one of squares does, in a fraction of the time. At the picture's edge a window
is as large as what the picture has of it.
"""

import tensorflow as tf


def mean(values: tf.Tensor, side: int) -> tf.Tensor:
  """Returns the means of [B, H, W, C] over squares of an odd side."""
  values = tf.nn.avg_pool2d(values, (side, 1), 1, 'SAME')
  return tf.nn.avg_pool2d(values, (1, side), 1, 'SAME')


def dilated(region: tf.Tensor, margin: int) -> tf.Tensor:
  """Returns the maxima of [B, H, W, C] over squares of side 2 margin + 1."""
  side = 2 * margin + 1
  region = tf.nn.max_pool2d(region, (side, 1), 1, 'SAME')
  return tf.nn.max_pool2d(region, (1, side), 1, 'SAME')
