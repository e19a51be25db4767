# SPDX-License-Identifier: Apache-2.0
"""Picking channels of a layout by a 1x1 convolution with zeros and ones.

Mobile runtimes gather along channels slowly, GPU delegates not at all, and
integer kernels refuse it as they refuse slices of different scales. A
convolution is fast and can be quantized everywhere.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def picked(values: tf.Tensor, channels: Sequence[int]) -> tf.Tensor:
  """Returns channels [B, H, W, n] of [B, H, W, C], in the order asked for."""
  return _mixed(values, np.eye(values.shape[-1])[:, list(channels)])


def placed(values: tf.Tensor, channels: Sequence[int], count: int) -> tf.Tensor:
  """Returns [B, H, W, count]: each channel at its place, 0 at the others."""
  return _mixed(values, np.eye(count)[list(channels)])


def total(values: tf.Tensor, channels: Sequence[int]) -> tf.Tensor:
  """Returns the sum [B, H, W, 1] of some channels of [B, H, W, C]."""
  table = np.zeros((values.shape[-1], 1))
  table[list(channels)] = 1.0
  return _mixed(values, table)


def _mixed(values: tf.Tensor, table: np.ndarray) -> tf.Tensor:
  """Returns values [B, H, W, C] times a table [C, n]."""
  kernel = tf.constant(table[np.newaxis, np.newaxis], values.dtype)
  return tf.nn.conv2d(values, kernel, 1, 'VALID')
