# SPDX-License-Identifier: Apache-2.0
"""Batch normalisation over the global batch, where several replicas train.

Keras' `synchronized` layer takes the variance as E[x^2] - E[x]^2, which loses
digits, and moves its statistics by the biased variance, where the layer for one
replica (Keras' fused one) moves them by the unbiased one: on the coarsest
level of a small model they end 1 % apart. Here the variance is the mean squared
distance from the global mean, and unbiased in the moving statistics, so that
two replicas and one train the same weights.
"""

from collections.abc import Iterator
import contextlib
import threading

import tensorflow as tf

# Replicas are traced in threads of their own, in turns.
_thread = threading.local()


@contextlib.contextmanager
def at_rest() -> Iterator[None]:
  """Within, in this thread, moving statistics are left where they are."""
  _thread.at_rest = True
  try:
    yield
  finally:
    _thread.at_rest = False


class GlobalBatchNormalization(tf.keras.layers.BatchNormalization):
  """As Keras' layer, with the same weights; [B, H, W, C] in, and out."""

  def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    replica = tf.distribute.get_replica_context()
    if not training or replica is None:  # None: the network is being built.
      return super().call(inputs, training=training)
    x = tf.cast(inputs, tf.float32)
    mean = _over_replicas(x)
    variance = _over_replicas(tf.math.squared_difference(x, mean))
    values = tf.size(x) // tf.shape(x)[-1] * replica.num_replicas_in_sync
    unbiased = tf.cast(values, tf.float32) / tf.cast(values - 1, tf.float32)
    self._move(self.moving_mean, mean)
    self._move(self.moving_variance, variance * unbiased)
    y = tf.nn.batch_normalization(
      x, mean, variance, self.beta, self.gamma, self.epsilon
    )
    return tf.cast(y, inputs.dtype)

  def _move(self, average: tf.Variable, value: tf.Tensor) -> None:
    if getattr(_thread, 'at_rest', False):
      return
    average.assign_sub((average - value) * (1.0 - self.momentum))


def _over_replicas(x: tf.Tensor) -> tf.Tensor:
  """Returns the mean [C] of [B, H, W, C] of all replicas, of equal size."""
  replica = tf.distribute.get_replica_context()
  return replica.all_reduce('MEAN', tf.reduce_mean(x, [0, 1, 2]))
