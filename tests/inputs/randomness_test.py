# SPDX-License-Identifier: Apache-2.0
"""Claims about random numbers that follow from an example's place alone."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import randomness

DRAW = {'uniform': randomness.uniform, 'normal': randomness.normal}
EACH = pytest.mark.parametrize('kind', DRAW)


def _drawn(kind, places, seed=3, purpose='ends', count=50):
  return randomness.each(
    tf.constant(places, tf.int64),
    seed,
    purpose,
    lambda own: DRAW[kind]([count], own),
  ).numpy()


@EACH
def test_a_place_has_the_same_numbers_in_any_batch(kind):
  np.testing.assert_array_equal(
    _drawn(kind, [4, 7, 9])[1:], _drawn(kind, [7, 9])
  )


@EACH
def test_places_seeds_and_purposes_have_numbers_of_their_own(kind):
  drawn = [
    *_drawn(kind, [4, 5]),
    *_drawn(kind, [4], seed=4),
    *_drawn(kind, [4], purpose='margin'),
  ]
  correlations = np.corrcoef(drawn) - np.eye(len(drawn))
  # Of 50 independent pairs it is 0.14 in the mean square.
  assert np.abs(correlations).max() < 0.6


@EACH
def test_xla_draws_the_same(kind):
  places = tf.constant([1, 2, 40_000], tf.int64)

  def draw():
    return randomness.each(
      places, 3, 'warp_noise', lambda own: DRAW[kind]([4, 5], own)
    )

  compiled = tf.function(draw, jit_compile=True)()
  np.testing.assert_allclose(compiled, tf.function(draw)(), atol=1e-5)


def test_uniform_numbers_fill_zero_to_one_evenly():
  values = _drawn('uniform', range(100), count=100).ravel()
  assert 0.0 <= values.min() < values.max() < 1.0
  counts, _ = np.histogram(values, bins=10, range=(0, 1))
  # 10,000 numbers: 1,000 a bin, with a deviation of 30.
  assert np.abs(counts - 1000).max() < 150


def test_normal_numbers_have_the_moments_of_a_normal_distribution():
  values = _drawn('normal', range(100), count=100).ravel()
  assert abs(values.mean()) < 0.05
  assert abs(values.std() - 1.0) < 0.03
  assert abs((values**4).mean() - 3.0) < 0.4
