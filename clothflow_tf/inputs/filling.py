# SPDX-License-Identifier: Apache-2.0
"""Continuing what is known of an image into what is not.

Where a garment was taken off, networks should see neither a hole nor a colour
of nobody, but the nearest pixels of the same kind: background, skin, cloth. All
of it is smooth interpolation from known pixels (pull-push), in operations that
mobile runtimes have.

Reference: Gortler et al., "The Lumigraph", SIGGRAPH 1996, for pull-push.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inputs import channels
from clothflow_tf.ops import ratios
from clothflow_tf.ops import windows

_RGB = (0, 1, 2)
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
    mean = ratios.ratio(tf.reduce_sum(color, [1, 2], keepdims=True), total)
    nothing = _nothing(weight) * tf.constant(default, tf.float32)
    return (mean + nothing) * tf.ones_like(color)
  pooled = tf.nn.avg_pool2d(weight, 2, 2, 'VALID')
  mean = ratios.ratio(tf.nn.avg_pool2d(color, 2, 2, 'VALID'), pooled)
  coarse = continued(mean, ratios.positive(pooled), default)
  return color + (1.0 - weight) * tf.image.resize(coarse, [height, width])


class Region(NamedTuple):
  """Pixels whose colours are spread.

  Attributes:
    known: float32 [B, H, W, 1], 1 where the image counts, else 0.
    default: the colour of an image of which nothing is known.
  """

  known: tf.Tensor
  default: Sequence[float] = (0, 0, 0)


def spread(
  image: tf.Tensor, regions: Sequence[Region], side: int, blur: int = 1
) -> list[tf.Tensor]:
  """Returns the colours of each region everywhere, on a coarse grid.

  Unlike `continued` it keeps no detail: it says which colour skin or cloth has
  nearby. The coarse grid makes it cheap, and so does working on all regions at
  once: what counts there is the number of operations.

  Args:
    image: float32 [B, H, W, 3].
    regions: which pixels count.
    side: of the coarse grid's squares; divides H and W.
    blur: odd; means are taken over so many squares in both directions.

  Returns:
    For each region float32 [B, H / side, W / side, 3].
  """
  sums = [tf.concat([image * x.known, x.known], -1) for x in regions]
  coarse = [tf.nn.avg_pool2d(x, side, side, 'VALID') for x in sums]
  # One after another along the batch.
  stacked = tf.concat(coarse, 0)
  if blur > 1:
    stacked = windows.mean(stacked, blur)
  color, weight = stacked[..., :3], stacked[..., 3:]
  # A square with a sliver of skin counts as little as the sliver is.
  known = tf.minimum(1.0, 4.0 * weight)
  colors = continued(ratios.ratio(color, weight), known)
  return [
    each + _nothing(sum_of[..., 3:]) * tf.constant(region.default, tf.float32)
    for each, sum_of, region in zip(
      tf.split(colors, len(regions), 0), coarse, regions
    )
  ]


def _nothing(known: tf.Tensor) -> tf.Tensor:
  """Returns [B, 1, 1, 1], 1.0 where nothing of [B, H, W, 1] is known."""
  return 1.0 - ratios.positive(tf.reduce_sum(known, [1, 2], keepdims=True))


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
  pixels next to the hole, is continued by `rim` pixels, or one more. Within two
  pixels of the hole a kept pixel stays, unless its colour is a mixture of what
  was removed there and of what is kept, or nearer to the former.

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
  gone = image - theirs
  length = channels.total(tf.square(way), _RGB)
  share = ratios.ratio(channels.total(gone * way, _RGB), length)
  off = channels.total(tf.square(gone - share * way), _RGB)
  near = ratios.positive(_OFF * length - off)
  return ratios.positive(_OURS - share) * near


def _nearby(
  image: tf.Tensor, region: tf.Tensor, rim: int
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the mean colour of a region nearby, and 1 where there is any.

  Both are smooth: every other pixel is enough.
  """
  side = 2 * rim
  sums = windows.halved(tf.concat([image * region, region], -1), side)
  sums = tf.image.resize(sums, image.shape[1:3])
  color, weight = sums[..., :3], sums[..., 3:]
  return ratios.ratio(color, weight), ratios.positive(weight)
