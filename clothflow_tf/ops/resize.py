# SPDX-License-Identifier: Apache-2.0
"""Enlarging grids of values, in operations that every compiler differentiates.

XLA, which TPUs need, has no gradient of nearest resizing, and mobile runtimes
have no fast kernel of it. Enlarging by a whole factor is repetition, which is
concatenation and reshaping: both differentiate everywhere and are cheap.

Pixel centres: a coarse pixel i covers the fine pixels k i to k i + k - 1
(half-pixel centres).
"""

import tensorflow as tf

METHODS = ('nearest', 'bilinear')


def repeat(values: tf.Tensor, factor: int) -> tf.Tensor:
  """Repeats each pixel of a grid `factor` times along both sides.

  Args:
    values: [B, H, W, C], H, W and C static.
    factor: how many times larger both sides become.

  Returns:
    [B, factor * H, factor * W, C], the values of nearest resizing.
  """
  if factor == 1:
    return values
  _, height, width, channels = values.shape
  wide = tf.concat([values] * factor, axis=-1)  # A row: a a b b c c ...
  wide = tf.reshape(wide, [-1, height, factor * width, channels])
  high = tf.concat([wide] * factor, axis=2)  # A row, the same row, ...
  return tf.reshape(high, [-1, factor * height, factor * width, channels])


def enlarge(values: tf.Tensor, factor: int, method: str) -> tf.Tensor:
  """Enlarges a grid of values; vectors of a flow stay as they are.

  Args:
    values: float32 [B, H, W, C].
    factor: how many times larger both sides become.
    method: 'nearest' or 'bilinear' (half-pixel centres).

  Returns:
    float32 [B, factor * H, factor * W, C].

  Raises:
    ValueError: another method.
  """
  if method not in METHODS:
    raise ValueError(f'method is {method!r}, expected one of {METHODS}')
  if method == 'nearest' or factor == 1:
    return repeat(values, factor)
  height, width = values.shape[1] * factor, values.shape[2] * factor
  return tf.image.resize(values, [height, width], method=method)
