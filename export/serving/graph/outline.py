# SPDX-License-Identifier: Apache-2.0
"""A parse map's outline, moved: `inference.outline`, in a graph."""

from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inference import outline as reference
from clothflow_tf.inputs import labels
from export.serving.graph import edges
from export.serving.graph import framing
from export.serving.graph import resampling


class _Means(NamedTuple):
  """Mean colours nearby of a mask and of the rest, [h, w, 3]."""

  ours: tf.Tensor
  others: tf.Tensor


def to_photo(
  pixels: tf.Tensor, layout: tf.Tensor, window: framing.Window
) -> tf.Tensor:
  """Returns a layout, uint8 [h, w], whose outline follows a photo.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
  """
  (top, low), (left, right) = (
    _inside(window, axis, tf.shape(layout)[axis]) for axis in (0, 1)
  )
  part = layout[top:low, left:right]

  def moved() -> tf.Tensor:
    result = _part(pixels[top:low, left:right], part, window.scale)
    row = tf.concat(
      [layout[top:low, :left], result, layout[top:low, right:]], 1
    )
    return tf.concat([layout[:top], row, layout[low:]], 0)

  return tf.cond(tf.reduce_any(part > 0), moved, lambda: layout)


def _inside(
  window: framing.Window, axis: int, limit: tf.Tensor
) -> list[tf.Tensor]:
  """Returns the first row (column) that a window shows, and that behind."""
  start = (window.top, window.left)[axis]
  ends = tf.stack([start, start + window.size[axis] * window.scale])
  most = tf.cast(limit, tf.float64)
  return tf.unstack(tf.cast(tf.clip_by_value(ends, 0.0, most), tf.int32))


def _part(pixels: tf.Tensor, part: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
  person = part != labels.BACKGROUND
  factor = tf.maximum(scale / reference.FINEST, 1.0)
  before = tf.shape(part)
  size = tf.cast(tf.round(tf.cast(before, tf.float64) / factor), tf.int32)
  size = tf.maximum(size, 2)
  mask = tf.where(person, tf.constant(255, tf.uint8), tf.constant(0, tf.uint8))
  values = tf.concat([pixels, mask[..., tf.newaxis]], -1)
  values = tf.cond(
    tf.reduce_any(size != before),
    lambda: resampling.area(values, size),
    lambda: tf.cast(values, tf.float32),
  )
  values = tf.ensure_shape(values, [None, None, 4])
  mask = values[..., 3:] / 255.0
  share = _moved(values[..., :3], mask, scale / factor)
  large = tf.concat([share, tf.abs(share - mask)], -1)
  large = tf.image.resize(large, before)
  changed = large[..., 1] > reference.LEAST
  person = tf.where(changed, large[..., 0] > 0.5, person)
  turns = tf.math.ceil(reference.REACH * scale / factor)
  grown = _grown(_nearest(part, size), tf.cast(turns, tf.int32) + 1)
  grown = tf.where(part > 0, part, _nearest(grown, before))
  result = tf.where(person, grown, tf.zeros_like(grown))
  return tf.where(edges.is_any(grown, labels.HEAD), part, result)


def _moved(picture: tf.Tensor, mask: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
  """Returns how sure a pixel is the person's, [h, w, 1]."""
  near = _mixed(mask, tf.maximum(1, _whole(reference.REACH * scale)))
  reach = _whole(reference.RADIUS * scale)
  spread = _spread(picture, mask, scale)
  share, sure = mask, mask
  for _ in range(reference.TURNS):
    means = _means(picture, share, reach)
    way = means.ours - means.others
    length = tf.reduce_sum(tf.square(way), -1, keepdims=True)
    length = tf.maximum(length, 1.0)
    along = (picture - means.others) * way
    along = tf.reduce_sum(along, -1, keepdims=True) / length
    sure = _clear(tf.sqrt(length) - spread) * near
    share = mask + sure * (tf.clip_by_value(along, 0.0, 1.0) - mask)
  sigma = tf.constant(reference.SMOOTH, tf.float64)
  smooth = resampling.blurred(
    _wider(share, resampling.reach(sigma))[..., 0], sigma
  )
  return mask + sure * (smooth[..., tf.newaxis] - mask)


def clear(picture: tf.Tensor, layout: tf.Tensor) -> tf.Tensor:
  """Returns how clearly a picture shows where the person ends, [H, W].

  Args:
    picture: what the model sees, uint8 [H, W, 3].
    layout: its labels, uint8 [H, W].
  """
  mask = tf.cast(layout != labels.BACKGROUND, tf.float32)[..., tf.newaxis]
  reach = tf.constant(round(reference.RADIUS))
  means = _means(tf.cast(picture, tf.float32), mask, reach)
  distance = tf.norm(means.ours - means.others, axis=-1, keepdims=True)
  scale = tf.constant(1.0, tf.float64)
  distance -= _spread(tf.cast(picture, tf.float32), mask, scale)
  return (_mixed(mask, reach) * _clear(distance))[..., 0]


def _spread(picture: tf.Tensor, mask: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
  """Returns how far colours are from their means, [h, w, 1]."""
  reach = tf.maximum(1, _whole(reference.REACH * scale))
  wide = reach + _whole(reference.RADIUS * scale)
  total = 0.0
  for region in (mask, 1.0 - mask):
    inner = tf.cast(_box(region, reach) > 1.0 - reference.LEAST, tf.float32)
    values = tf.concat([picture, tf.square(picture)], -1)
    sums = _box(tf.concat([values * inner, inner], -1), wide)
    means = sums[..., :6] / tf.maximum(sums[..., 6:], 1e-3)
    variance = means[..., 3:] - tf.square(means[..., :3])
    variance = tf.reduce_sum(variance, -1, keepdims=True)
    total += tf.sqrt(tf.maximum(variance, 0.0))
  return total


def _whole(number: tf.Tensor) -> tf.Tensor:
  return tf.cast(tf.round(number), tf.int32)


def _clear(distance: tf.Tensor) -> tf.Tensor:
  share = distance - reference.UNCLEAR
  share /= reference.CLEAR - reference.UNCLEAR
  return tf.clip_by_value(share, 0.0, 1.0)


def _mixed(mask: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
  """Returns 1.0 where there are some of a mask and some of the rest."""
  share = _box(mask, reach)
  some = (share > reference.LEAST) & (share < 1.0 - reference.LEAST)
  return tf.cast(some, tf.float32)


def _means(picture: tf.Tensor, mask: tf.Tensor, reach: tf.Tensor) -> _Means:
  means = []
  for weight in (mask, 1.0 - mask):
    sums = _box(tf.concat([picture * weight, weight], -1), reach)
    means.append(sums[..., :3] / tf.maximum(sums[..., 3:], 1e-3))
  return _Means(*means)


def _wider(values: tf.Tensor, margin: tf.Tensor) -> tf.Tensor:
  """Returns [h, w, c] with its edge repeated by a margin."""
  for axis in (0, 1):
    size = tf.shape(values)[axis]
    places = tf.clip_by_value(tf.range(-margin, size + margin), 0, size - 1)
    values = tf.gather(values, places, axis=axis)
  return values


def _box(values: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
  """Returns means over squares, whose sides are 2 reach + 1, of [h, w, c]."""
  side = 2 * reach + 1
  # In float64: sums along a whole line, whose differences are wanted.
  total = tf.cast(_wider(values, reach), tf.float64)
  for axis in (0, 1):
    total = tf.cumsum(total, axis)
    before = [[1, 0] if axis == i else [0, 0] for i in range(3)]
    total = tf.pad(total, before)
    count = tf.shape(total)[axis] - side
    places = tf.range(count)
    total = tf.gather(total, places + side, axis=axis) - tf.gather(
      total, places, axis=axis
    )
  return tf.cast(total / tf.cast(side * side, tf.float64), tf.float32)


def _grown(layout: tf.Tensor, turns: tf.Tensor) -> tf.Tensor:
  """Returns labels [h, w], grown into the background so many times."""
  plane = tf.cast(layout, tf.float32)[tf.newaxis, ..., tf.newaxis]

  def grow(turn: tf.Tensor, grown: tf.Tensor) -> list[tf.Tensor]:
    wider = tf.nn.max_pool2d(grown, 3, 1, 'SAME')
    return [turn + 1, tf.where(grown > 0.0, grown, wider)]

  _, grown = tf.while_loop(
    lambda turn, _: turn < turns,
    grow,
    [tf.constant(0), plane],
    shape_invariants=[tf.TensorShape([]), tf.TensorShape([1, None, None, 1])],
  )
  return tf.cast(grown[0, ..., 0], tf.uint8)


def _nearest(values: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  """Returns values [h, w] in another size, each the nearest one."""
  for axis in (0, 1):
    before = tf.cast(tf.shape(values)[axis], tf.float64)
    after = tf.cast(size[axis], tf.float64)
    places = (tf.range(after) + 0.5) * before / after
    values = tf.gather(values, tf.cast(places, tf.int32), axis=axis)
  return values
