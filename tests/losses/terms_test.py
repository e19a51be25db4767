# SPDX-License-Identifier: Apache-2.0
"""Claims about the loss terms: each against a closed form."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.losses import terms
from clothflow_tf.ops import flow as flow_ops
from tests import samples


def _toy(x):
  """A feature network of two levels whose values are plain to see."""
  return [2.0 * x, tf.square(x[:, ::2, ::2])]


def _full(value, *shape):
  return tf.fill(shape, float(value))


def test_cross_entropy_of_even_logits_is_the_logarithm_of_the_classes():
  target = tf.one_hot([[[0, 1], [2, 3]]], 4)
  loss = terms.weighted_cross_entropy(tf.zeros([1, 2, 2, 4]), target, ())
  np.testing.assert_allclose(loss, [np.log(4.0)], rtol=1e-6)


def test_class_weights_weigh_the_mean_over_pixels():
  # Pixel 0 of class 0 has p = 1/2, pixel 1 of class 1 has p = 1/5.
  odds = [[[[0.5, 0.5], [0.8, 0.2]]]]
  target = tf.one_hot([[[0, 1]]], 2)
  loss = terms.weighted_cross_entropy(tf.math.log(odds), target, (3.0, 1.0))
  expected = (3 * np.log(2.0) + np.log(5.0)) / 4
  np.testing.assert_allclose(loss, [expected], rtol=1e-6)
  none = terms.weighted_cross_entropy(tf.math.log(odds), target, (0.0, 0.0))
  np.testing.assert_allclose(none, [0.0])


def test_a_category_is_present_where_both_sides_wear_it():
  source = np.zeros((1, 4, 4, 3), np.float32)
  target = source.copy()
  source[0, 0, 0, [0, 1]] = 1.0
  target[0, 3, 2, [1, 2]] = 1.0
  np.testing.assert_array_equal(terms.presence(source, target), [[0, 1, 0]])


def test_structure_sums_the_present_categories():
  warped = np.zeros((3, 2, 4, 2), np.float32)
  warped[:, 0, :2, 0] = 1.0  # 2 of 8 pixels differ.
  warped[:, :, :3, 1] = -1.0  # 6 of 8.
  present = tf.constant([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
  loss = terms.structure(warped, np.zeros_like(warped), present)
  np.testing.assert_allclose(loss, [1.0, 0.25, 0.0])


def test_a_constant_flow_is_smooth():
  flows = [samples.constant_flow(5, -3, (4, 6))] * 2
  np.testing.assert_array_equal(terms.smoothness(flows), [0.0])


def test_smoothness_of_linear_flows_is_the_sum_of_their_slopes():
  rows, columns = np.indices((4, 6), np.float32)
  first = np.stack([2 * columns - rows, 0.5 * rows], -1)[np.newaxis]
  second = np.stack([0 * rows, -3 * columns], -1)[np.newaxis]
  np.testing.assert_allclose(terms.smoothness([first]), [3.5])
  np.testing.assert_allclose(terms.smoothness([first, second]), [6.5])


@pytest.mark.parametrize('size', [(1, 1), (1, 3), (3, 1)])
def test_a_level_one_pixel_across_adds_no_slope_and_no_nan(size):
  flow = tf.constant(samples.constant_flow(5, -3, size))
  with tf.GradientTape() as tape:
    tape.watch(flow)
    loss = terms.smoothness([flow, tf.ones([1, 4, 6, 2])])
  np.testing.assert_array_equal(loss, [0.0])
  slope = tape.gradient(loss, flow, unconnected_gradients='zero')
  assert np.isfinite(slope).all()


def _truth():
  """Returns a smooth true flow [1, 16, 16, 2], visible on a part."""
  rows, columns = np.indices((16, 16), np.float32)
  flow = np.stack([3 + 0.2 * rows, -1 + 0.1 * columns], -1)[np.newaxis]
  visible = np.zeros((1, 16, 16, 1), np.float32)
  visible[:, 3:13, 2:11] = 1.0
  return tf.constant(flow), tf.constant(visible)


def test_the_true_flow_has_no_endpoint_error_at_any_level():
  flow, visible = _truth()
  levels = [flow_ops.downsample(flow, visible, k)['flow'] for k in (2, 4, 8)]
  # The constant under the root, 1e-6, leaves factor * 1e-3 pixels a level.
  assert terms.endpoint(levels, flow, visible)[0] < 8.1e-3
  for factor, level in zip((2, 4, 8), levels):
    assert terms.endpoint([level], flow, visible)[0] < factor * 1.01e-3


def test_an_endpoint_error_is_in_pixels_of_the_full_resolution():
  flow, visible = _truth()
  levels = [
    flow_ops.downsample(flow, visible, k)['flow'] + tf.constant([3.0, -4.0]) / k
    for k in (2, 4, 8)
  ]
  for level in levels:
    np.testing.assert_allclose(
      terms.endpoint([level], flow, visible), [5.0], atol=1e-3
    )
  mixed = [levels[0], flow_ops.downsample(flow, visible, 4)['flow']]
  np.testing.assert_allclose(
    terms.endpoint(mixed, flow, visible), [2.5], atol=5e-3
  )


def test_an_endpoint_error_ignores_what_is_invisible():
  flow, visible = _truth()
  hidden = terms.endpoint(
    [tf.zeros([1, 8, 8, 2])], flow, tf.zeros_like(visible)
  )
  np.testing.assert_array_equal(hidden, [0.0])
  far = flow + 100.0 * (1.0 - visible)
  close = flow_ops.downsample(flow, visible, 2)['flow']
  assert terms.endpoint([close], far, visible)[0] < 2.1e-3


def test_perceptual_weighs_pixels_and_each_level():
  image, target = _full(0.5, 1, 4, 4, 3), _full(-0.1, 1, 4, 4, 3)
  differences = [0.6, 1.2, 0.24]  # x, 2x and x squared.
  for level, difference in enumerate(differences):
    weights = np.eye(3)[level]
    loss = terms.perceptual(image, target, _toy, weights)
    np.testing.assert_allclose(loss, [difference], rtol=1e-5)
  loss = terms.perceptual(image, target, _toy, (1.0, 10.0, 100.0))
  np.testing.assert_allclose(loss, [0.6 + 12.0 + 24.0], rtol=1e-5)


def test_perceptual_without_features_compares_pixels():
  image, target = _full(0.5, 2, 4, 4, 3), _full(-0.1, 2, 4, 4, 3)
  loss = terms.perceptual(image, target, lambda _: [], (1.0, 7.0, 7.0))
  np.testing.assert_allclose(loss, [0.6, 0.6], rtol=1e-5)


@pytest.mark.parametrize(
  ('present', 'share'),
  [
    ((0.0, 0.0, 0.0), 0.0),
    ((1.0, 0.0, 0.0), 0.5),
    ((0.0, 0.0, 1.0), 0.25),
    ((1.0, 0.0, 1.0), 0.75),
  ],
)
def test_roi_perceptual_sums_over_the_present_categories(present, share):
  # Category 0 covers the upper half, 2 the lowest quarter, 1 nothing. On
  # them the garments are 0.5 and 0.1: x, 2x and x squared differ by 0.4, 0.8
  # and 0.24; with weights 1, 5 and 2 that is 4.88 a pixel.
  clothing = np.zeros((1, 8, 4, 3), np.float32)
  clothing[:, :4, :, 0], clothing[:, 6:, :, 2] = 1.0, 1.0
  warped = {'garment': _full(0.5, 1, 8, 4, 3), 'clothing': clothing}
  target = {
    'garment': _full(0.1, 1, 8, 4, 3),
    'clothing': clothing,
    'present': tf.constant([present]),
  }
  loss = terms.roi_perceptual(warped, target, 3, _toy, (1.0, 5.0, 2.0))
  np.testing.assert_allclose(loss, [4.88 * share], rtol=1e-5)


def test_roi_perceptual_sees_each_side_through_its_own_mask():
  ones, none = _full(1, 1, 4, 4, 1), _full(0, 1, 4, 4, 1)
  garment = _full(0.5, 1, 4, 4, 3)
  warped = {'garment': garment, 'clothing': ones}
  target = {'garment': garment, 'clothing': none, 'present': [[1.0]]}
  loss = terms.roi_perceptual(warped, target, 1, _toy, (1.0, 1.0, 1.0))
  np.testing.assert_allclose(loss, [0.5 + 1.0 + 0.25], rtol=1e-6)


def test_each_example_compares_its_own_categories():
  clothing = _full(1, 2, 4, 4, 2)
  warped = {
    'garment': tf.concat([_full(1, 1, 4, 4, 3), _full(3, 1, 4, 4, 3)], 0),
    'clothing': clothing,
  }
  target = {
    'garment': _full(0, 2, 4, 4, 3),
    'clothing': clothing,
    'present': tf.constant([[0.0, 1.0], [1.0, 0.0]]),
  }
  loss = terms.roi_perceptual(warped, target, 1, lambda _: [], (1.0,))
  np.testing.assert_allclose(loss, [1.0, 3.0])


def test_gram_of_constants_is_their_products_over_the_channels():
  values = tf.constant([1.0, 2.0, -3.0])
  activations = tf.broadcast_to(values, [2, 4, 5, 3])
  expected = np.outer(values, values) / 3
  np.testing.assert_allclose(
    terms.gram(activations), [expected, expected], rtol=1e-6
  )


def test_gram_does_not_depend_on_the_area():
  activations = tf.constant(samples.uniform((1, 6, 4, 3), -1.0, 1.0))
  doubled = tf.concat([activations, activations], 1)
  np.testing.assert_allclose(
    terms.gram(doubled), terms.gram(activations), atol=1e-6
  )


def test_style_sums_all_its_levels():
  image, target = _full(1.0, 1, 4, 4, 3), _full(0.5, 1, 4, 4, 3)
  # Gram entries are the square of the constant over 3 channels.
  first = (4.0 - 1.0) / 3
  second = (1.0 - 0.0625) / 3
  for levels, expected in (
    ((1,), first),
    ((2,), second),
    ((1, 2), first + second),
  ):
    loss = terms.style(image, target, _toy, levels)
    np.testing.assert_allclose(loss, [expected], rtol=1e-5)
