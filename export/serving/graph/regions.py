# SPDX-License-Identifier: Apache-2.0
"""Connected regions of a plane, as `cv2.connectedComponents` tells them apart.

TensorFlow has no such operation. A plane is cut into runs, the stretches of a
row that lie in the region: some thousands in a photograph. Runs of
neighbouring rows that touch are joined by hooking and shortcutting (each takes
the least number among its neighbours, then that number's own), which ends after
a logarithm of steps.
"""

from typing import NamedTuple

import tensorflow as tf


class Runs(NamedTuple):
  """The runs of a region, in reading order.

  One that is nowhere stands at the end, so that there is always one.

  Attributes:
    rows: int32 [n], of each run.
    starts: int32 [n], its first column.
    stops: int32 [n], its last column.
    pieces: int32 [n], the number of the first run that is connected with it.
    width: of the plane.
  """

  rows: tf.Tensor
  starts: tf.Tensor
  stops: tf.Tensor
  pieces: tf.Tensor
  width: tf.Tensor

  @property
  def count(self) -> tf.Tensor:
    return tf.size(self.rows)

  @property
  def real(self) -> tf.Tensor:
    """Whether each is a run of the plane, bool [n]."""
    return tf.range(self.count) < self.count - 1

  def at(self, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Returns which run holds each of n pixels, int32 [n]; -1 if none does."""
    keys = _keys(rows, columns, self.width)
    starts = _keys(self.rows, self.starts, self.width)
    stops = _keys(self.rows, self.stops, self.width)
    run = tf.searchsorted(starts, keys, 'right') - 1
    reached = tf.gather(stops, tf.maximum(run, 0)) >= keys
    return tf.where((run >= 0) & reached, run, -1)


def runs(region: tf.Tensor, diagonal: bool) -> Runs:
  """Returns the runs of a region, and which of them are connected.

  Args:
    region: bool [h, w].
    diagonal: whether pixels that touch at a corner are connected.
  """
  width = tf.shape(region)[1]
  edge = tf.zeros_like(region[:, :1])
  before = tf.concat([edge, region[:, :-1]], 1)
  after = tf.concat([region[:, 1:], edge], 1)
  first = tf.cast(tf.where(region & ~before), tf.int32)
  last = tf.cast(tf.where(region & ~after), tf.int32)
  # The one that is nowhere: two rows below, so that it touches nothing.
  nowhere = [[tf.shape(region)[0] + 2, 0]]
  first, last = (tf.concat([x, nowhere], 0) for x in (first, last))
  rows, starts, stops = first[:, 0], first[:, 1], last[:, 1]
  above, below = _neighbours(rows, starts, stops, width, int(diagonal))
  return Runs(rows, starts, stops, _joined(tf.size(rows), above, below), width)


def _neighbours(
  rows: tf.Tensor,
  starts: tf.Tensor,
  stops: tf.Tensor,
  width: tf.Tensor,
  reach: int,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns pairs of runs that touch, the upper ones and the lower ones."""
  low = _keys(rows - 1, starts - reach, width)
  high = _keys(rows - 1, stops + reach, width)
  first = tf.searchsorted(_keys(rows, stops, width), low, 'left')
  last = tf.searchsorted(_keys(rows, starts, width), high, 'right')
  pairs = tf.ragged.range(first, tf.maximum(first, last))
  return pairs.flat_values, tf.cast(pairs.value_rowids(), tf.int32)


def _joined(count: tf.Tensor, above: tf.Tensor, below: tf.Tensor) -> tf.Tensor:
  """Returns the least number that each of `count` runs is connected with."""
  ends = tf.concat([above, below], 0)[:, tf.newaxis]

  def step(numbers: tf.Tensor, _: tf.Tensor) -> list[tf.Tensor]:
    ours, others = tf.gather(numbers, above), tf.gather(numbers, below)
    least = tf.tile(tf.minimum(ours, others), [2])
    heads = tf.concat([ours, others], 0)[:, tf.newaxis]
    result = tf.tensor_scatter_nd_min(numbers, heads, least)
    result = tf.tensor_scatter_nd_min(result, ends, least)
    result = tf.gather(result, result)
    return [result, tf.reduce_any(result != numbers)]

  start = [tf.range(count), tf.constant(True)]
  return tf.while_loop(lambda _, changed: changed, step, start)[0]


def _keys(rows: tf.Tensor, columns: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
  """Returns numbers that grow in reading order; two columns to spare a row."""
  stride = tf.cast(width, tf.int64) + 2
  return tf.cast(rows, tf.int64) * stride + tf.cast(columns, tf.int64)
