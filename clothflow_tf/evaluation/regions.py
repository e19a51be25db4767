# SPDX-License-Identifier: Apache-2.0
"""Where things are measured: regions of the true layout, and their outlines.

All regions come from the truth, never from what was predicted: a method cannot
choose where it is judged.

- *inside* a garment: its pixels that are more than `RIM` pixels from what is
  not it; SSIM's window of 11 pixels then sees the garment and nothing else.
- *rim*: pixels within `RIM` of the outline, on either side of it.
- *contact* of a garment and something that may lie over or under it: pixels of
  either within `CONTACT` of the other.

Distances are along rows and columns (the larger of the two).
"""

import tensorflow as tf

from clothflow_tf.ops import windows

RIM = 5
CONTACT = 4


def eroded(region: tf.Tensor, margin: int) -> tf.Tensor:
  """Returns pixels of [B, H, W, 1] all of whose neighbours belong to it.

  Beyond the picture nothing is known, and nothing is taken off.
  """
  return 1.0 - windows.dilated(1.0 - region, margin)


def inside(region: tf.Tensor) -> tf.Tensor:
  return eroded(region, RIM)


def rim(region: tf.Tensor) -> tf.Tensor:
  return windows.dilated(region, RIM) - eroded(region, RIM)


def outline(region: tf.Tensor) -> tf.Tensor:
  """Returns the pixels of a region [B, H, W, 1] that touch what is not it."""
  return region - eroded(region, 1)


def boundary_f(
  predicted: tf.Tensor, truth: tf.Tensor, margin: int
) -> tf.Tensor:
  """Returns the F measure [B] of two regions' outlines.

  The harmonic mean of the share of the predicted outline that lies within
  `margin` pixels of the true one, and of the reverse (Csurka et al., 2013). IoU
  of a large region hardly sees its outline; this sees nothing else.
  """
  ours, theirs = outline(predicted), outline(truth)
  precision = _share_near(ours, theirs, margin)
  recall = _share_near(theirs, ours, margin)
  return tf.math.divide_no_nan(2 * precision * recall, precision + recall)


def _share_near(line: tf.Tensor, other: tf.Tensor, margin: int) -> tf.Tensor:
  near = line * windows.dilated(other, margin)
  return tf.math.divide_no_nan(
    tf.reduce_sum(near, [1, 2, 3]), tf.reduce_sum(line, [1, 2, 3])
  )


def contact(garment: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
  """Returns where two regions [B, H, W, 1] meet, likewise."""
  near_garment = windows.dilated(garment, CONTACT)
  near_other = windows.dilated(other, CONTACT)
  return tf.maximum(garment * near_other, other * near_garment)


def mean(values: tf.Tensor, region: tf.Tensor) -> tf.Tensor:
  """Returns means [B] of values [B, H, W] over a region [B, H, W, 1]."""
  region = region[..., 0]
  total = tf.reduce_sum(values * region, [1, 2])
  return tf.math.divide_no_nan(total, tf.reduce_sum(region, [1, 2]))
