# SPDX-License-Identifier: Apache-2.0
"""Claims: the model sees a person as in training, wherever she stands."""

import numpy as np
import pytest

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from clothflow_tf.inputs import window as window_lib

SIZE = raw.Size(64, 48)
NECK, RIGHT_SHOULDER, LEFT_SHOULDER, RIGHT_HIP, LEFT_HIP = 1, 2, 5, 8, 11
TOP, TROUSERS = labels.UPPER_CLOTHES, labels.PANTS


def _person(size, neck, torso, lowest=1.6):
  """A photo of a person: a box of shirt, a face above, trousers below."""
  height, width = size
  layout = np.zeros(size, np.uint8)
  x, y = neck
  half = round(0.4 * torso)

  def box(top, low, label):
    rows = slice(max(round(y + top * torso), 0), max(round(y + low * torso), 0))
    layout[rows, max(x - half, 0) : x + half] = label

  box(-0.6, 0.0, labels.FACE)
  box(0.0, 1.0, TOP)
  box(1.0, lowest, labels.PANTS)
  joints = np.zeros((18, 3), np.float32)
  across = 0.31 * torso
  for joint, dx, dy in (
    (NECK, 0, 0),
    (RIGHT_SHOULDER, -across, 0),
    (LEFT_SHOULDER, across, 0),
    (RIGHT_HIP, -across / 2, torso),
    (LEFT_HIP, across / 2, torso),
  ):
    joints[joint] = (x + dx, y + dy, 1)
  pixels = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
  return reader.Original(pixels, layout, joints)


@pytest.mark.parametrize('torso', [10, 60, 250])
@pytest.mark.parametrize('neck', [(30, 40), (200, 120), (370, 250)])
@pytest.mark.parametrize('garment', [TOP, TROUSERS])
def test_neck_and_torso_are_where_training_has_them(torso, neck, garment):
  original = _person((300, 400), neck, torso)
  window = framing.place(original, SIZE, garment)
  seen = framing.person(original, window)['person_keypoints']
  at = seen[NECK, :2] / SIZE[::-1]
  share = torso / window.scale / SIZE.height
  assert 0.35 <= at[0] <= 0.65
  assert 0.18 <= at[1] <= 0.45
  assert 0.2 <= share <= 0.47


def test_a_photo_that_shows_her_so_already_is_taken_as_it_is():
  size = (4 * SIZE.height, 4 * SIZE.width)
  original = _person(size, (96, 82), 98)
  window = framing.place(original, SIZE, TOP)
  assert window == framing.Window(0.0, 0.0, 4.0, SIZE)


def test_trousers_are_seen_to_the_feet_as_far_as_the_photo_shows_them():
  original = _person((600, 400), (200, 100), 100, lowest=2.9)
  lowest = 100 + 2.9 * 100
  window = framing.place(original, SIZE, TROUSERS)
  low = window.to_model(lowest, 1) / SIZE.height
  assert 0.85 <= low <= 1.0
  close = framing.place(original, SIZE, TOP)
  assert close.scale < 0.75 * window.scale
  # Cut at the thighs, there is nothing more to be seen.
  cut = _person((600, 400), (200, 100), 100, lowest=1.5)
  assert framing.place(cut, SIZE, TROUSERS).scale == pytest.approx(close.scale)


def test_hips_that_are_missing_are_told_by_the_shoulders():
  original = _person((300, 400), (200, 100), 100)
  whole = framing.place(original, SIZE, TOP)
  original.keypoints[[RIGHT_HIP, LEFT_HIP]] = 0
  half = framing.place(original, SIZE, TOP)
  assert half.scale == pytest.approx(whole.scale, rel=0.02)


def test_without_joints_the_outlines_box_decides():
  original = _person((300, 400), (100, 100), 40)
  original.keypoints[:] = 0
  window = framing.place(original, SIZE, TOP)
  seen = window.layout(original.layout) > 0
  assert not seen[[0, -1]].any() and not seen[:, [0, -1]].any()
  assert seen.any(1).mean() > 0.8


def test_points_and_pixels_move_alike():
  original = _person((300, 400), (260, 90), 70)
  original.pixels[:] = 0
  x, y = (int(place) for place in original.keypoints[LEFT_SHOULDER, :2])
  original.pixels[y - 4 : y + 5, x - 4 : x + 5] = 255
  original.layout[y - 4 : y + 5, x - 4 : x + 5] = labels.HAT
  window = framing.place(original, raw.Size(256, 192), TOP)
  seen = framing.person(original, window)
  point = seen['person_keypoints'][LEFT_SHOULDER, :2]
  for plane in (
    seen['person_image'][..., 0] > 127,
    seen['person_layout'] == labels.HAT,
  ):
    rows, columns = np.nonzero(plane)
    center = columns.mean(), rows.mean()
    # The joint lies within half a pixel of the photo: 1 / 0.7 of the model's.
    np.testing.assert_allclose(center, point, atol=2.0)


def test_beyond_the_photo_its_edge_is_repeated_and_nobody_is_there():
  original = _person((300, 400), (200, 20), 150)
  original.pixels[:] = (np.arange(400) % 256)[:, None]
  window = framing.place(original, SIZE, TOP)
  assert window.top < -20
  seen = framing.person(original, window)
  np.testing.assert_array_equal(
    seen['person_image'][0], seen['person_image'][1]
  )
  assert not seen['person_layout'][0].any()


def test_joints_beyond_the_window_are_missing():
  window = framing.Window(100.0, 100.0, 1.0, SIZE)
  joints = np.zeros((18, 3), np.float32)
  joints[0], joints[1], joints[2] = (99, 120, 1), (100, 120, 1), (147, 163, 1)
  moved = window.points(joints)
  assert moved[:3, 2].tolist() == [0, 1, 1]
  np.testing.assert_allclose(moved[1:3, :2], [(0, 20), (47, 63)])


def test_of_two_people_the_one_with_the_pose_is_the_person():
  original = _person((300, 600), (150, 90), 80)
  other = _person((300, 600), (450, 90), 80)
  layout = np.maximum(original.layout, other.layout)
  own = window_lib.own_region(layout, original.keypoints)
  np.testing.assert_array_equal(own & (layout > 0), original.layout > 0)
  # A stray wrist of hers on the other does not make him hers.
  original.keypoints[4] = (450, 120, 1)
  own = window_lib.own_region(layout, original.keypoints)
  assert not own[100, 450]
  # Without joints nobody can be told apart.
  assert window_lib.own_region(layout, np.zeros((18, 3), np.float32)).all()
