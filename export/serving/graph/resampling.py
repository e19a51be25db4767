# SPDX-License-Identifier: Apache-2.0
"""Pillow's and OpenCV's ways to resize and to blur, in TensorFlow's operations.

A model must see in a graph what it sees in `clothflow_tf.inference`, which
resizes by Pillow and OpenCV. TensorFlow's own resizing has other filters, so
theirs are written here as products with sparse matrices of few taps a row:

- Pillow's filters, whose support grows with the reduction. Its weights are
  whole numbers of 22 bits and each pass rounds to bytes; so does this, in
  float64, which is exact.
- OpenCV's area and bilinear interpolation, the latter with positions rounded
  to 1/32 of a pixel, as `cv2.remap` does.
- Gaussians, of OpenCV's width: four standard deviations to each side.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

_BITS = 22  # Of Pillow's weights.
_ROUNDS = 32  # Of a pixel: positions of cv2.remap.
_TILE = 128  # Rows that one blur matrix yields.


class Filter(NamedTuple):
  """One of Pillow's filters: its support, and its value at a distance."""

  support: float
  value: Callable[[tf.Tensor], tf.Tensor]


def _cubic(x: tf.Tensor) -> tf.Tensor:
  a, x = -0.5, tf.abs(x)
  near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
  far = (((x - 5.0) * x + 8.0) * x - 4.0) * a
  return tf.where(x < 1.0, near, tf.where(x < 2.0, far, tf.zeros_like(x)))


def _box(x: tf.Tensor) -> tf.Tensor:
  return tf.cast((x > -0.5) & (x <= 0.5), tf.float64)


def _triangle(x: tf.Tensor) -> tf.Tensor:
  return tf.maximum(1.0 - tf.abs(x), 0.0)


BICUBIC = Filter(2.0, _cubic)
BOX = Filter(0.5, _box)
BILINEAR = Filter(1.0, _triangle)


class Span(NamedTuple):
  """Which part of an axis is resized: start and stop, float64, in pixels."""

  start: tf.Tensor
  stop: tf.Tensor


def pillow(
  image: tf.Tensor,
  size: tf.Tensor,
  kind: Filter,
  spans: tuple[Span, Span] | None = None,
) -> tf.Tensor:
  """Resizes uint8 [h, w, c] as `PIL.Image.resize` does, to the bit.

  Args:
    image: the picture.
    size: int32 [2], rows and columns of the result.
    kind: the filter.
    spans: of rows and of columns that are resized; None is all.
  """
  channels = image.shape[2]
  if spans is None:
    ends = tf.cast(tf.shape(image)[:2], tf.float64)
    zero = tf.zeros([], tf.float64)
    spans = Span(zero, ends[0]), Span(zero, ends[1])
  for axis in (1, 0):
    taps = _taps(tf.shape(image)[axis], size[axis], kind, spans[axis])
    lines = tf.transpose(image, [1, 0, 2]) if axis else image
    others = tf.shape(lines)[1]
    lines = tf.reshape(lines, [tf.shape(lines)[0], others * channels])
    total = tf.sparse.sparse_dense_matmul(taps, tf.cast(lines, tf.float64))
    levels = tf.floor((total + 2.0 ** (_BITS - 1)) / 2.0**_BITS)
    levels = tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)
    levels = tf.reshape(levels, [size[axis], others, channels])
    image = tf.transpose(levels, [1, 0, 2]) if axis else levels
  return image


def _taps(
  length: tf.Tensor, count: tf.Tensor, kind: Filter, span: Span
) -> tf.SparseTensor:
  """Returns Pillow's weights [count, length] for one axis."""
  # Pillow takes its box in single precision.
  start, stop = (tf.cast(tf.cast(x, tf.float32), tf.float64) for x in span)
  scale = tf.cast(
    tf.cast(stop, tf.float32) - tf.cast(start, tf.float32), tf.float64
  )
  scale /= tf.cast(count, tf.float64)
  stretch = tf.maximum(scale, 1.0)
  support = kind.support * stretch
  centers = start + (tf.range(tf.cast(count, tf.float64)) + 0.5) * scale
  first = tf.maximum(tf.cast(centers - support + 0.5, tf.int32), 0)
  last = tf.minimum(tf.cast(centers + support + 0.5, tf.int32), length)
  places = first[:, tf.newaxis] + tf.range(tf.reduce_max(last - first))
  distance = tf.cast(places, tf.float64) - centers[:, tf.newaxis] + 0.5
  weights = kind.value(distance / stretch)
  weights *= tf.cast(places < last[:, tf.newaxis], tf.float64)
  weights /= tf.reduce_sum(weights, 1, keepdims=True)
  weights *= 2.0**_BITS
  whole = tf.cast(weights + 0.5 * tf.sign(weights), tf.int32)
  return sparse(places, tf.cast(whole, tf.float64), length)


def sparse(
  places: tf.Tensor, weights: tf.Tensor, length: tf.Tensor
) -> tf.SparseTensor:
  """Returns a matrix of some taps a row.

  Args:
    places: int32 [n, k], columns; those beyond are moved to the edge.
    weights: [n, k], theirs.
    length: of a row.
  """
  count, taps = tf.shape(places)[0], tf.shape(places)[1]
  rows = tf.repeat(tf.range(count), taps)
  columns = tf.reshape(tf.clip_by_value(places, 0, length - 1), [-1])
  indices = tf.cast(tf.stack([rows, columns], 1), tf.int64)
  shape = tf.cast(tf.stack([count, length]), tf.int64)
  return tf.SparseTensor(indices, tf.reshape(weights, [-1]), shape)


def reduced(image: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
  """Averages uint8 [h, w, c] over squares, as `PIL.Image.reduce` does.

  Squares that the lower or the right edge cuts have fewer pixels.
  """
  size = tf.shape(image)[:2]
  count = (size + factor - 1) // factor
  after = count * factor - size
  padded = tf.pad(
    tf.cast(image, tf.int32), [[0, after[0]], [0, after[1]], [0, 0]]
  )
  shape = [count[0], factor, count[1] * factor * image.shape[2]]
  total = tf.reduce_sum(tf.reshape(padded, shape), 1)
  shape = [count[0], count[1], factor, image.shape[2]]
  total = tf.reduce_sum(tf.reshape(total, shape), 2)
  rows, columns = (
    tf.minimum(factor, size[axis] - factor * tf.range(count[axis]))
    for axis in (0, 1)
  )
  pixels = (rows[:, tf.newaxis] * columns)[..., tf.newaxis]
  # Pillow divides by a multiplication; the quotient is cut in float32.
  share = tf.cast(2.0**24 / tf.cast(pixels, tf.float32), tf.int64)
  total = tf.cast(total + pixels // 2, tf.int64) * share
  return tf.cast(tf.bitwise.right_shift(total, 24), tf.uint8)


def area(image: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  """Returns uint8 [h, w, c] in fewer pixels, as cv2.INTER_AREA; float32."""
  channels, before = image.shape[2], tf.shape(image)[:2]
  whole = tf.reduce_all(before == 2 * size)
  image = tf.cast(image, tf.float32)
  for axis in (1, 0):
    scale = tf.cast(before[axis], tf.float64) / tf.cast(size[axis], tf.float64)
    start = tf.range(tf.cast(size[axis], tf.float64)) * scale
    taps = tf.cast(tf.math.ceil(scale), tf.int32) + 1
    places = tf.cast(start, tf.int32)[:, tf.newaxis] + tf.range(taps)
    left = tf.cast(places, tf.float64)
    weights = tf.minimum(left + 1.0, (start + scale)[:, tf.newaxis])
    weights -= tf.maximum(left, start[:, tf.newaxis])
    weights *= tf.cast(places < before[axis], tf.float64)
    weights = tf.cast(tf.maximum(weights, 0.0) / scale, tf.float32)
    lines = tf.transpose(image, [1, 0, 2]) if axis else image
    others = tf.shape(lines)[1]
    lines = tf.reshape(lines, [before[axis], others * channels])
    lines = tf.sparse.sparse_dense_matmul(
      sparse(places, weights, before[axis]), lines
    )
    lines = tf.reshape(lines, [size[axis], others, channels])
    image = tf.transpose(lines, [1, 0, 2]) if axis else lines
  # Of squares of two by two, OpenCV rounds halves up.
  return tf.round(image + tf.where(whole, 1e-3, 0.0))


def enlarged(plane: tf.Tensor, y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
  """Samples float32 [H, W, c] at rows y and columns x: [h, w, c].

  Bilinear, as `cv2.remap`; outside the edge is repeated.

  Args:
    plane: the values.
    y: float32 [h], rows.
    x: float32 [w], columns.
  """
  height, width, channels = plane.shape
  lines = tf.transpose(plane, [1, 0, 2])
  lines = tf.reshape(lines, [width, height * channels])
  lines = tf.sparse.sparse_dense_matmul(_two_taps(x, width), lines)
  lines = tf.reshape(lines, [-1, height, channels])
  lines = tf.reshape(tf.transpose(lines, [1, 0, 2]), [height, -1])
  large = tf.sparse.sparse_dense_matmul(_two_taps(y, height), lines)
  return tf.reshape(large, [tf.size(y), tf.size(x), channels])


def _two_taps(places: tf.Tensor, length: int) -> tf.SparseTensor:
  first, share = rounded(places)
  pair = tf.stack([first, first + 1], 1)
  return sparse(pair, tf.stack([1.0 - share, share], 1), length)


def rounded(places: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns float32 places as whole pixels, int32, and shares of the next."""
  steps = tf.cast(tf.round(places * _ROUNDS), tf.int32)
  first = tf.math.floordiv(steps, _ROUNDS)
  return first, tf.cast(steps - first * _ROUNDS, tf.float32) / _ROUNDS


def smooth(plane: tf.Tensor, sigma: float) -> tf.Tensor:
  """Returns float32 [H, W, c] of a fixed size blurred, as `edges.smooth`."""
  height, width, channels = plane.shape
  lines = tf.reshape(plane, [height, width * channels])
  lines = tf.reshape(_matrix(height, sigma) @ lines, plane.shape)
  return tf.matmul(_matrix(width, sigma), lines)


def _matrix(length: int, sigma: float) -> tf.Tensor:
  """Returns the blur of an axis whose ends are repeated, [length, length].

  Made in the graph: as constants these would be most of an exported file.
  """
  reach = (round(8 * sigma + 1) | 1) // 2
  offsets = tf.range(-reach, reach + 1, dtype=tf.float64)
  kernel = tf.exp(-0.5 * tf.square(offsets / sigma))
  kernel /= tf.reduce_sum(kernel)
  total = tf.concat([tf.zeros([1], tf.float64), tf.cumsum(kernel)], 0)
  columns = tf.range(length)
  offset = columns - columns[:, tf.newaxis] + reach
  # The first and the last one stand for all that lies beyond them, too.
  first = tf.where(columns == 0, 0, offset)
  behind = tf.where(columns == length - 1, 2 * reach + 1, offset + 1)
  first, behind = (
    tf.gather(total, tf.clip_by_value(x, 0, 2 * reach + 1))
    for x in (first, behind)
  )
  return tf.cast(behind - first, tf.float32)


def reach(sigma: tf.Tensor) -> tf.Tensor:
  """Returns how many pixels a Gaussian reaches to each side, int32."""
  return (tf.cast(tf.round(8.0 * sigma + 1.0), tf.int32) | 1) // 2


def blurred(plane: tf.Tensor, sigma: tf.Tensor) -> tf.Tensor:
  """Returns float32 [h, w] blurred, without the margins of `reach` pixels.

  Args:
    plane: with margins.
    sigma: standard deviation in pixels, float64 [].
  """
  for _ in range(2):
    plane = tf.transpose(_blurred_rows(plane, sigma))
  return plane


def _blurred_rows(plane: tf.Tensor, sigma: tf.Tensor) -> tf.Tensor:
  margin = reach(sigma)
  rows, columns = tf.shape(plane)[0], tf.shape(plane)[1]
  count, width = rows - 2 * margin, _TILE + 2 * margin
  offsets = tf.range(width) - tf.range(_TILE)[:, tf.newaxis] - margin
  kernel = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float64) / sigma))
  kernel *= tf.cast(tf.abs(offsets) <= margin, tf.float64)
  kernel = tf.cast(kernel / tf.reduce_sum(kernel, 1, True), tf.float32)
  starts = tf.range(0, count, _TILE)
  places = starts[:, tf.newaxis] + tf.range(width)
  tiles = tf.gather(plane, tf.minimum(places, rows - 1))
  result = tf.matmul(kernel[tf.newaxis], tiles)
  return tf.reshape(result, [tf.size(starts) * _TILE, columns])[:count]
