# SPDX-License-Identifier: Apache-2.0
"""Claims about stage 2: Eq. 1 and 2 by hand, the identity at the start."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import flow as flow_lib
from tests import samples

LEVELS = 3


def _network(seed=None, **changes):
  """Returns a small network; a seed gives it random heads."""
  tf.keras.utils.set_random_seed(0 if seed is None else seed)
  config = samples.config()
  settings = dataclasses.replace(config.flow, **changes)
  network = flow_lib.FlowNet(settings, config.data)
  if seed is not None:
    random = np.random.default_rng(seed)
    for level in range(1, LEVELS + 1):
      for variable in network.get_layer(f'estimate_{level}').weights:
        variable.assign(random.normal(0.0, 0.1, variable.shape))
  return network


def _batch(network):
  config = samples.config()
  batch = batch_lib.from_record(samples.record(), config.data)
  return {name: batch[name] for name in network.input_names}


def _double(flow, method):
  """U in numpy: a grid twice as large, vectors twice as long."""
  if method == 'nearest':
    return 2 * flow.repeat(2, 1).repeat(2, 2)
  for axis in (1, 2):
    # Fine pixels lie a quarter to either side of a coarse one.
    flow = np.moveaxis(flow, axis, 0)
    before = np.concatenate([flow[:1], flow[:-1]])
    after = np.concatenate([flow[1:], flow[-1:]])
    pair = [0.75 * flow + 0.25 * before, 0.75 * flow + 0.25 * after]
    flow = np.stack(pair, 1).reshape(-1, *flow.shape[1:])
    flow = np.moveaxis(flow, 0, axis)
  return 2 * flow


def _sample(source, flow):
  """W in numpy: reads at (y + f_y, x + f_x); channel 0 is x, 1 is y."""
  height, width = source.shape[1:3]
  rows, columns = np.indices((height, width))
  x = np.clip(columns + flow[0, ..., 0], 0, width - 1)
  y = np.clip(rows + flow[0, ..., 1], 0, height - 1)
  left, top = np.floor(x).astype(int), np.floor(y).astype(int)
  right = np.minimum(left + 1, width - 1)
  below = np.minimum(top + 1, height - 1)
  to_right, down = (x - left)[..., None], (y - top)[..., None]
  image = source[0]
  upper = image[top, left] * (1 - to_right) + image[top, right] * to_right
  lower = image[below, left] * (1 - to_right) + image[below, right] * to_right
  return (upper * (1 - down) + lower * down)[np.newaxis]


def _pyramid(network, side, batch):
  """Returns the network's own features, finest first, as arrays."""
  names = [f'{side}_{level}_sum' for level in range(1, LEVELS)]
  names.append(f'{side}_{LEVELS}_lateral')
  outputs = [network.get_layer(name).output for name in names]
  pyramid = tf.keras.Model(network.inputs, outputs)
  return [features.numpy() for features in pyramid(batch)]


def _estimate(network, level, source, target):
  """E_n as a plain convolution with the head's own kernel and bias."""
  kernel, bias = network.get_layer(f'estimate_{level}').get_weights()
  pair = np.concatenate([source, target], -1).astype(np.float32)
  return tf.nn.conv2d(pair, kernel, 1, 'SAME').numpy() + bias


@pytest.mark.parametrize('method', ['nearest', 'bilinear'])
def test_the_cascade_is_equations_1_and_2(method):
  network = _network(seed=3, upsampling=method)
  batch = _batch(network)
  source = _pyramid(network, 'source', batch)
  target = _pyramid(network, 'target', batch)
  flows = [_estimate(network, LEVELS, source[-1], target[-1])]
  for level in range(LEVELS - 1, 0, -1):
    initial = _double(flows[0], method)
    warped = _sample(source[level - 1], initial)
    correction = _estimate(network, level, warped, target[level - 1])
    flows.insert(0, initial + correction)
  full = _double(flows[0], method)
  result = network(batch)
  # Float32 through three levels; flows reach a few pixels.
  for ours, theirs in zip(flows, result['flows']):
    assert np.abs(ours).max() > 0.1
    np.testing.assert_allclose(theirs, ours, atol=1e-3)
  np.testing.assert_allclose(result['flow'], full, atol=2e-3)
  for warped, name in (
    ('warped_garment', 'garment'),
    ('warped_clothing', 'source_clothing'),
  ):
    # An error of 2e-3 pixels moves a step of height 2 by twice as much.
    by_hand = _sample(batch[name].numpy(), full)
    np.testing.assert_allclose(result[warped], by_hand, atol=1e-2)


def test_an_untrained_network_is_the_identity_warp():
  network = _network()
  batch = _batch(network)
  result = network(batch)
  for flow in (*result['flows'], result['flow']):
    np.testing.assert_array_equal(flow, np.zeros(flow.shape))
  for warped, source in (
    ('warped_garment', 'garment'),
    ('warped_clothing', 'source_clothing'),
  ):
    # `warp` reads whole positions 5e-5 off, of values that differ by 2.
    np.testing.assert_allclose(result[warped], batch[source], atol=3e-4)


def test_flows_are_finest_first_from_half_the_resolution():
  network = _network()
  shapes = [flow.shape[1:] for flow in network.output['flows']]
  assert shapes == [(32, 24, 2), (16, 12, 2), (8, 6, 2)]
  assert network.output['flow'].shape[1:] == (64, 48, 2)


def test_every_variable_receives_a_gradient():
  network = _network(seed=5, target_pose=True, coordinates=True)
  batch = _batch(network)
  with tf.GradientTape() as tape:
    result = network(batch, training=True)
    weights = samples.uniform(result['flow'].shape, -1.0, 1.0)
    loss = tf.reduce_sum(weights * result['flow'])
    loss += tf.reduce_sum(tf.square(result['warped_garment']))
  variables = network.trainable_variables
  for variable, gradient in zip(variables, tape.gradient(loss, variables)):
    assert gradient is not None, variable.name
    assert np.abs(gradient).max() > 0.0, variable.name


def test_each_level_has_its_own_head():
  network = _network()
  heads = [network.get_layer(f'estimate_{n}') for n in range(1, LEVELS + 1)]
  kernels = {id(head.kernel) for head in heads}
  assert len(kernels) == LEVELS
  assert all(head.kernel.shape == (3, 3, 16, 2) for head in heads)


def test_a_head_changes_its_own_level_and_the_finer_ones_only():
  network = _network()
  network.get_layer('estimate_2').bias.assign([1.0, -2.0])
  fine, middle, coarse = network(_batch(network))['flows']
  np.testing.assert_allclose(coarse, np.zeros(coarse.shape))
  expected = samples.constant_flow(1, -2, (16, 12))
  np.testing.assert_allclose(middle, expected)
  np.testing.assert_allclose(fine, samples.constant_flow(2, -4, (32, 24)))


def test_the_paper_size_has_between_11_and_30_million_parameters():
  config = config_lib.Config()
  network = flow_lib.FlowNet(config.flow, config.data)
  assert config.flow.upsampling == 'nearest'
  assert len(network.output['flows']) == 5
  assert 11e6 < network.count_params() < 30e6


@pytest.mark.parametrize(
  ('changes', 'source', 'target'),
  [
    ({}, 8, 5),
    ({'target_pose': True}, 8, 5 + 18),
    ({'coordinates': True}, 8 + 2, 5 + 2),
    ({'target_pose': True, 'coordinates': True}, 8 + 2, 5 + 18 + 2),
  ],
)
def test_pose_and_coordinates_enlarge_the_pyramids_inputs(
  changes, source, target
):
  network = _network(**changes)
  for side, count in (('source', source), ('target', target)):
    kernel = network.get_layer(f'{side}_1_down_conv').kernel
    assert kernel.shape[2] == count


def test_on_halved_inputs_the_final_flow_is_still_in_full_pixels():
  network = _network(downsampling=2)
  network.get_layer('estimate_1').bias.assign([1.5, -0.5])
  result = network(_batch(network))
  assert result['flows'][0].shape == (1, 16, 12, 2)
  np.testing.assert_allclose(
    result['flow'], samples.constant_flow(6, -2, (64, 48)), atol=1e-5
  )


def test_the_flat_warp_gives_the_same_outputs():
  network, flat = _network(seed=4), _network(seed=4, warp='flat')
  flat.set_weights(network.get_weights())
  batch = _batch(network)
  expected, result = network(batch), flat(batch)
  # One warp differs by 5e-5; heads and levels add such differences up.
  for name in ('flow', 'warped_garment', 'warped_clothing'):
    np.testing.assert_allclose(result[name], expected[name], atol=2e-3)
