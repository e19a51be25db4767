# SPDX-License-Identifier: Apache-2.0
"""Where in a photograph the model looks: `inputs.window`, in a graph.

The same numbers by the same formulas, in float64, so that a window is that of
the reference to its last digits; see there for the reasons.
"""

from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from clothflow_tf.inputs import window as reference
from export.serving.graph import regions
from export.serving.graph import resampling


class Photo(NamedTuple):
  """A person: `reader.Original` as tensors.

  Attributes:
    pixels: uint8 [h, w, 3].
    layout: uint8 [h, w], labels of a record.
    keypoints: float32 [18, 3] in pixels of the photo; zeros where missing.
  """

  pixels: tf.Tensor
  layout: tf.Tensor
  keypoints: tf.Tensor


class Window(NamedTuple):
  """`inputs.window.Window`: left, top and scale are float64 scalars."""

  left: tf.Tensor
  top: tf.Tensor
  scale: tf.Tensor
  size: raw.Size

  def to_model(self, places: tf.Tensor, axis: int) -> tf.Tensor:
    """Returns x (axis 0) or y (1) of the photo as x or y of the model."""
    start = (self.left, self.top)[axis]
    return (tf.cast(places, tf.float64) + 0.5 - start) / self.scale - 0.5

  def points(self, keypoints: tf.Tensor) -> tf.Tensor:
    """Returns keypoints [18, 3] of the photo in the model; zeros outside."""
    moved = tf.stack(
      [self.to_model(keypoints[:, axis], axis) for axis in (0, 1)], 1
    )
    limits = tf.constant(self.size[::-1], tf.float64) - 0.5
    seen = tf.reduce_all((moved >= -0.5) & (moved < limits), 1)
    moved = tf.clip_by_value(moved, 0.0, tf.floor(limits))
    moved = tf.cast(moved, tf.float32)
    present = (seen & (keypoints[:, 2] > 0))[:, tf.newaxis]
    moved = tf.concat([moved, keypoints[:, 2:]], 1)
    return tf.where(present, moved, tf.zeros_like(moved))

  def picture(self, photo: tf.Tensor) -> tf.Tensor:
    """Returns what the model sees of a photo, uint8 [H, W, 3]."""
    finest = float(reference.FINEST)
    factor = tf.maximum(1, tf.cast(self.scale / finest, tf.int32))
    part, spans = self._part(photo, factor)
    size = tf.constant(self.size, tf.int32)
    image = resampling.pillow(part, size, resampling.BICUBIC, spans)
    return tf.ensure_shape(image, [*self.size, 3])

  def _part(
    self, photo: tf.Tensor, factor: tf.Tensor
  ) -> tuple[tf.Tensor, tuple[resampling.Span, resampling.Span]]:
    """Returns the part that is resized, and what of it the window is."""
    divisor = tf.cast(factor, tf.float64)
    places, spans = [], []
    for axis, start in enumerate((self.top, self.left)):
      start, length = start / divisor, self.scale * self.size[axis] / divisor
      first = tf.cast(tf.floor(start), tf.int32)
      last = tf.cast(tf.math.ceil(start + length), tf.int32)
      limit = (tf.shape(photo)[axis] + factor - 1) // factor
      places.append(tf.clip_by_value(tf.range(first, last), 0, limit - 1))
      inside = start - tf.cast(first, tf.float64)
      end = tf.minimum(inside + length, tf.cast(last - first, tf.float64))
      spans.append(resampling.Span(inside, end))
    rows, columns = places
    top, left = rows[0], columns[0]
    low, right = (rows[-1] + 1) * factor, (columns[-1] + 1) * factor
    # Only what is seen of a large photo is averaged.
    part = photo[top * factor : low, left * factor : right]
    part = tf.cond(
      factor > 1, lambda: resampling.reduced(part, factor), lambda: part
    )
    part = tf.gather(part, rows - top)
    return tf.gather(part, columns - left, axis=1), tuple(spans)

  def places(self, axis: int) -> tf.Tensor:
    """Returns the row (axis 0) or column (1) of the photo at each pixel."""
    centers = tf.range(self.size[axis], dtype=tf.float64) + 0.5
    start = (self.top, self.left)[axis]
    return tf.cast(tf.floor(centers * self.scale + start), tf.int32)

  def layout(self, layout: tf.Tensor) -> tf.Tensor:
    """Returns a photo's labels [h, w] as the model sees them; 0 outside."""
    for axis in (0, 1):
      places, limit = self.places(axis), tf.shape(layout)[axis]
      inside = (places >= 0) & (places < limit)
      layout = tf.gather(
        layout, tf.clip_by_value(places, 0, limit - 1), axis=axis
      )
      inside = tf.expand_dims(inside, 1 - axis)
      layout = tf.where(inside, layout, tf.zeros_like(layout))
    return tf.ensure_shape(layout, self.size)


class Own(NamedTuple):
  """Which runs of a layout are the person of a pose: bool [n]."""

  runs: regions.Runs
  mine: tf.Tensor

  def lowest(self) -> tf.Tensor:
    """Returns the row below the person's last one, int32."""
    rows = tf.where(self.mine & self.runs.real, self.runs.rows, -1)
    return tf.reduce_max(rows) + 1

  def seen(self, window: Window) -> tf.Tensor:
    """Returns which pixels of a window are the person, bool [H, W]."""
    rows, columns = window.places(0), window.places(1)
    grid = tf.meshgrid(rows, columns, indexing='ij')
    run = self.runs.at(*(tf.reshape(x, [-1]) for x in grid))
    mine = (run >= 0) & tf.gather(self.mine, tf.maximum(run, 0))
    inside = (grid[1] >= 0) & (grid[1] < self.runs.width)
    return tf.reshape(mine, window.size) & inside


def own_region(layout: tf.Tensor, keypoints: tf.Tensor) -> Own:
  """Returns which part of a layout is the person of a pose."""
  runs = regions.runs(layout > 0, diagonal=True)
  here = tf.boolean_mask(keypoints, keypoints[:, 2] > 0)[:, :2]
  here = tf.cast(here, tf.int32)
  run = runs.at(here[:, 1], here[:, 0])
  piece = tf.gather(runs.pieces, tf.boolean_mask(run, run >= 0))
  held = tf.math.unsorted_segment_sum(tf.ones_like(piece), piece, runs.count)
  face = layout == labels.FACE
  at_left = tf.concat([tf.zeros_like(face[:, :1]), face[:, :-1]], 1)
  begins = tf.cast(tf.where(face & ~at_left), tf.int32)
  piece = tf.gather(runs.pieces, runs.at(begins[:, 0], begins[:, 1]))
  faces = tf.math.unsorted_segment_sum(tf.ones_like(piece), piece, runs.count)
  # Of several that hold as many, OpenCV's first: it reads blocks of 2 by 2.
  order = (runs.rows // 2) * runs.width + runs.starts // 2
  order = tf.math.unsorted_segment_min(order, runs.pieces, runs.count)
  most = held == tf.reduce_max(held)
  best = tf.argmin(tf.where(most, order, order.dtype.max), output_type=tf.int32)
  others = (faces > 0) & (tf.range(runs.count) != best)
  mine = tf.gather((held > 0) & ~others, runs.pieces)
  return Own(runs, mine | ~tf.reduce_any(held > 0))


def place(photo: Photo, own: Own, label: tf.Tensor, size: raw.Size) -> Window:
  """Returns the window for a person who is to wear a garment of a label."""
  height, width = (
    tf.cast(tf.shape(photo.layout)[axis], tf.float64) for axis in (0, 1)
  )
  neck, torso = _body(photo.keypoints)
  scale = tf.maximum(height / size.height, width / size.width)
  left = (width - scale * size.width) / 2.0
  whole = Window(left, (height - scale * size.height) / 2.0, scale, size)
  aspect = (height / width) / (size.height / size.width)
  limit = reference.WHOLE_ASPECT
  usual = _is_usual(whole, neck, torso) & _is_any(label, labels.UPPER)
  usual &= (1 / limit <= aspect) & (aspect <= limit)
  near = _near(own, neck, torso, label, size)
  around = _around_box(photo.layout, size)
  known = torso > 1.0
  parts = (
    tf.where(known, tf.where(usual, a, b), c)
    for a, b, c in zip(whole[:3], near[:3], around[:3])
  )
  return Window(*parts, size)


def _is_any(label: tf.Tensor, known: tuple[int, ...]) -> tf.Tensor:
  return tf.reduce_any(tf.equal(label, known))


def _near(
  own: Own, neck: tf.Tensor, torso: tf.Tensor, label: tf.Tensor, size: raw.Size
) -> Window:
  """Returns the window around a body whose neck and torso are known."""
  low, high = reference.TORSO
  low_neck, high_neck = reference.NECK_AT
  slope = (high_neck - low_neck) / (high - low)
  depth = (tf.cast(own.lowest(), tf.float64) - neck[1]) / torso
  share = (reference.LOWEST - (low_neck - slope * low)) / (slope + depth)
  share = tf.clip_by_value(share, low, high)
  share = tf.where(_is_any(label, labels.LOWER), share, high)
  done = (share - low) / (high - low)
  neck_at = low_neck + done * (high_neck - low_neck)
  scale = torso / (share * size.height)
  return Window(
    neck[0] + 0.5 - scale * size.width / 2.0,
    neck[1] + 0.5 - scale * size.height * neck_at,
    scale,
    size,
  )


def _body(keypoints: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the neck (x, y) and the torso's length; 0 if it is unknown."""
  present = keypoints[:, 2] > 0
  points = tf.cast(keypoints[:, :2], tf.float64)
  shoulders, hips = (
    tf.gather(points, pair) for pair in (reference.SHOULDERS, reference.HIPS)
  )
  have_shoulders = tf.reduce_all(tf.gather(present, reference.SHOULDERS))
  have_neck = present[reference.NECK]
  middle = tf.reduce_mean(shoulders, 0)
  neck = tf.where(have_neck, points[reference.NECK], middle)
  across = tf.norm(shoulders[0] - shoulders[1]) / reference.SHOULDERS_OF_TORSO
  have_hips = tf.cast(tf.gather(present, reference.HIPS), tf.float64)
  count = tf.reduce_sum(have_hips)
  hip = tf.reduce_sum(hips * have_hips[:, tf.newaxis], 0)
  down = tf.norm(hip / tf.maximum(count, 1.0) - neck)
  torso = tf.maximum(
    tf.where(have_shoulders, across, 0.0), tf.where(count > 0.0, down, 0.0)
  )
  return neck, tf.where(have_neck | have_shoulders, torso, 0.0)


def _is_usual(whole: Window, neck: tf.Tensor, torso: tf.Tensor) -> tf.Tensor:
  """Says whether a person stands in a window as the training's do."""
  height, width = whole.size
  numbers = [
    whole.to_model(neck[0], 0) / width,
    whole.to_model(neck[1], 1) / height,
    torso / whole.scale / height,
  ]
  limits = (*reference.WHOLE_NECK, reference.WHOLE_TORSO)
  within = [(a <= x) & (x <= b) for x, (a, b) in zip(numbers, limits)]
  return tf.reduce_all(within)


def _around_box(layout: tf.Tensor, size: raw.Size) -> Window:
  """Returns a window around the layout's box, or the photo if it has none."""
  shown = layout > 0
  shown |= ~tf.reduce_any(shown)
  ends = []
  for axis in (1, 0):
    places = tf.where(tf.reduce_any(shown, axis))[:, 0]
    ends += [tf.reduce_min(places), tf.reduce_max(places) + 1]
  top, low, left, right = (tf.cast(x, tf.float64) for x in ends)
  scale = tf.maximum((low - top) / size.height, (right - left) / size.width)
  scale /= reference.BOX
  return Window(
    (left + right - scale * size.width) / 2.0,
    (top + low - scale * size.height) / 2.0,
    scale,
    size,
  )
