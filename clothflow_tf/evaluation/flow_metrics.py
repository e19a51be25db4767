# SPDX-License-Identifier: Apache-2.0
"""How good a flow is: end-point error and folds, with two plain baselines.

Errors are of visible garment pixels, in pixels: means, and counts by size, from
which `curves` reads percentiles. Mask IoU is not here on purpose: a flow can
match silhouettes with the wrong correspondences.
"""

import tensorflow as tf

from clothflow_tf.ops import flow as flow_ops
from clothflow_tf.ops import warp

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


def box_fit(source_mask: tf.Tensor, target_mask: tf.Tensor) -> tf.Tensor:
  """The mask-box baseline: the flow that maps one bounding box on another.

  Args:
    source_mask: float32 [B, H, W, 1], 1 on the garment.
    target_mask: likewise, 1 on the target region.

  Returns:
    float32 [B, H, W, 2], pixels: axis-aligned scale and shift of the target
    mask's box onto the source mask's.
  """
  source, target = _box(source_mask), _box(target_mask)
  size = tf.maximum(target['size'], 1.0)
  positions = warp.sampled_positions(
    tf.zeros_like(tf.concat([source_mask, source_mask], -1))
  )
  relative = (positions - target['corner']) / size
  return source['corner'] + relative * source['size'] - positions


def _box(mask: tf.Tensor) -> dict[str, tf.Tensor]:
  """Returns 'corner' and 'size' [B, 1, 1, 2], (x, y), of a mask's box."""
  inside = mask[..., 0] > 0.5
  lows, highs = [], []
  for axis in (1, 2):  # Rows occupied along x, then columns along y.
    occupied = tf.cast(tf.reduce_any(inside, axis), tf.int32)
    last = tf.shape(occupied)[1] - 1
    lows.append(tf.argmax(occupied, 1, tf.int32))
    highs.append(last - tf.argmax(occupied[:, ::-1], 1, tf.int32))
  low = tf.cast(tf.stack(lows, -1), tf.float32)[:, tf.newaxis, tf.newaxis]
  high = tf.cast(tf.stack(highs, -1), tf.float32)[:, tf.newaxis, tf.newaxis]
  return {'corner': low, 'size': high - low}
