# SPDX-License-Identifier: Apache-2.0
"""Claims about resizing, differencing and folding of flows."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.ops import flow as flow_ops
from clothflow_tf.ops import warp
from tests import samples

METHODS = pytest.mark.parametrize('method', ['nearest', 'bilinear'])


def _map(matrix, size=(6, 7)):
  """Returns the flow of the linear map p -> matrix p, p = (x, y)."""
  positions = warp.sampled_positions(samples.constant_flow(0, 0, size))
  moved = np.einsum('ij,byxj->byxi', np.array(matrix, np.float32), positions)
  return tf.constant(moved - positions.numpy())


@METHODS
@pytest.mark.parametrize('factor', [2, 4])
def test_upsampling_scales_vectors_with_the_grid(method, factor):
  flow = samples.constant_flow(1.5, -0.5, (3, 4))
  larger = flow_ops.upsample(flow, method, factor)
  expected = samples.constant_flow(
    1.5 * factor, -0.5 * factor, (3 * factor, 4 * factor)
  )
  np.testing.assert_allclose(larger, expected, atol=1e-6)


def test_nearest_repeats_and_bilinear_blends():
  flow = np.zeros((1, 2, 2, 2), np.float32)
  flow[:, :, 1, 0] = 4.0
  nearest = flow_ops.upsample(flow, 'nearest')
  np.testing.assert_allclose(nearest[0, 0, :, 0], [0, 0, 8, 8])
  # Half-pixel centres: fine pixels lie at 1/4 and 3/4 between coarse ones.
  bilinear = flow_ops.upsample(flow, 'bilinear')
  np.testing.assert_allclose(bilinear[0, 0, :, 0], [0, 2, 6, 8], atol=1e-6)


@METHODS
def test_warp_and_enlargement_commute_on_a_ramp(method):
  rows, columns = np.indices((16, 20), np.float32)
  fine = (2.0 * columns + 3.0 * rows)[np.newaxis, ..., np.newaxis]
  coarse = tf.nn.avg_pool2d(fine, 2, 2, 'VALID')
  flow = samples.constant_flow(1.25, -0.5, (8, 10))
  warped_coarse = warp.warp(coarse, tf.constant(flow))
  warped_fine = warp.warp(tf.constant(fine), flow_ops.upsample(flow, method))
  shrunk = tf.nn.avg_pool2d(warped_fine, 2, 2, 'VALID')
  # Away from the border, which repeats; the ramp reaches 90, float32 there
  # counts in steps of 1e-5.
  inside = (slice(None), slice(2, -2), slice(2, -3))
  np.testing.assert_allclose(shrunk[inside], warped_coarse[inside], atol=1e-3)


@METHODS
def test_downsampling_undoes_upsampling_of_a_constant(method):
  flow = samples.constant_flow(1.5, -0.5, (4, 6))
  larger = flow_ops.upsample(flow, method)
  back = flow_ops.downsample(larger, tf.ones([1, 8, 12, 1]), 2)
  np.testing.assert_allclose(back['flow'], flow, atol=1e-6)
  np.testing.assert_allclose(back['visible'], np.ones((1, 4, 6, 1)))


def test_downsampling_ignores_what_is_invisible():
  flow = samples.constant_flow(4.0, -2.0, (4, 4))
  visible = np.ones((1, 4, 4, 1), np.float32)
  flow[0, 0, 0], visible[0, 0, 0] = 1e4, 0.0
  visible[0, 2:, 2:] = 0.0
  coarse = flow_ops.downsample(tf.constant(flow), tf.constant(visible), 2)
  known = coarse['visible'][0, :, :, 0]
  np.testing.assert_allclose(known, [[0.75, 1], [1, 0]])
  np.testing.assert_allclose(coarse['flow'][0, 0, 0], [2.0, -1.0])
  np.testing.assert_allclose(coarse['flow'][0, 1, 1], [0.0, 0.0])


def test_gradients_of_a_linear_flow_are_its_slopes():
  rows, columns = np.indices((5, 6), np.float32)
  flow = np.stack([0.5 * columns, 2.0 * rows], -1)[np.newaxis]
  slope = flow_ops.gradients(flow)
  np.testing.assert_allclose(slope['x'], np.full((1, 5, 5, 2), (0.5, 0.0)))
  np.testing.assert_allclose(slope['y'], np.full((1, 4, 6, 2), (0.0, 2.0)))


@pytest.mark.parametrize(
  ('matrix', 'area'),
  [
    ([[1, 0], [0, 1]], 1.0),
    ([[1.5, 0], [0, 2]], 3.0),
    ([[0.6, -0.8], [0.8, 0.6]], 1.0),  # A rotation keeps areas.
    ([[1, 0.7], [0, 1]], 1.0),  # So does a shear.
    ([[-1, 0], [0, 1]], -1.0),  # A mirror folds over.
    ([[1, 1], [1, 1]], 0.0),  # Everything falls onto a line.
  ],
)
def test_jacobian_is_the_determinant_of_a_linear_map(matrix, area):
  jacobian = flow_ops.jacobian(_map(matrix))
  assert jacobian.shape == (1, 5, 6)
  np.testing.assert_allclose(jacobian, np.full((1, 5, 6), area), atol=1e-5)


def test_jacobian_of_a_shift_is_one():
  jacobian = flow_ops.jacobian(samples.constant_flow(7, -3, (4, 4)))
  np.testing.assert_allclose(jacobian, np.ones((1, 3, 3)))


def _mask(top, left, bottom, right, size=(20, 24)):
  """Returns [1, H, W, 1], 1 on a box whose corners are included."""
  mask = np.zeros((1, *size, 1), np.float32)
  mask[:, top : bottom + 1, left : right + 1] = 1.0
  return tf.constant(mask)


def test_box_fit_maps_the_corners_onto_the_corners():
  source, target = _mask(4, 3, 12, 21), _mask(2, 5, 18, 11)
  flow = flow_ops.box_fit(source, target)
  read = warp.sampled_positions(flow)[0].numpy()
  np.testing.assert_allclose(read[2, 5], [3, 4], atol=1e-5)
  np.testing.assert_allclose(read[2, 11], [21, 4], atol=1e-5)
  np.testing.assert_allclose(read[18, 5], [3, 12], atol=1e-5)
  np.testing.assert_allclose(read[18, 11], [21, 12], atol=1e-5)
  np.testing.assert_allclose(read[10, 8], [12, 8], atol=1e-5)


def test_box_fit_of_equal_masks_is_the_identity():
  mask = _mask(4, 3, 12, 21)
  flow = flow_ops.box_fit(mask, mask)
  np.testing.assert_allclose(flow, tf.zeros_like(flow), atol=1e-5)
