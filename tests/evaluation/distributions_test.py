# SPDX-License-Identifier: Apache-2.0
"""Claims about distances of sets of pictures, and about intervals."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.evaluation import distributions
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import intervals
from clothflow_tf.evaluation import numbers


def _features(count, offset, seed, size=12):
  rng = np.random.default_rng(seed)
  mixing = np.random.default_rng(9).standard_normal((size, size))
  return rng.standard_normal((count, size)) @ mixing + offset


def test_frechet_distance_is_that_of_a_root_of_the_matrix():
  from scipy import linalg

  ours, theirs = _features(40, 0.0, 1), _features(60, 0.5, 2)
  first, second = (np.cov(x, rowvar=False) for x in (ours, theirs))
  root = linalg.sqrtm(first @ second).real
  apart = ours.mean(0) - theirs.mean(0)
  expected = apart @ apart + np.trace(first + second - 2 * root)
  # The root of a product of matrices loses half of float64's digits.
  np.testing.assert_allclose(
    distributions.frechet(ours, theirs), expected, rtol=1e-6
  )


def test_kernel_distance_is_that_of_its_sums():
  ours, theirs = _features(7, 0.0, 1), _features(5, 0.5, 2)

  def kernel(x, y):
    return (sum(a * b for a, b in zip(x, y)) / len(x) + 1) ** 3

  def mean(first, second, apart):
    return np.mean(
      [
        kernel(x, y)
        for i, x in enumerate(first)
        for j, y in enumerate(second)
        if not apart or i != j
      ]
    )

  expected = mean(ours, ours, True) + mean(theirs, theirs, True)
  expected -= 2 * mean(ours, theirs, False)
  np.testing.assert_allclose(
    distributions.kernel(ours, theirs), expected, rtol=1e-9
  )


@pytest.mark.parametrize(
  'distance', [distributions.frechet, distributions.kernel]
)
def test_what_lies_further_is_further(distance):
  truth = _features(80, 0.0, 1)
  near, far, farther = (
    distance(_features(80, offset, 2), truth) for offset in (0.0, 1.0, 3.0)
  )
  assert near < far < farther
  assert abs(distributions.frechet(truth, truth)) < 1e-6


def test_inception_score_is_the_number_of_classes_that_are_sure():
  sure = np.eye(5)[np.arange(50) % 5]
  assert abs(distributions.inception_score(sure) - 5.0) < 1e-9
  unsure = 0.5 * sure + 0.1
  assert 1.0 < distributions.inception_score(unsure) < 3.0
  assert abs(distributions.inception_score(np.full((9, 4), 0.25)) - 1) < 1e-9


def test_of_no_network_and_of_one_example_nothing_is_said():
  assert distributions.numbers({}) == {}
  one = {'features': np.ones((1, 3))}
  assert distributions.numbers({'result': one, 'truth': one}) == {}


class _Means(tf.Module):
  """A network of a user: the mean colour as features."""

  @tf.function(input_signature=[tf.TensorSpec((None, 64, 48, 3))])
  def __call__(self, images):
    return tf.reduce_mean(images, [1, 2])


def test_a_network_of_the_user_is_called_with_pictures_as_they_are(tmp_path):
  tf.saved_model.save(_Means(), str(tmp_path))
  network = distributions.FeatureNetwork(str(tmp_path))
  outputs = network(tf.fill((2, 64, 48, 3), -0.5))
  np.testing.assert_allclose(outputs['features'], np.full((2, 3), -0.5))


def test_a_network_that_is_missing_says_which_file_it_needs(tmp_path):
  with pytest.raises(FileNotFoundError, match='InceptionV3 with its top'):
    distributions.FeatureNetwork(str(tmp_path / 'none.h5'))
  with pytest.raises(ValueError, match='neither a .h5 file nor a SavedModel'):
    distributions.FeatureNetwork(str(tmp_path))


def test_an_interval_of_a_mean_is_scipys():
  from scipy import stats

  values = np.random.default_rng(3).gamma(2.0, 1.0, 120)
  drawn = intervals.counts(120, 4000)
  ours = intervals.of_mean(values, np.ones(120), drawn)
  theirs = stats.bootstrap(
    (values,), np.mean, n_resamples=4000, method='percentile', random_state=1
  ).confidence_interval
  # Bounds of 4,000 draws vary by about a fortieth of the interval.
  bound = 0.15 * (theirs.high - theirs.low)
  np.testing.assert_allclose(ours, [theirs.low, theirs.high], atol=bound)


def test_intervals_of_a_mean_and_of_a_statistic_agree():
  values = np.random.default_rng(3).gamma(2.0, 1.0, 40)
  drawn = intervals.counts(40, 200)
  direct = intervals.of_mean(values, np.ones(40), drawn)
  slowly = intervals.of_statistic(lambda index: values[index].mean(), drawn)
  np.testing.assert_allclose(direct, slowly)


def test_more_examples_narrow_an_interval_and_no_weight_counts_nothing():
  values = np.random.default_rng(3).normal(0, 1, 400)
  weights = np.ones(400)
  few = intervals.of_mean(values[:100], weights[:100], intervals.counts(100))
  many = intervals.of_mean(values, weights, intervals.counts(400))
  assert many[1] - many[0] < 0.7 * (few[1] - few[0])
  values[::2], weights[::2] = 1e6, 0.0
  assert max(intervals.of_mean(values, weights, intervals.counts(400))) < 1.0


def test_percentiles_of_counted_errors_are_those_of_the_errors():
  rng = np.random.default_rng(8)
  errors = rng.gamma(2.0, 3.0, (2, 30, 20)).astype(np.float32)
  flow = np.stack([errors * 0.6, errors * -0.8], -1)
  visible = (rng.random((2, 30, 20, 1)) < 0.7).astype(np.float32)
  counts = flow_metrics.error_counts(flow, 0.0 * flow, visible).numpy()
  np.testing.assert_array_equal(counts.sum(1), visible.sum((1, 2, 3)))
  for percent in (50, 90, 95):
    expected = np.percentile(errors[visible[..., 0] > 0], percent)
    ours = numbers.percentile(counts.sum(0), percent)
    # Exact to a bin of a quarter of a pixel.
    assert abs(ours - expected) < flow_metrics.BIN


def test_a_flow_that_has_exploded_is_counted_and_an_outlier():
  flow = np.full((1, 4, 4, 2), 1e9, np.float32)
  flow[:, :, :2] = 5.0
  visible = np.ones((1, 4, 4, 1), np.float32)
  counts = flow_metrics.error_counts(flow, 0.0 * flow, visible).numpy()
  assert counts[0, -1] == 8.0
  share = flow_metrics.outlier_share(flow, 0.0 * flow, visible)
  np.testing.assert_allclose(share, [0.5])  # 7.07 pixels are within 8.
