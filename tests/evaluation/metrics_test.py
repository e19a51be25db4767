# SPDX-License-Identifier: Apache-2.0
"""Claims about what evaluation reports: errors, folds, overlaps."""

import numpy as np
import tensorflow as tf

from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import layout_metrics
from clothflow_tf.evaluation import oracles
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.ops import warp
from tests import samples


def _mask(top, left, bottom, right, size=(20, 24)):
  """Returns [1, H, W, 1], 1 on a box whose corners are included."""
  mask = np.zeros((1, *size, 1), np.float32)
  mask[:, top : bottom + 1, left : right + 1] = 1.0
  return tf.constant(mask)


def test_endpoint_error_of_an_offset_is_its_length():
  truth = tf.constant(samples.uniform((1, 20, 24, 2), -5.0, 5.0))
  flow = truth + [3.0, 4.0]
  error = flow_metrics.endpoint_error(flow, truth, _mask(2, 3, 9, 9))
  np.testing.assert_allclose(error, [5.0], rtol=1e-5)


def test_endpoint_error_ignores_invisible_pixels():
  visible = _mask(2, 3, 9, 9)
  truth = tf.zeros([1, 20, 24, 2])
  flow = truth + 50.0 * (1.0 - visible)
  error = flow_metrics.endpoint_error(flow, truth, visible)
  np.testing.assert_array_equal(error, [0.0])
  nothing = flow_metrics.endpoint_error(flow, truth, tf.zeros_like(visible))
  np.testing.assert_array_equal(nothing, [0.0])


def test_a_shift_folds_nothing_and_a_mirror_everything():
  positions = warp.sampled_positions(tf.zeros([1, 20, 24, 2]))
  visible = _mask(2, 3, 9, 9)
  shift = tf.zeros([1, 20, 24, 2]) + [4.0, -7.0]
  mirror = positions * [-2.0, 0.0]  # x goes to -x.
  assert flow_metrics.folded_share(shift, visible) == [0.0]
  assert flow_metrics.folded_share(mirror, visible) == [1.0]


def test_folds_are_counted_on_visible_pixels():
  positions = warp.sampled_positions(tf.zeros([1, 20, 24, 2]))
  x = positions[..., :1]
  # Mirrored from column 6 on, half of the visible columns 2 to 9.
  flow = tf.concat([-2.0 * tf.nn.relu(x - 6.0), 0.0 * x], -1)
  share = flow_metrics.folded_share(flow, _mask(4, 2, 9, 9))
  np.testing.assert_allclose(share, [0.5])


def test_label_iou_weighted_by_its_union_is_that_of_all_pixels():
  truth = batch_lib.one_hot(tf.constant([[[5, 5, 5, 0]], [[5, 0, 0, 0]]]))
  predicted = batch_lib.one_hot(tf.constant([[[5, 5, 9, 0]], [[5, 0, 0, 0]]]))
  iou, union = (x.numpy() for x in layout_metrics.label_iou(truth, predicted))
  np.testing.assert_allclose(iou[:, [0, 5, 9]], [[1, 2 / 3, 0], [1, 1, 0]])
  np.testing.assert_array_equal(union[:, [0, 5, 9]], [[1, 3, 1], [3, 1, 0]])
  mean = (iou * union).sum(0)[5] / union.sum(0)[5]
  np.testing.assert_allclose(mean, 3 / 4)  # 3 common of 4 in all.


def test_label_iou_of_an_absent_label_has_no_weight():
  layout = batch_lib.one_hot(tf.constant([[[5, 0]]]))
  _, union = layout_metrics.label_iou(layout, layout)
  np.testing.assert_array_equal(np.flatnonzero(union), [0, 5])


def _bend(amount):
  """Returns an affine flow, plus a bend in y of `amount` pixels."""
  y, x = np.mgrid[:40, :48].astype(np.float32)
  bend = amount * np.cos(x / 8.0)
  flow = np.stack([3.0 + 0.1 * x - 0.2 * y, -2.0 + 0.3 * x + bend], -1)
  return tf.constant(flow[np.newaxis])


def _error_of(oracle, flow, visible):
  error = flow_metrics.endpoint_error(oracle(flow, visible), flow, visible)
  return float(error[0])


def test_oracles_find_an_affine_flow_exactly():
  visible = _mask(6, 5, 33, 40, size=(40, 48))
  for oracle in (oracles.affine, oracles.tps):
    assert _error_of(oracle, _bend(0.0), visible) < 1e-3


def test_a_spline_follows_a_bend_that_an_affine_map_cannot():
  visible = _mask(6, 5, 33, 40, size=(40, 48))
  stiff = _error_of(oracles.affine, _bend(4.0), visible)
  soft = _error_of(oracles.tps, _bend(4.0), visible)
  assert stiff > 1.5
  assert soft < 0.2 * stiff


def test_oracles_look_at_visible_pixels_only():
  visible = _mask(6, 5, 33, 40, size=(40, 48))
  noise = 50.0 * samples.uniform((1, 40, 48, 2), -1.0, 1.0)
  flow = _bend(0.0) + (1.0 - visible) * noise
  assert _error_of(oracles.tps, flow, visible) < 1e-3
  nothing = oracles.tps(flow, tf.zeros_like(visible))
  assert np.isfinite(nothing).all()
