# SPDX-License-Identifier: Apache-2.0
"""Continuing what is known of an image into what is not.

Where a garment was taken off, networks should see neither a hole nor a colour
of nobody, but the nearest pixels of the same kind: background, skin, cloth. All
of it is smooth interpolation from known pixels (pull-push), in operations that
mobile runtimes have.

Reference: Gortler et al., "The Lumigraph", SIGGRAPH 1996, for pull-push.
"""

from collections.abc import Sequence

import tensorflow as tf

from clothflow_tf.ops import windows

# These three are set by looking at photographs.
# A parser's edge may be so many pixels off.
_SEAM = 2
# A colour of the kept side is at least so far on the way to that side's mean,
_OURS = 0.75
# and a mixture has at most this squared distance from that way, as a share of
# the squared length of it: a print's colours are no mixtures.
_OFF = 0.1


def continued(
  image: tf.Tensor, known: tf.Tensor, default: Sequence[float] = (0, 0, 0)
) -> tf.Tensor:
  """Continues the known pixels of an image into the unknown ones, smoothly.

  Known colours are averaged over ever larger squares; an unknown pixel takes
  the smallest square that holds a known one.

  Args:
    image: float32 [B, H, W, 3].
    known: float32 [B, H, W, 1], from 0 to 1: how much a pixel counts.
    default: the colour of an image of which nothing is known.

  Returns:
    float32 [B, H, W, 3].
  """
  height, width = image.shape[1:3]
  color, weight = image * known, known
  if height % 2 or width % 2 or min(height, width) < 4:
    total = tf.reduce_sum(weight, [1, 2], keepdims=True)
    mean = tf.math.divide_no_nan(
      tf.reduce_sum(color, [1, 2], keepdims=True), total
    )
    nothing = tf.cast(total <= 0.0, tf.float32) * tf.constant(
      default, tf.float32
    )
    return (mean + nothing) * tf.ones_like(color)
  pooled = tf.nn.avg_pool2d(weight, 2, 2, 'VALID')
  mean = tf.math.divide_no_nan(tf.nn.avg_pool2d(color, 2, 2, 'VALID'), pooled)
  coarse = continued(mean, tf.cast(pooled > 0.0, tf.float32), default)
  return color + (1.0 - weight) * tf.image.resize(coarse, [height, width])


def spread(
  image: tf.Tensor,
  known: tf.Tensor,
  factor: int,
  default: Sequence[float] = (0, 0, 0),
) -> tf.Tensor:
  """Returns the colours of known pixels everywhere, on a coarse grid enlarged.

  Unlike `continued` it keeps no detail: it says which colour skin or cloth has
  nearby. The coarse grid makes it cheap.

  Args:
    image: float32 [B, H, W, 3].
    known: float32 [B, H, W, 1], 1 where the image counts, else 0.
    factor: side of the coarse grid's squares; divides H and W.
    default: the colour of an image of which nothing is known.

  Returns:
    float32 [B, H, W, 3].
  """
  height, width = image.shape[1:3]
  weight = tf.nn.avg_pool2d(known, factor, factor, 'VALID')
  color = tf.nn.avg_pool2d(image * known, factor, factor, 'VALID')
  mean = tf.math.divide_no_nan(color, weight)
  # A square with a sliver of skin counts as little as the sliver is.
  coarse = continued(mean, tf.minimum(1.0, 4.0 * weight), default)
  return tf.image.resize(coarse, [height, width])


def widened(
  image: tf.Tensor,
  original: tf.Tensor,
  kept: tf.Tensor,
  removed: tf.Tensor,
  rim: int,
) -> tf.Tensor:
  """Lets what is kept run on into the hole beside it, by `rim` pixels.

  A parser's edge is wrong by a pixel or so, which leaves a seam of the old
  sleeve on the trousers and, where the new garment does not quite reach, a
  seam of background beside it. The mean of what is kept nearby, but for the
  pixels next to the hole, is continued by `rim` pixels. Within two pixels of
  the hole a kept pixel stays, unless its colour is a mixture of what was
  removed there and of what is kept, or nearer to the former.

  Args:
    image: float32 [B, H, W, 3], the hole filled somehow.
    original: likewise, as it was before.
    kept: float32 [B, H, W, 1], the kept parts of the person.
    removed: float32 [B, H, W, 1], the hole.
    rim: pixels.

  Returns:
    float32 [B, H, W, 3].
  """
  edge = kept * windows.dilated(removed, _SEAM)
  ours, known = _nearby(image, kept - edge, rim + _SEAM - 1)
  theirs, lost = _nearby(original, removed, rim)
  wrong = edge * lost * _mixed(original, ours, theirs)
  return image + known * tf.maximum(removed, wrong) * (ours - image)


def _mixed(image: tf.Tensor, ours: tf.Tensor, theirs: tf.Tensor) -> tf.Tensor:
  """Returns 1 where a colour lies between two others, or at the second one.

  Its nearest point on the line from `theirs` to `ours` is `share` of the way.
  """
  way = ours - theirs
  length = tf.reduce_sum(tf.square(way), -1, keepdims=True)
  done = tf.reduce_sum((image - theirs) * way, -1, keepdims=True)
  share = tf.math.divide_no_nan(done, length)
  off = tf.reduce_sum(
    tf.square(image - theirs - share * way), -1, keepdims=True
  )
  near = off < _OFF * length
  return tf.cast((share < _OURS) & near, tf.float32)


def _nearby(
  image: tf.Tensor, region: tf.Tensor, rim: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the mean colour of a region nearby, and 1 where there is any."""
  side = 2 * rim + 1
  weight = windows.mean(region, side)
  mean = windows.mean(image * region, side)
  known = tf.cast(weight > 0.0, tf.float32)
  return tf.math.divide_no_nan(mean, weight), known
