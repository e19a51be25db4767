# SPDX-License-Identifier: Apache-2.0
"""Shares without specks and holes: `inference.edges.tidy`, in a graph."""

from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inference import edges as reference
from clothflow_tf.inputs import labels
from clothflow_tf.ops import windows
from export.serving.graph import edges
from export.serving.graph import regions


def tidy(place: edges.Place, outputs: dict[str, tf.Tensor]) -> tf.Tensor:
  """Returns the model's shares [H, W, 3] without specks."""
  shares = outputs['composition']
  layout = place.window.layout(place.layout)
  gone = place.removed(layout) > 0
  own = shares[..., 0] > 0.5
  drawn = place.removed(outputs['layout']) > 0
  shares = _without_specks(shares, layout != labels.BACKGROUND, gone)
  holes = _holes(own, gone) | _holes(drawn, gone)
  faded = edges.dilated(holes, reference.FADED.shape[0] // 2)
  return _set(shares, faded & gone, (1.0, 0.0, 0.0))


def _without_specks(
  shares: tf.Tensor, person: tf.Tensor, gone: tf.Tensor
) -> tf.Tensor:
  """Returns shares without pieces of garment by themselves.

  Args:
    shares: of garment, photo and painted, [H, W, 3].
    person: where she is in the photo, bool [H, W].
    gone: where her old garment is, bool [H, W].
  """
  own = shares[..., 0] > 0.5
  pieces = _pieces(own, person & ~gone)
  numbers = pieces.numbers
  order = tf.range(tf.size(pieces.sizes))
  other = order != tf.argmax(pieces.sizes, output_type=tf.int32)
  kept = other & (2 * pieces.marked > pieces.sizes)
  small = other & ~kept & (_portion(pieces.sizes, own) < reference.SPECK)
  # Beside two pieces, what the later one says.
  kept, small = (
    _last(tf.where(own, tf.gather(tf.where(x, order + 1, 0), numbers), 0))
    for x in (kept, small)
  )
  small = tf.where(gone, small, 0.0)
  shares = _set(shares, kept > small, (0.0, 1.0, 0.0))
  return _set(shares, small > kept, (0.0, 0.0, 1.0))


def _last(numbers: tf.Tensor) -> tf.Tensor:
  """Returns the largest number at or beside each pixel, float32 [H, W]."""
  plane = tf.cast(numbers, tf.float32)[tf.newaxis, ..., tf.newaxis]
  return windows.dilated(plane, 1)[0, ..., 0]


def _holes(region: tf.Tensor, gone: tf.Tensor) -> tf.Tensor:
  """Returns small holes of a region in the old garment, bool [H, W]."""
  pieces = _pieces(~region, gone)
  holes = pieces.marked == pieces.sizes
  holes &= _portion(pieces.sizes, region) < reference.HOLE
  return tf.gather(holes, pieces.numbers) & ~region


class _Pieces(NamedTuple):
  """Connected pieces of a region, in reading order.

  Attributes:
    sizes: pixels of each, int32 [n].
    marked: those of them that are marked.
    numbers: the piece of each pixel, int32 [H, W]; any outside the region.
  """

  sizes: tf.Tensor
  marked: tf.Tensor
  numbers: tf.Tensor


def _pieces(region: tf.Tensor, marked: tf.Tensor) -> _Pieces:
  """Returns the pieces of bool [H, W]; some of its pixels are marked."""
  runs = regions.runs(region, diagonal=False)
  rows, columns = region.shape
  grid = tf.meshgrid(tf.range(rows), tf.range(columns), indexing='ij')
  run = runs.at(*(tf.reshape(x, [-1]) for x in grid))
  numbers = tf.gather(runs.pieces, tf.maximum(run, 0))
  inside = tf.cast(run >= 0, tf.int32)
  chosen = inside * tf.cast(tf.reshape(marked, [-1]), tf.int32)
  counts = [
    tf.math.unsorted_segment_sum(x, numbers, runs.count)
    for x in (inside, chosen)
  ]
  return _Pieces(*counts, tf.reshape(numbers, region.shape))


def _portion(sizes: tf.Tensor, plane: tf.Tensor) -> tf.Tensor:
  """Returns sizes as portions of a plane's, float64."""
  return tf.cast(sizes, tf.float64) / (plane.shape[0] * plane.shape[1])


def _set(
  shares: tf.Tensor, region: tf.Tensor, value: tuple[float, float, float]
) -> tf.Tensor:
  return tf.where(region[..., tf.newaxis], tf.constant(value), shares)
