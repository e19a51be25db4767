# SPDX-License-Identifier: Apache-2.0
"""Claims about how stage 1 decides and sees where a garment ends."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.models import ends
from clothflow_tf.models import layout as layout_lib
from tests import samples

HEIGHT, WIDTH, FACTOR = 64, 48, 4


def _keypoints():
  points = np.zeros((1, 18, 3), np.float32)
  for name, place in {
    'neck': (24, 12),
    'right-hip': (20, 44),
    'left-hip': (28, 44),
    'right-shoulder': (14, 14),
    'right-elbow': (8, 28),
    'right-wrist': (8, 42),
  }.items():
    points[0, keypoints_lib.NAMES.index(name)] = (*place, 0.9)
  return tf.constant(points)


def _maps(hem=0.5, sleeve=0.5):
  layer = ends.EndMaps(HEIGHT, WIDTH, FACTOR)
  return layer([tf.constant([[hem, sleeve, sleeve]]), _keypoints()]).numpy()[0]


def test_the_hem_map_changes_sign_at_the_hem():
  hem = _maps(hem=0.5)[..., 0]
  assert hem.shape == (16, 12)
  assert (hem[:8] > 0).all()
  assert (hem[8:] < 0).all()
  np.testing.assert_array_equal(hem[0], np.ones(12))


def test_a_sleeve_map_is_positive_down_to_the_sleeves_end():
  sleeve = _maps(sleeve=0.5)[..., 1]
  at = lambda x, y: sleeve[y // FACTOR, x // FACTOR]  # noqa: E731
  assert at(12, 18) > 0.3  # The upper arm.
  assert at(8, 38) < -0.3  # The forearm.
  assert abs(at(40, 30)) < 0.02  # Far from the arm.


def test_an_arm_whose_joints_are_missing_has_no_map():
  assert not _maps()[..., 2].any()


def test_a_body_frame_is_neck_and_torso_in_shares_of_the_height():
  frame = ends.BodyFrame(HEIGHT)(_keypoints())
  np.testing.assert_allclose(frame, [[12 / 64, 32 / 64]], atol=1e-6)
  unknown = ends.BodyFrame(HEIGHT)(tf.zeros([1, 18, 3]))
  np.testing.assert_allclose(unknown, [[0.25, 0.37]], atol=1e-6)


def test_an_untrained_hem_lies_at_the_hips():
  placed = ends.Placed()([tf.zeros([1, 3]), tf.constant([[0.2, 0.5]])])
  np.testing.assert_allclose(placed, [[0.7, 0.5, 0.5]])


def test_a_given_end_counts_and_an_open_one_is_estimated():
  estimated = tf.constant([[0.1, 0.2, 0.3]])
  given, known = tf.constant([[0.9, 0.8, 0.7]]), tf.constant([[1.0, 0.0, 1.0]])
  chosen = ends.Chosen()([estimated, given, known])
  np.testing.assert_allclose(chosen, [[0.9, 0.2, 0.7]])


def _network():
  config = samples.config()
  config.data.ends = True
  tf.keras.utils.set_random_seed(1)
  return layout_lib.LayoutNet(config.layout, config.data)


def _batch(network):
  batch = {
    name: tf.constant(samples.uniform((2, *tensor.shape[1:]), 0.0, 1.0))
    for name, tensor in zip(network.input_names, network.inputs)
  }
  batch['keypoints'] = tf.tile(_keypoints(), [2, 1, 1])
  batch['ends_known'] = tf.zeros([2, len(ends_lib.NAMES)])
  return batch


@pytest.mark.parametrize('place', [0, 1])
def test_the_layout_follows_a_given_end(place):
  network = _network()
  batch = _batch(network)
  known = np.zeros((2, 3), np.float32)
  known[:, place] = 1.0
  drawn = []
  for end in (0.3, 0.8):
    given = np.full((2, 3), end, np.float32)
    batch.update(ends=tf.constant(given), ends_known=tf.constant(known))
    drawn.append(network(batch))
  assert np.abs(drawn[0]['logits'] - drawn[1]['logits']).max() > 1e-3
  # What it estimates by itself does not depend on what is given.
  np.testing.assert_array_equal(drawn[0]['ends'], drawn[1]['ends'])


def test_the_layouts_loss_does_not_bend_the_estimate():
  network = _network()
  batch = _batch(network)
  with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.square(network(batch, training=True)['logits']))
  own = [x for x in network.trainable_variables if x.name.startswith('ends_')]
  assert own
  assert all(gradient is None for gradient in tape.gradient(loss, own))


@pytest.mark.parametrize('key', ['data.ends', 'layout.kept_prior'])
def test_pose_transfer_has_no_garment_to_end_and_nothing_to_keep(key):
  config = samples.config()
  config.data.task = 'pose_transfer'
  section, name = key.split('.')
  setattr(getattr(config, section), name, 1)
  with pytest.raises(ValueError, match=f'config.{key} is for try-on'):
    config_lib.validate(config)
