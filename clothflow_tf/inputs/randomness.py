# SPDX-License-Identifier: Apache-2.0
"""What is random about a training example follows from its place alone.

An example's place in the training's order and the run's seed give all of its
random numbers. So a restarted training draws the same ones again, and neither
the number of replicas nor the size of a batch matters. Each purpose has numbers
of its own, or two of them would rise and fall together.
"""

from collections.abc import Callable
from collections.abc import Sequence
import math

import tensorflow as tf

# Purpose -> what sets its numbers apart.
_PURPOSES = {
  'augment': 10,
  'predicted_layout': 20,
  'warp_noise': 30,
  'margin': 40,
  'ends': 50,
}


# Beyond the largest seed of a run, 2 ** 32 - 1.
_APART = 2**32
# TensorFlow chooses another generator under XLA, which TPUs need. Of Philox the
# bits are the same there, but not the floats: they are made of the bits here.
_GENERATOR = 'philox'
_BITS = 24  # As many as float32 holds.


def uniform(shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
  """Returns float32 numbers in [0, 1) of a stateless seed [2]."""
  bits = tf.random.stateless_uniform(
    shape, seed, None, None, tf.int32, alg=_GENERATOR
  )
  low = tf.bitwise.bitwise_and(bits, 2**_BITS - 1)
  return tf.cast(low, tf.float32) * 2.0**-_BITS


def normal(shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
  """Returns float32 standard normal numbers of a stateless seed [2].

  Reference: Box and Muller, 1958.
  """
  length, angle = tf.unstack(uniform(tf.concat([[2], shape], 0), seed))
  radius = tf.sqrt(-2.0 * tf.math.log(1.0 - length))
  return radius * tf.cos(2.0 * math.pi * angle)


def each(
  places: tf.Tensor,
  seed: int,
  purpose: str,
  draw: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
  """Draws for each place of a batch by itself.

  Args:
    places: int64 [B], places in the training's order.
    seed: the run's.
    purpose: one of `_PURPOSES`.
    draw: returns what is drawn from a stateless seed [2]; float32, always of
      the same shape.

  Returns:
    float32 [B, ...].
  """

  # Not stateless_fold_in, which gives other seeds under XLA.
  first = seed + _PURPOSES[purpose] * _APART

  def one(place: tf.Tensor) -> tf.Tensor:
    return draw(tf.stack([tf.constant(first, tf.int64), place]))

  def drawn(places: tf.Tensor) -> tf.Tensor:
    return tf.map_fn(one, places, fn_output_signature=tf.float32)

  places = tf.cast(places, tf.int64)
  if tf.executing_eagerly():  # Python would take a millisecond an example.
    drawn = tf.function(drawn)
  return drawn(places)
