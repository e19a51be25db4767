# SPDX-License-Identifier: Apache-2.0
"""Claims about framing: a similarity of the person, and honest borders."""

import dataclasses

import numpy as np
import pytest

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import framing
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import puppet as puppets

FRAME = frames.Frame(256, 192)
BANDED = framing.Framing(bands=framing.Bands(0.1, 0.05, 0.2, 0.25))
ROWS, COLUMNS = slice(13, 192), slice(19, 154)  # Of FRAME that are photo.


@pytest.fixture(name='pose')
def _pose():
  return poses.sample(np.random.default_rng(2), FRAME, full=False)


@pytest.fixture(name='record')
def _record():
  rng = np.random.default_rng(0)
  bytes_ = {
    name: rng.integers(1, 20, (*FRAME, *rest), dtype=np.uint8)
    for name, rest in {
      'target_image': (3,),
      'target_layout': (),
      'person_image': (3,),
      'person_layout': (),
      'source_image': (3,),
      'source_layout': (),
    }.items()
  }
  x, y = rng.uniform(0, (191, 255), (18, 2)).T
  x[:2], y[:2] = (153, 153.5), (191, 191)  # The photo's last pixel, and beyond.
  return bytes_ | {
    'target_keypoints': np.stack([x, y, np.ones(18)], 1).astype(np.float32),
    'source_keypoints': np.zeros((18, 3), np.float32),
    'flow': rng.normal(0, 9, (*FRAME, 2)).astype(np.float16),
    'visible': np.ones(FRAME, bool),
    'shade': rng.uniform(0.5, 0.9, FRAME).astype(np.float16),
    'tags': np.ones(5, np.uint8),
  }


def test_scale_one_and_shift_zero_change_nothing(pose, record):
  identity = framing.Framing()
  assert framing.place(pose, FRAME, identity) == pose
  framed = framing.repeat_borders(record, identity, ('target', 'person'))
  assert framed.keys() == record.keys()
  for name, value in record.items():
    assert framed[name].tobytes() == value.tobytes(), name


def test_a_framing_moves_every_joint_by_one_similarity(pose):
  body = bodies.sample(np.random.default_rng(5))
  moved = framing.place(pose, FRAME, framing.Framing(0.7, 0.1, -0.05))
  before, after = (
    (puppets.Puppet(body, p).keypoints() - 0.5) / 2 for p in (pose, moved)
  )
  middle, shift = np.array([96, 128]), np.array([19.2, -12.8])
  expected = middle + 0.7 * (before - middle) + shift
  # Both are sums of a few products in double precision.
  np.testing.assert_allclose(after, expected, atol=1e-9)


def test_nothing_but_size_and_place_of_a_pose_changes(pose):
  moved = framing.place(pose, FRAME, framing.Framing(0.6, 0.2, 0.1))
  back = dataclasses.replace(moved, unit=pose.unit, neck=pose.neck)
  assert back == pose
  assert moved.unit == 0.6 * pose.unit


def test_a_border_leaves_the_photo_and_repeats_its_edge(record):
  image = record['target_image']
  framed = framing.repeat_border(image, BANDED)
  photo = image[ROWS, COLUMNS]
  np.testing.assert_array_equal(framed[ROWS, COLUMNS], photo)
  for x in range(COLUMNS.start):
    np.testing.assert_array_equal(framed[ROWS, x], photo[:, 0])
  for x in range(COLUMNS.stop, 192):
    np.testing.assert_array_equal(framed[ROWS, x], photo[:, -1])
  for y in range(ROWS.start):
    np.testing.assert_array_equal(framed[y, COLUMNS], photo[0])
  for y in range(ROWS.stop, 256):
    np.testing.assert_array_equal(framed[y, COLUMNS], photo[-1])
  assert (framed[:13, :19] == photo[0, 0]).all()


def test_nothing_is_known_in_a_border(record):
  framed = framing.repeat_borders(record, BANDED, ('target', 'person'))
  border = np.ones(FRAME, bool)
  border[ROWS, COLUMNS] = False
  unknown = {'target_layout': 0, 'person_layout': 0, 'flow': 0}
  for name, value in (unknown | {'visible': False, 'shade': 1}).items():
    assert (framed[name][border] == value).all(), name
    inside = framed[name][~border], record[name][~border]
    np.testing.assert_array_equal(*inside, err_msg=name)
    assert framed[name].dtype == record[name].dtype
  for name in ('source_image', 'source_layout', 'tags'):
    assert framed[name] is record[name]


def test_joints_in_a_border_are_missing_and_others_stay(record):
  framed = framing.repeat_borders(record, BANDED, ('target',))
  before, after = record['target_keypoints'], framed['target_keypoints']
  x, y = before[:, 0], before[:, 1]
  inside = (x >= 19) & (x <= 153) & (y >= 13) & (y <= 191)
  assert 0 < inside.sum() < 18
  np.testing.assert_array_equal(after[inside], before[inside])
  assert (after[~inside] == 0).all()


def test_most_people_are_near_the_usual_size():
  rng, n = np.random.default_rng(7), 3000
  drawn = [framing.sample(rng) for _ in range(n)]
  scales = np.array([one.scale for one in drawn])
  assert scales.min() >= 0.6
  assert scales.max() <= 1.1
  usual = np.mean((scales > 0.92) & (scales < 1.08))
  # Four standard deviations of a binomial of 0.62.
  assert abs(usual - 0.62) < 4 * np.sqrt(0.62 * 0.38 / n)
  banded = np.mean([one.bands != framing.Bands() for one in drawn])
  # A band may have no room beside a person at the edge.
  assert 0.1 < banded < 0.15 + 4 * np.sqrt(0.15 * 0.85 / n)


def test_the_neck_is_in_the_photo_and_small_people_show_their_legs():
  rng, seen = np.random.default_rng(9), {True: [], False: []}
  for _ in range(600):
    chosen = framing.sample(rng)
    pose = poses.sample(rng, FRAME, full=False)
    pose = framing.place(pose, FRAME, chosen)
    rows, columns = chosen.region(FRAME)
    assert columns.start <= pose.neck[0] < columns.stop
    assert rows.start <= pose.neck[1] < rows.stop
    seen[chosen.scale < 0.75].append(framing.shows_feet(pose, FRAME))
  assert np.mean(seen[True]) > 0.9
  assert np.mean(seen[False]) < 0.6


def test_the_same_generator_gives_the_same_framing():
  one, again, other = (
    framing.sample(np.random.default_rng(seed)) for seed in (1, 1, 2)
  )
  assert one == again
  assert one != other
