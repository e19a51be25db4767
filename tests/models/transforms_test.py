# SPDX-License-Identifier: Apache-2.0
"""Claims about the motions that the paper argues against."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import flow as flow_lib
from clothflow_tf.models import transforms
from clothflow_tf.ops import flow as flow_ops
from tests import samples

SIZE = (64, 48)
LEARNED = ('one_level', 'tps', 'affine')


def _network(motion):
  tf.keras.utils.set_random_seed(0)
  config = samples.config()
  settings = dataclasses.replace(config.flow, motion=motion)
  return flow_lib.FlowNet(settings, config.data)


def _batch():
  return batch_lib.from_record(samples.record(), samples.config().data)


def _result(network):
  batch = _batch()
  return network({name: batch[name] for name in network.input_names})


def _moved(numbers):
  """Returns the flow [H, W, 2] of numbers [K, 2] in halves of the picture."""
  kind = 'affine' if len(numbers) == 3 else 'tps'
  layer = transforms.Transformation(kind, SIZE)
  flat = tf.constant(np.reshape(numbers, [1, -1]), tf.float32)
  return layer(flat / transforms._REACH)[0].numpy()


@pytest.mark.parametrize('motion', [*LEARNED, 'none'])
def test_untrained_motions_leave_the_garment_where_it_is(motion):
  result = _result(_network(motion))
  np.testing.assert_array_equal(result['flow'], np.zeros((1, *SIZE, 2)))
  for flow in result['flows']:
    np.testing.assert_array_equal(flow, np.zeros(flow.shape))


@pytest.mark.parametrize('motion', ['boxes', 'none'])
def test_fitted_and_missing_motions_have_no_weights(motion):
  assert not _network(motion).weights


@pytest.mark.parametrize('motion', LEARNED)
def test_each_learned_motion_finds_a_shift(motion):
  network, batch = _network(motion), _batch()
  inputs = {name: batch[name] for name in network.input_names}
  optimizer = tf.keras.optimizers.Adam(3e-3)
  visible = batch['visible'][..., 0]
  wanted = tf.constant([samples.SHIFT_X, samples.SHIFT_Y])

  @tf.function
  def step():
    with tf.GradientTape() as tape:
      flow = network(inputs, training=True)['flow']
      error = tf.norm(flow - wanted + 1e-6, axis=-1) * visible
      error = tf.reduce_sum(error) / tf.reduce_sum(visible)
    variables = network.trainable_variables
    gradients = tape.gradient(error, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return error

  errors = [float(step()) for _ in range(60)]
  # The shift is 7.2 pixels long.
  assert errors[0] > 7.0
  assert min(errors) < 1.5


def test_boxes_move_the_garment_onto_the_target():
  result, batch = _result(_network('boxes')), _batch()
  wanted = [samples.SHIFT_X, samples.SHIFT_Y]
  inside = batch['visible'][0, ..., 0].numpy() > 0
  np.testing.assert_allclose(
    result['flow'][0].numpy()[inside], [wanted] * inside.sum(), atol=1e-4
  )


def test_a_top_is_not_fitted_to_the_trousers():
  batch = _batch()
  source, target = batch['source_clothing'], batch['target_clothing']
  other = int(np.argmin(tf.reduce_sum(source, [0, 1, 2])))
  legs = np.zeros(target.shape, np.float32)
  legs[:, 50:, :, other] = 1.0
  top, outfit = (
    transforms.BoxFit()([source, x]) for x in (target, target + legs)
  )
  np.testing.assert_array_equal(top, outfit)


def test_affine_numbers_are_a_shift_and_a_scale():
  # 1, x and y, from -1 to 1 at the picture's edges.
  flow = _moved([[0.5, 0.0], [0.25, 0.0], [0.0, -0.25]])
  rows, columns = np.indices(SIZE)
  x = 2.0 * (columns + 0.5) / SIZE[1] - 1.0
  y = 2.0 * (rows + 0.5) / SIZE[0] - 1.0
  np.testing.assert_allclose(flow[..., 0], 24.0 * (0.5 + 0.25 * x), atol=1e-4)
  np.testing.assert_allclose(flow[..., 1], 32.0 * (-0.25 * y), atol=1e-4)


def test_a_spline_through_an_affine_map_is_that_map():
  # It bends as little as it can, and an affine map not at all.
  line = np.linspace(-1.0, 1.0, 5)
  x, y = np.meshgrid(line, line)
  numbers = np.stack([0.3 + 0.2 * x - 0.1 * y, 0.4 * y], -1).reshape(-1, 2)
  spline = _moved(numbers)
  affine = _moved([[0.3, 0.0], [0.2, 0.0], [-0.1, 0.4]])
  np.testing.assert_allclose(spline, affine, atol=2e-3)


def test_a_spline_passes_through_its_control_points():
  numbers = np.random.default_rng(0).normal(0.0, 0.8, (25, 2))
  # Of an odd picture the middle pixel is the middle control point.
  layer = transforms.Transformation('tps', (65, 49))
  flow = layer(tf.constant(numbers.reshape(1, -1), tf.float32))[0].numpy()
  middle = transforms._REACH * numbers[12] * [24.5, 32.5]
  np.testing.assert_allclose(flow[32, 24], middle, atol=1e-3)
  # And it bends: no affine map goes through all of them.
  assert np.abs(flow_ops.jacobian(flow[np.newaxis])).std() > 0.01
