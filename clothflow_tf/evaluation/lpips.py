# SPDX-License-Identifier: Apache-2.0
"""LPIPS v0.1: how unlike two pictures are to a network (Zhang et al., 2018).

The arrays come from a file of the user's (--lpips=FILE.npz): of AlexNet
Conv_i/kernel (height, width, in, out) and Conv_i/bias, i = 0 .. 4, and lin0 ..
lin4, the weights of the five differences. Such files are not shipped.
"""

import numpy as np
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.losses import perceptual

_LEVELS = 5
_TINY = 1e-10


class Lpips:
  """Compares pictures [B, H, W, 3] in [-1, 1], of 32 pixels a side or more."""

  def __init__(self, path: str):
    """Reads the arrays.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: an array is missing or has another shape; names it.
    """
    config = config_lib.PerceptualConfig(network='alexnet', weights=path)
    if not path.endswith('.npz'):
      raise ValueError(f'--lpips is {path!r}, expected an .npz file')
    self._features = perceptual.Features(config)
    self._heads = []
    with np.load(path) as arrays:
      for level in range(_LEVELS):
        size = arrays[f'Conv_{level}/bias'].size
        head = arrays.get(f'lin{level}')
        if head is None or head.size != size:
          came = 'nothing' if head is None else f'{head.size} numbers'
          raise ValueError(f'{path}: lin{level} is {came}, expected {size}')
        self._heads.append(tf.constant(head.reshape(size, 1), tf.float32))

  def __call__(self, image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Returns distances [B], 0 for equal pictures."""
    levels = self._levels(image, target)
    return tf.add_n([tf.reduce_mean(x, [1, 2, 3]) for x in levels])

  def over(
    self, image: tf.Tensor, target: tf.Tensor, region: tf.Tensor
  ) -> tf.Tensor:
    """Returns distances [B] within a region [B, H, W], 0 or 1.

    Outside it the truth stands in both, so that what lies around costs nothing.
    Each level's differences are enlarged bilinearly and averaged there.
    """
    inside = region[..., tf.newaxis]
    levels = self._levels(target + inside * (image - target), target)
    size = image.shape[1:3]
    whole = tf.add_n([tf.image.resize(x, size) for x in levels])
    total = tf.reduce_sum(whole * inside, [1, 2, 3])
    return tf.math.divide_no_nan(total, tf.reduce_sum(region, [1, 2]))

  def _levels(self, image: tf.Tensor, target: tf.Tensor) -> list[tf.Tensor]:
    """Returns the weighted differences [B, h, w, 1] of each level."""
    pairs = zip(self._features(image), self._features(target), strict=True)
    levels = []
    for (ours, theirs), head in zip(pairs, self._heads, strict=True):
      difference = tf.square(_unit(ours) - _unit(theirs))
      levels.append(tf.tensordot(difference, head, 1))
    return levels


def _unit(features: tf.Tensor) -> tf.Tensor:
  return features / (tf.norm(features, axis=-1, keepdims=True) + _TINY)
