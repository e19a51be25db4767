# SPDX-License-Identifier: Apache-2.0
"""Heat maps: how networks see keypoints, one channel a joint.

A Gaussian of height 1 at the joint, or nothing where it is missing (18 channels
are corroborated; the Gaussian's width is open).
"""

import numpy as np
import tensorflow as tf


def heat_maps(
  keypoints: tf.Tensor, height: int, width: int, sigma: float, side: int = 1
) -> tf.Tensor:
  """Draws one Gaussian a joint: exp(-d^2 / (2 sigma^2)).

  The Gaussian is the product of one in x and one in y, so that H + W
  exponentials are taken a joint, not H * W.

  Args:
    keypoints: float32 [B, 18, 3], x and y in pixels, confidence; a joint with
      confidence 0 is missing.
    height: rows of the maps.
    width: columns of the maps.
    sigma: standard deviation, pixels.
    side: the maps are averaged over squares of this side; divides both sizes.

  Returns:
    float32 [B, height / side, width / side, 18] in [0, 1].
  """
  present = tf.cast(keypoints[..., 2] > 0.0, tf.float32)
  along_x = _gaussian(keypoints[..., 0], width, sigma)
  along_y = _gaussian(keypoints[..., 1], height, sigma)
  # The mean of a product of rows and columns is the product of their means.
  along_x, along_y = _averaged(along_x, side), _averaged(along_y, side)
  along_y *= present[:, tf.newaxis, :]
  return along_y[:, :, tf.newaxis, :] * along_x[:, tf.newaxis, :, :]


def _averaged(values: tf.Tensor, side: int) -> tf.Tensor:
  """Averages [B, n, 18] over `side` places in a row."""
  if side == 1:
    return values
  _, size, count = values.shape
  parts = tf.reshape(values, [-1, size // side, side, count])
  return tf.reduce_mean(parts, 2)


def _gaussian(centers: tf.Tensor, size: int, sigma: float) -> tf.Tensor:
  """Returns [B, size, 18] for centers [B, 18]."""
  places = np.arange(size, dtype=np.float32)[np.newaxis, :, np.newaxis]
  distance = (places - centers[:, tf.newaxis, :]) / sigma
  return tf.exp(-0.5 * tf.square(distance))
