# SPDX-License-Identifier: Apache-2.0
"""Claims about how stage 1 decides and sees where a garment ends."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import ends
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import outlines
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


def _product(top=10, length=40, half=10, sleeves=0, size=(64, 48)):
  """A straight top; sleeves beside it, a gap of 2 apart, of so many rows."""
  layout = np.zeros((1, *size), np.int32)
  middle = size[1] // 2
  layout[0, top : top + length, middle - half : middle + half] = 5
  for left in (middle - half - 6, middle + half + 2):
    layout[0, top + 4 : top + 4 + sleeves, left : left + 4] = 5
  return outlines.ProductShape()(
    batch_lib.one_hot(tf.constant(layout))
  ).numpy()[0]


def test_a_products_shape_is_the_same_whatever_its_size_and_place():
  one = _product(top=8, length=24, half=6)
  other = _product(top=11, length=48, half=12)
  places = [0, 15, 16, 31]  # Widths in lengths, without and with sleeves.
  np.testing.assert_allclose(one[places], other[places], atol=0.05)
  np.testing.assert_allclose(one[3], np.log((12 + 0.5) / 24), atol=1e-5)
  longer = _product(top=11, length=48, half=6)
  assert (longer[:32] < one[:32] - 0.5).all()
  # Its label, of the five kinds of clothing.
  np.testing.assert_array_equal(one[-5:], [1, 0, 0, 0, 0])


def test_sleeves_show_in_a_products_shape_but_not_in_its_body():
  bare, short, long = (_product(sleeves=rows) for rows in (0, 10, 32))
  np.testing.assert_allclose(bare[:16], long[:16], atol=1e-6)
  assert (bare[16:32] < short[16:32] - 0.1).sum() < 6
  assert (bare[16:32] < long[16:32] - 0.1).sum() > 10
  # How deep the outer columns reach.
  assert short[48] + 0.3 < long[48]


def test_a_body_profile_shows_the_trousers_where_they_begin():
  layout = np.zeros((1, 16, 12), np.int32)
  layout[0, 11:] = labels.PANTS
  frame = ends.BodyFrame(HEIGHT)(_keypoints())
  profile = outlines.BodyProfile(HEIGHT, WIDTH)(
    [
      batch_lib.one_hot(tf.constant(layout)),
      tf.zeros([1, 16, 12, 1]),
      _keypoints(),
      frame,
    ]
  )
  profile = np.reshape(profile, [16, -1])[:, 0]
  # From 0.3 torsos above the neck, which is at 12 of 64, to 2.6 below it.
  first, last = (64 * (12 + x * 32) / 64 / 4 for x in (-0.3, 2.6))
  rows = first + (last - first) * (np.arange(16) + 0.5) / 16
  np.testing.assert_array_equal(profile > 0.5, (rows > 10.5) & (rows < 15.5))


def _network():
  config = samples.config()
  config.data.ends = config.layout.removed = True
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


def test_ends_need_the_removed_region():
  config = samples.config()
  config.data.ends = True
  with pytest.raises(ValueError, match='data.ends needs config.layout.removed'):
    config_lib.validate(config)


@pytest.mark.parametrize('key', ['data.ends', 'layout.kept_prior'])
def test_pose_transfer_has_no_garment_to_end_and_nothing_to_keep(key):
  config = samples.config()
  config.data.task = 'pose_transfer'
  section, name = key.split('.')
  setattr(getattr(config, section), name, 1)
  with pytest.raises(ValueError, match=f'config.{key} is for try-on'):
    config_lib.validate(config)
