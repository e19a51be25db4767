# SPDX-License-Identifier: Apache-2.0
"""Claims about weights that share values."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_optimization as tfmot

from clothflow_tf.training.compression import clustering

COUNT = 8


@pytest.fixture
def kernel():
  random = np.random.default_rng(1)
  values = random.normal(0.0, [0.1, 1.0, 3.0], (3, 3, 5, 3))
  values[random.uniform(size=values.shape) < 0.3] = 0.0
  return tf.constant(values, tf.float32)


def _clusters(kernel, kind=clustering.Clusters):
  shares = clustering.first_shares(kernel, COUNT)
  return kind(tf.Variable(shares, dtype=tf.float32), clustering.MEAN)


def _mask(kernel):
  return tf.cast(kernel != 0.0, tf.float32)


def test_the_nearest_share_is_the_one_that_comparing_finds(kernel):
  theirs = _clusters(kernel, tfmot.clustering.keras.ClusteringAlgorithm)
  expected = theirs.get_pulling_indices(kernel)
  nearest = _clusters(kernel).get_pulling_indices(kernel)
  assert len(np.unique(expected)) > 4
  np.testing.assert_array_equal(nearest, expected)


def test_every_channel_has_the_same_shares_of_its_largest_weight(kernel):
  clusters = _clusters(kernel)
  result = clustering.clustered(kernel, _mask(kernel), clusters).numpy()
  shares = result / abs(result).max((0, 1, 2))
  table = clusters.cluster_centroids.numpy()
  assert abs(shares[..., np.newaxis] - table).min(-1).max() < 1e-6
  # The largest weight stays itself: eight bits count in steps of it.
  np.testing.assert_allclose(
    abs(result).max((0, 1, 2)), abs(kernel.numpy()).max((0, 1, 2)), rtol=1e-6
  )
  # So many shares for normal weights: 0.03 of the variance (Lloyd, Max).
  assert np.square(result - kernel).mean() < 0.05 * kernel.numpy().var()


def test_in_eight_bits_all_channels_have_the_same_few_numbers(kernel):
  weights = clustering.clustered(kernel, _mask(kernel), _clusters(kernel))
  # What an exported file does: normalisation folded in, a scale a channel.
  folded = weights.numpy() * np.array([0.3, 1.7, 5.0], np.float32)
  steps = np.round(127 * folded / abs(folded).max((0, 1, 2)))
  assert len(np.unique(steps)) <= COUNT
  assert len(np.unique(folded)) > 2 * COUNT


def test_zeros_stay_zeros_and_learn_nothing(kernel):
  clusters, mask = _clusters(kernel), _mask(kernel)
  moved = kernel + 0.2  # As a step of the optimizer might.
  with tf.GradientTape() as tape:
    tape.watch(moved)
    result = clustering.clustered(moved, mask, clusters)
    loss = tf.reduce_sum(result * tf.cast(tf.range(3), tf.float32))
  gradient = tape.gradient(loss, moved).numpy()
  zeros = mask.numpy() == 0.0
  assert 0.2 < zeros.mean() < 0.4
  assert not result.numpy()[zeros].any()
  assert not gradient[zeros].any()
  # Straight through: as if nothing had been clustered.
  np.testing.assert_allclose(gradient[..., 2][~zeros[..., 2]], 2.0, rtol=1e-5)


def test_a_share_moves_by_the_mean_gradient_of_its_weights(kernel):
  clusters, mask = _clusters(kernel), _mask(kernel)
  with tf.GradientTape() as tape:
    result = clustering.clustered(kernel, mask, clusters)
    loss = tf.reduce_sum(result)
  gradient = tape.gradient(loss, clusters.cluster_centroids)
  shares = (kernel / tf.reduce_max(abs(kernel), [0, 1, 2])).numpy()
  largest = np.broadcast_to(abs(kernel.numpy()).max((0, 1, 2)), shares.shape)
  places = clusters.get_pulling_indices(tf.constant(shares)).numpy()
  expected = [largest[places == k].mean() for k in range(3, COUNT)]
  np.testing.assert_allclose(gradient[3:], expected, rtol=1e-4)


def test_ends_and_zero_are_pinned_and_shares_stay_within():
  moved = clustering.pinned(tf.constant([-0.9, 0.1, 0.7, 0.3, 1.4]))
  np.testing.assert_allclose(moved, [-1.0, 0.0, 1.0, 0.3, 1.0])
