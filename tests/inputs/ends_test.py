# SPDX-License-Identifier: Apache-2.0
"""Claims about where a worn garment ends, measured in a layout."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import ends
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels

HEIGHT, WIDTH = 100, 80
JOINTS = {
  'right-shoulder': (28, 30),
  'left-shoulder': (52, 30),
  'right-elbow': (18, 50),
  'left-elbow': (62, 50),
  'right-wrist': (18, 70),
  'left-wrist': (62, 70),
  'right-hip': (34, 62),
  'left-hip': (46, 62),
}


def _pose(missing=()):
  pose = np.zeros((1, 18, 3), np.float32)
  for name, place in JOINTS.items():
    if name not in missing:
      pose[0, keypoints_lib.NAMES.index(name)] = (*place, 1.0)
  return pose


def _layout(hem=70, sleeve=0.5, label=labels.UPPER_CLOTHES):
  """A top with straight sides; its sleeves cover a share of each arm."""
  layout = np.zeros((1, HEIGHT, WIDTH), np.uint8)
  layout[0, 28:hem, 26:54] = label
  for side in ('right', 'left'):
    points = [JOINTS[f'{side}-{j}'] for j in ('shoulder', 'elbow', 'wrist')]
    for share in np.linspace(0, 1, 200):
      bone = int(share >= 0.5)
      start, end = np.array(points[bone]), np.array(points[bone + 1])
      x, y = np.rint(start + (2 * share - bone) * (end - start)).astype(int)
      part = label if share < sleeve else labels.NAMES.index(f'{side}-arm')
      layout[0, y - 2 : y + 3, x - 2 : x + 3] = part
  return layout


def _measured(layout, pose, label=labels.UPPER_CLOTHES):
  one_hot = batch_lib.one_hot(tf.constant(layout))
  source = tf.one_hot([label], labels.NUM_LABELS)
  skin = tf.gather(one_hot, ends.SKIN, axis=-1)
  skin = tf.reduce_sum(skin, -1, keepdims=True)
  measured = ends.measure(one_hot[..., label : label + 1], skin, pose, source)
  return measured['ends'][0].numpy(), measured['ends_known'][0].numpy()


@pytest.mark.parametrize('hem', [45, 62, 80])
def test_a_hem_is_the_row_below_its_last(hem):
  measured, known = _measured(_layout(hem), _pose())
  assert known[0] == 1.0
  np.testing.assert_allclose(measured[0], hem / HEIGHT, atol=1e-6)


def test_a_hem_below_the_picture_is_one():
  assert _measured(_layout(hem=HEIGHT), _pose())[0][0] == 1.0


def test_cuffs_that_hang_lower_than_the_hem_do_not_count():
  layout = _layout(hem=55, sleeve=1.1)
  np.testing.assert_allclose(_measured(layout, _pose())[0][0], 0.55, atol=1e-6)


def test_a_hand_before_the_hem_does_not_move_it():
  layout = _layout(hem=70)
  layout[0, 60:75, 36:40] = labels.RIGHT_ARM
  np.testing.assert_allclose(_measured(layout, _pose())[0][0], 0.70, atol=1e-6)


def test_trousers_end_where_their_legs_do_not_at_the_crotch():
  layout = np.zeros((1, HEIGHT, WIDTH), np.uint8)
  layout[0, 60:70, 26:54] = labels.PANTS
  layout[0, 70:95, 26:38] = labels.PANTS
  layout[0, 70:95, 42:54] = labels.PANTS
  measured, known = _measured(layout, _pose(), labels.PANTS)
  np.testing.assert_allclose(measured[0], 0.95, atol=1e-6)
  np.testing.assert_array_equal(known, [1.0, 0.0, 0.0])  # No sleeves.


@pytest.mark.parametrize('sleeve', [0.25, 0.5, 0.8])
def test_a_sleeve_ends_where_skin_begins(sleeve):
  measured, known = _measured(_layout(sleeve=sleeve), _pose())
  # Places are 1/32 of an arm apart, the drawing's square ends 2 pixels early.
  np.testing.assert_allclose(measured[1:], sleeve, atol=0.07)
  np.testing.assert_array_equal(known[1:], [1.0, 1.0])


def test_long_sleeves_cover_the_arm():
  measured, known = _measured(_layout(sleeve=1.1), _pose())
  np.testing.assert_array_equal(measured[1:], [1.0, 1.0])
  np.testing.assert_array_equal(known[1:], [1.0, 1.0])


def test_one_pixel_of_skin_ends_no_sleeve():
  layout = _layout(sleeve=1.1)
  layout[0, 60, 18] = labels.RIGHT_ARM
  assert _measured(layout, _pose())[0][1] == 1.0


def test_a_sleeve_without_a_wrist_is_not_known():
  measured, known = _measured(_layout(), _pose(missing=('left-wrist',)))
  assert known[2] == 0.0
  assert measured[2] == 0.0
  assert known[1] == 1.0


def test_without_hips_the_shoulders_tell_the_middle():
  pose = _pose(missing=('left-hip',))
  np.testing.assert_allclose(
    _measured(_layout(66), pose)[0][0], 0.66, atol=1e-6
  )


def test_nothing_worn_has_no_end():
  layout = np.zeros((1, HEIGHT, WIDTH), np.uint8)
  measured, known = _measured(layout, np.zeros((1, 18, 3), np.float32))
  np.testing.assert_array_equal(measured, np.zeros(3))
  np.testing.assert_array_equal(known, np.zeros(3))
