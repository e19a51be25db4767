# SPDX-License-Identifier: Apache-2.0
"""How good a flow is: end-point error and folds.

Errors are of visible garment pixels, in pixels: means, and counts by size, from
which `curves` reads percentiles. Mask IoU is not here on purpose: a flow can
match silhouettes with the wrong correspondences.
"""

import tensorflow as tf

from clothflow_tf.ops import flow as flow_ops

# A pixel that is further off shows another part of the garment.
OUTLIER = 8.0
# Width of a bin of `error_counts`, pixels, and how many there are.
BIN, BINS = 0.25, 512


def endpoint_error(
  flow: tf.Tensor, truth: tf.Tensor, visible: tf.Tensor
) -> tf.Tensor:
  """Returns the mean distance of two flows over visible pixels.

  Args:
    flow: float32 [B, H, W, 2], pixels.
    truth: float32 [B, H, W, 2], pixels.
    visible: float32 [B, H, W, 1], 1 where the truth is known.

  Returns:
    float32 [B], pixels; 0 for an example with no visible pixel.
  """
  distance = tf.norm(flow - truth, axis=-1) * visible[..., 0]
  count = tf.reduce_sum(visible, [1, 2, 3])
  return tf.math.divide_no_nan(tf.reduce_sum(distance, [1, 2]), count)


def outlier_share(
  flow: tf.Tensor, truth: tf.Tensor, visible: tf.Tensor
) -> tf.Tensor:
  """Returns the share [B] of visible pixels that are off by over `OUTLIER`."""
  visible = visible[..., 0]
  off = tf.cast(tf.norm(flow - truth, axis=-1) > OUTLIER, tf.float32)
  total = tf.reduce_sum(off * visible, [1, 2])
  return tf.math.divide_no_nan(total, tf.reduce_sum(visible, [1, 2]))


def error_counts(
  flow: tf.Tensor, truth: tf.Tensor, visible: tf.Tensor
) -> tf.Tensor:
  """Returns how many visible pixels [B, BINS] have an error of each size.

  Bin i counts errors from i to i + 1 times `BIN` pixels; the last one has all
  larger ones, too.
  """
  distance = tf.norm(flow - truth, axis=-1)
  # Before the cast, which would overflow for a flow that has exploded.
  place = tf.cast(tf.minimum(distance / BIN, BINS - 1.0), tf.int32)
  count = tf.shape(place)[0]
  return tf.math.bincount(
    tf.reshape(place, [count, -1]),
    weights=tf.reshape(visible[..., 0], [count, -1]),
    minlength=BINS,
    maxlength=BINS,
    axis=-1,
  )


def folded_share(flow: tf.Tensor, visible: tf.Tensor) -> tf.Tensor:
  """Returns the share [B] of visible pixels at which the map folds over."""
  inside = visible[:, :-1, :-1, 0]
  folded = tf.cast(flow_ops.jacobian(flow) <= 0.0, tf.float32) * inside
  count = tf.reduce_sum(inside, [1, 2])
  return tf.math.divide_no_nan(tf.reduce_sum(folded, [1, 2]), count)
