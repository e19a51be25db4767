# SPDX-License-Identifier: Apache-2.0
"""What is random about a training example follows from its place alone.

An example's place in the training's order and the run's seed give all of its
random numbers. So a restarted training draws the same ones again, and neither
the number of replicas nor the size of a batch matters. Each purpose has numbers
of its own, or two of them would rise and fall together.
"""

from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

# Purpose -> what sets its numbers apart.
_PURPOSES = {
  'augment': 10,
  'predicted_layout': 20,
  'warp_noise': 30,
  'margin': 40,
  'ends': 50,
}


# TensorFlow chooses another generator under XLA, which TPUs need.
_GENERATOR = 'philox'


def uniform(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
  """Returns float32 numbers in [0, 1) of a stateless seed [2]."""
  return tf.random.stateless_uniform(shape, seed, alg=_GENERATOR)


def normal(shape: Sequence[int], seed: tf.Tensor) -> tf.Tensor:
  """Returns float32 standard normal numbers of a stateless seed [2]."""
  return tf.random.stateless_normal(shape, seed, alg=_GENERATOR)


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

  def one(place: tf.Tensor) -> tf.Tensor:
    return draw(
      tf.random.experimental.stateless_fold_in(
        [seed, place], _PURPOSES[purpose], alg=_GENERATOR
      )
    )

  places = tf.cast(places, tf.int64)
  return tf.map_fn(one, places, fn_output_signature=tf.float32)
