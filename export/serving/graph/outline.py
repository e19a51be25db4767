# SPDX-License-Identifier: Apache-2.0
"""A parse map's outline, moved: `inference.outline`, in a graph."""

import tensorflow as tf

from clothflow_tf.inference import outline as reference
from clothflow_tf.inputs import labels
from export.serving.graph import edges
from export.serving.graph import framing
from export.serving.graph import resampling

# Which labels a region has, and which may change, bool [20] each.
_Kinds = tuple[tf.Tensor, tf.Tensor]


def to_photo(
  pixels: tf.Tensor, layout: tf.Tensor, window: framing.Window
) -> tf.Tensor:
  """Returns a layout, uint8 [h, w], whose outline follows a photo.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
  """
  person = tf.range(labels.NUM_LABELS) != labels.BACKGROUND
  return _to_edges(pixels, layout, window, (person, tf.ones_like(person)))


def garment_to_photo(
  pixels: tf.Tensor,
  layout: tf.Tensor,
  window: framing.Window,
  garment: tf.Tensor,
) -> tf.Tensor:
  """Returns a layout whose garment ends where the photo shows that it does.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
    garment: which labels are the garment, bool [20].
  """
  rest = ~garment & (tf.range(labels.NUM_LABELS) != labels.BACKGROUND)
  return _to_edges(pixels, layout, window, (rest, rest | garment))


def _to_edges(
  pixels: tf.Tensor, layout: tf.Tensor, window: framing.Window, kinds: _Kinds
) -> tf.Tensor:
  """Returns a layout in which the edge of some labels follows the photo.

  Args:
    pixels: the photo, uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    window: where the person is; elsewhere the layout stays.
    kinds: which labels they are, and which may change.
  """
  (top, low), (left, right) = (
    _inside(window, axis, tf.shape(layout)[axis]) for axis in (0, 1)
  )
  part = layout[top:low, left:right]
  ours, known = (tf.gather(x, tf.cast(part, tf.int32)) for x in kinds)

  def moved() -> tf.Tensor:
    seen = pixels[top:low, left:right]
    result = _part(seen, part, kinds, window.scale)
    row = tf.concat(
      [layout[top:low, :left], result, layout[top:low, right:]], 1
    )
    return tf.concat([layout[:top], row, layout[low:]], 0)

  two = tf.reduce_any(ours) & tf.reduce_any(known & ~ours)
  return tf.cond(two, moved, lambda: layout)


def _inside(
  window: framing.Window, axis: int, limit: tf.Tensor
) -> list[tf.Tensor]:
  """Returns the first row (column) that a window shows, and that behind."""
  start = (window.top, window.left)[axis]
  ends = tf.stack([start, start + window.size[axis] * window.scale])
  most = tf.cast(limit, tf.float64)
  return tf.unstack(tf.cast(tf.clip_by_value(ends, 0.0, most), tf.int32))


def _part(
  pixels: tf.Tensor, part: tf.Tensor, kinds: _Kinds, scale: tf.Tensor
) -> tf.Tensor:
  ours, known = (tf.gather(x, tf.cast(part, tf.int32)) for x in kinds)
  factor = tf.maximum(scale / reference.FINEST, 1.0)
  before = tf.shape(part)
  size = tf.cast(tf.round(tf.cast(before, tf.float64) / factor), tf.int32)
  size = tf.maximum(size, 2)
  masks = 255 * tf.cast(tf.stack([ours, known], -1), tf.uint8)
  values = tf.concat([pixels, masks], -1)
  values = tf.cond(
    tf.reduce_any(size != before),
    lambda: resampling.area(values, size),
    lambda: tf.cast(values, tf.float32),
  )
  values = tf.ensure_shape(values, [None, None, 5])
  mask, weight = values[..., 3:4] / 255.0, values[..., 4:] / 255.0
  share = _moved(values[..., :3], mask, weight, scale / factor)
  large = tf.concat([share, tf.abs(share - mask)], -1)
  large = tf.image.resize(large, before)
  changed = (large[..., 1] > reference.LEAST) & known
  region = tf.where(changed, large[..., 0] > 0.5, ours)
  turns = tf.math.ceil(reference.REACH * scale / factor)
  turns = tf.cast(turns, tf.int32) + 1
  return _labelled(part, region, kinds, (size, turns))


def _moved(
  picture: tf.Tensor, mask: tf.Tensor, known: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
  """Returns how sure a pixel is the mask's, [h, w, 1].

  Args:
    picture: float32 [h, w, 3].
    mask: float32 [h, w, 1], 1 on the person.
    known: float32 [h, w, 1], 1 on her and on what she is told from.
    scale: pixels of the picture for one of the model.
  """
  rest = known - mask
  near = _mixed(mask, rest, tf.maximum(1, _whole(reference.REACH * scale)))
  reach = _whole(reference.RADIUS * scale)
  spread = _spread(picture, mask, rest, scale)
  share, sure = mask, mask
  for _ in range(reference.TURNS):
    ours, others = (
      _mean(picture, known * x, reach) for x in (share, 1.0 - share)
    )
    way = ours - others
    length = tf.reduce_sum(tf.square(way), -1, keepdims=True)
    length = tf.maximum(length, 1.0)
    along = tf.reduce_sum((picture - others) * way, -1, keepdims=True) / length
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
    picture: what the model sees, float32 [H, W, 3].
    layout: its labels, uint8 [H, W].
  """
  mask = tf.cast(layout != labels.BACKGROUND, tf.float32)[..., tf.newaxis]
  regions, reach = (mask, 1.0 - mask), tf.constant(round(reference.RADIUS))
  ours, others = (_mean(picture, region, reach) for region in regions)
  distance = tf.norm(ours - others, axis=-1, keepdims=True)
  distance -= _spread(picture, *regions, tf.constant(1.0, tf.float64))
  return (_mixed(*regions, reach) * _clear(distance))[..., 0]


def _spread(
  picture: tf.Tensor, ours: tf.Tensor, others: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
  """Returns how far colours are from their means, [h, w, 1]."""
  reach = tf.maximum(1, _whole(reference.REACH * scale))
  wide = reach + _whole(reference.RADIUS * scale)
  total = 0.0
  for region in (ours, others):
    inner = tf.cast(_box(region, reach) > 1.0 - reference.LEAST, tf.float32)
    values = tf.concat([picture, tf.square(picture)], -1)
    means = _mean(values, inner, wide)
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


def _mixed(ours: tf.Tensor, others: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
  """Returns 1.0 where there are some of either region."""
  some = [_box(x, reach) > reference.LEAST for x in (ours, others)]
  return tf.cast(some[0] & some[1], tf.float32)


def _mean(picture: tf.Tensor, weight: tf.Tensor, reach: tf.Tensor) -> tf.Tensor:
  """Returns the weighted means over squares of [h, w, c]."""
  sums = _box(tf.concat([picture * weight, weight], -1), reach)
  return sums[..., :-1] / tf.maximum(sums[..., -1:], 1e-3)


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


def _labelled(
  layout: tf.Tensor,
  region: tf.Tensor,
  kinds: _Kinds,
  search: tuple[tf.Tensor, tf.Tensor],
) -> tf.Tensor:
  """Returns labels [h, w] of a region; new pixels take the nearest.

  Args:
    layout: labels [h, w].
    region: where some of the labels are now, bool [h, w].
    kinds: which labels those are, and which may change.
    search: rows and columns that are enough to look for the nearest, and how
      many of these pixels are new.
  """
  ours, known = (tf.gather(x, tf.cast(layout, tf.int32)) for x in kinds)
  size, turns = search
  kept = tf.where(ours, layout, tf.zeros_like(layout))
  grown = _nearest(_grown(_nearest(kept, size), turns), tf.shape(layout))
  grown = tf.where(kept > 0, kept, grown)
  others = tf.cast(tf.boolean_mask(layout, known & ~ours), tf.int32)
  counts = tf.math.bincount(others, minlength=labels.NUM_LABELS)
  result = tf.where(region, grown, tf.cast(tf.argmax(counts), tf.uint8))
  result = tf.where(known, result, layout)
  head = kinds[1][labels.BACKGROUND] & edges.is_any(grown, labels.HEAD)
  return tf.where(head, layout, result)


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
