# SPDX-License-Identifier: Apache-2.0
"""Means and maxima over squares around each pixel.

A square's mean or maximum is that of its rows', so two pools of lines do what
one of squares does, in a fraction of the time. Of columns, the pixels of a row
are pooled as if they were channels: kernels compute channels side by side, and
here there are few. At the picture's edge a window is as large as what the
picture has of it.
"""

from collections.abc import Callable

import tensorflow as tf

Pool = Callable[..., tf.Tensor]


def mean(values: tf.Tensor, side: int) -> tf.Tensor:
  """Returns the means of [B, H, W, C] over squares of an odd side."""
  values = _along_columns(tf.nn.avg_pool2d, values, side, 1)
  return tf.nn.avg_pool2d(values, (1, side), 1, 'SAME')


def halved(values: tf.Tensor, side: int) -> tf.Tensor:
  """Returns means over squares of an even side, at every other pixel.

  Args:
    values: [B, H, W, C], H and W even.
    side: of the squares, whose centres are those of 2x2 pixels.

  Returns:
    [B, H / 2, W / 2, C].
  """
  values = _along_columns(tf.nn.avg_pool2d, values, side, 2)
  return tf.nn.avg_pool2d(values, (1, side), (1, 2), 'SAME')


def dilated(region: tf.Tensor, margin: int) -> tf.Tensor:
  """Returns the maxima of [B, H, W, C] over squares of side 2 margin + 1."""
  side = 2 * margin + 1
  region = _along_columns(tf.nn.max_pool2d, region, side, 1)
  return tf.nn.max_pool2d(region, (1, side), 1, 'SAME')


def _along_columns(
  pool: Pool, values: tf.Tensor, side: int, stride: int
) -> tf.Tensor:
  """Pools [B, H, W, C] over so many rows, with a stride in them."""
  _, height, width, channels = values.shape
  rows = tf.reshape(values, [-1, height, 1, width * channels])
  rows = pool(rows, (side, 1), (stride, 1), 'SAME')
  return tf.reshape(rows, [-1, rows.shape[1], width, channels])
