# SPDX-License-Identifier: Apache-2.0
"""Claims about reading poses: every joint in its place, or a clear error."""

import io
import json

import numpy as np
import pytest

from clothflow_tf.data.photographs import openpose
from clothflow_tf.inputs import keypoints as keypoints_lib

# OpenPose's documentation, in the names of `pose`.
BODY_25 = (
  *keypoints_lib.NAMES[:8],
  'mid-hip',
  'right-hip',
  'right-knee',
  'right-ankle',
  'left-hip',
  'left-knee',
  'left-ankle',
  'right-eye',
  'left-eye',
  'right-ear',
  'left-ear',
  *(f'foot-{i}' for i in range(6)),
)
JOINTS = np.arange(1, 55, dtype=np.float32).reshape(18, 3)


def _openpose(*people, key='pose_keypoints_2d'):
  entries = [{key: np.ravel(person).tolist()} for person in people]
  return json.dumps({'people': entries}).encode()


def _npy(array):
  content = io.BytesIO()
  np.save(content, array)
  return content.getvalue()


def _json(values):
  return json.dumps(np.asarray(values).tolist()).encode()


def _with(value):
  joints = JOINTS.copy()
  joints[7, 1] = value
  return joints


@pytest.mark.parametrize('key', ['pose_keypoints_2d', 'pose_keypoints'])
def test_body_25_gives_every_joint_of_coco_18(key):
  joints = [[1 + i, 50 + i, 0.5] for i in range(25)]
  pose = openpose.read(_openpose(joints, key=key)).keypoints
  for name, joint in zip(keypoints_lib.NAMES, pose, strict=True):
    assert joint.tolist() == joints[BODY_25.index(name)], name


@pytest.mark.parametrize(
  'content',
  [
    _openpose(JOINTS),
    _openpose(JOINTS, key='pose_keypoints'),
    _json(JOINTS),
    _json(JOINTS.astype(int)),
    _npy(JOINTS),
    _npy(JOINTS.astype(np.float64)),
  ],
  ids=['v2', 'v1', 'json', 'integers', 'npy', 'float64'],
)
def test_coco_18_is_the_same_in_every_form(content):
  pose = openpose.read(content).keypoints
  assert pose.dtype == np.float32
  np.testing.assert_array_equal(pose, JOINTS)


def test_joints_at_the_origin_or_without_confidence_are_zeros():
  joints = JOINTS.copy()
  joints[:4] = [(0, 0, 0.5), (5, 6, 0), (5, 6, -1), (0, 6, 1)]
  pose = openpose.read(_json(joints)).keypoints
  assert not pose[:3].any()
  # x = 0 alone is the image's border, not a sign.
  assert pose[3].tolist() == [0, 6, 1]


def test_the_most_confident_of_several_people_is_taken():
  people = [np.full((18, 3), x) for x in (9.0, 7.0, 8.0)]
  for person, confidence in zip(people, (0.2, 0.9, 0.5), strict=True):
    person[:, 2] = confidence
  pose = openpose.read(_openpose(*people))
  assert (pose.keypoints[:, 0] == 7).all()
  assert pose.warnings == ('has 3 people; number 2 is taken',)
  # A few sure joints are less of a person than many fair ones.
  people[1][2:] = 0
  assert (openpose.read(_openpose(*people)).keypoints[:, 0] == 8).all()


def test_a_number_names_one_of_several_people():
  people = [np.full((18, 3), x) for x in (9.0, 7.0)]
  for person in people:
    person[:, 2] = 0.9
  content = _openpose(*people)
  for number, x in ((1, 9), (2, 7)):
    assert (openpose.read(content, number).keypoints[:, 0] == x).all()
  with pytest.raises(ValueError, match='has 2 people; expected number 3'):
    openpose.read(content, 3)
  # Whoever lies on the map, however the confidences are.
  pose = openpose.read(content, score=lambda joints: joints[0, 0])
  assert (pose.keypoints[:, 0] == 9).all()


def test_a_guessed_joint_is_missing():
  joints = JOINTS.copy()
  joints[3, 2], joints[4, 2] = 0.2, 0.3
  pose = openpose.read(_json(joints)).keypoints
  assert not pose[3].any() and pose[4].any()


def test_a_list_of_one_frame_is_that_frame():
  pose = openpose.read(b'[' + _openpose(JOINTS) + b']')
  np.testing.assert_array_equal(pose.keypoints, JOINTS)
  assert pose.warnings == ('is a list of one frame; that is taken',)


def test_dress_codes_form_names_its_units():
  rows = np.c_[JOINTS, np.arange(18)].tolist()
  rows[3] = [-1, -1, -1, -1]
  pose = openpose.read(json.dumps({'keypoints': rows}).encode())
  expected = JOINTS.copy()
  expected[3] = 0
  np.testing.assert_array_equal(pose.keypoints, expected)
  assert (pose.form, pose.units) == ('Dress Code', (512, 384))
  assert openpose.read(_openpose(JOINTS)).units is None


def test_an_empty_list_of_people_is_nobody():
  assert not openpose.read(b'{"people": []}').keypoints.any()


@pytest.mark.parametrize(
  ('content', 'came', 'expected'),
  [
    (b'{"people": [', 'cannot be read', 'OpenPose JSON'),
    (b'\xff\xd8\xff\xe0', 'cannot be read', 'OpenPose JSON'),
    (b'[' * 100_000, 'cannot be read', 'OpenPose JSON'),
    (_npy(JOINTS)[:150], 'cannot be read', 'OpenPose JSON'),
    (_npy(np.array([None] * 3)), 'cannot be read', 'OpenPose JSON'),
    (b'{"keypoints": []}', 'no list of "people"', 'OpenPose JSON'),
    (b'{"people": {}}', 'no list of "people"', 'OpenPose JSON'),
    (b'[{}, {}]', 'a list of 2 frames', 'one'),
    (b'[{}]', 'no list of "people"', 'OpenPose JSON'),
    (b'{"people": [{}]}', 'people without', 'OpenPose JSON'),
    (b'{"people": [5]}', 'people without', 'OpenPose JSON'),
    (_openpose(JOINTS[:17]), '51 numbers', r'54 \(COCO-18\) or 75 \(BODY_25\)'),
    (_openpose([]), '0 numbers', '54'),
    (_openpose(np.ones(54 * 2)), '108 numbers', '54'),
    (_openpose(JOINTS).replace(b' 7.0', b' "7"'), '<U', 'numbers'),
    (_openpose(JOINTS).replace(b' 7.0', b' null'), 'object', 'numbers'),
    (_openpose(JOINTS).replace(b' 7.0', b' [7]'), 'different lengths', ''),
    (_json(JOINTS[:17]), r'\[17, 3\]', r'\[18, 3\]'),
    (_json(JOINTS.ravel()), r'\[54\]', r'\[18, 3\]'),
    (_npy(JOINTS > 3), 'bool', 'numbers'),
    (b'[[1, 2, 3], [4, 5]]', 'different lengths', ''),
    (b'7', r'\[\]', r'\[18, 3\]'),
    (_openpose(_with(np.nan)), 'NaN', 'finite'),
    (_json(_with(np.inf)), 'infinity', 'finite'),
    (_npy(_with(-np.inf)), 'infinity', 'finite'),
    (_json(JOINTS).replace(b'[7.0', b'[1e300'), 'infinity', 'finite'),
  ],
  ids=lambda value: value if isinstance(value, str) else '',
)
def test_a_bad_pose_says_what_came_and_what_was_expected(
  content, came, expected
):
  with pytest.raises(ValueError, match=f'{came}.*; expected .*{expected}'):
    openpose.read(content)
