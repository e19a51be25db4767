# SPDX-License-Identifier: Apache-2.0
"""Claims about keypoints found in a photograph without OpenPose."""

import sys

import numpy as np
import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs import mediapipe_pose
from clothflow_tf.data.photographs import openpose
from tests import places
from tests import tiny_run

REAL = places.VITON_HD / 'test'
# MediaPipe's 33 landmarks, by number, of COCO-18's joints but the neck.
NUMBERS = {
  0: 0,
  2: 12,
  3: 14,
  4: 16,
  5: 11,
  6: 13,
  7: 15,
  8: 24,
  9: 26,
  10: 28,
  11: 23,
  12: 25,
  13: 27,
  14: 5,
  15: 2,
  16: 8,
  17: 7,
}
SHAPE = (200, 100)


@pytest.fixture
def marks():
  return np.random.default_rng(0).uniform(0.1, 0.9, (33, 3))


def test_each_joint_is_its_landmark_in_pixels(marks):
  marks[:, 2] = 0.5
  joints = mediapipe_pose.to_coco_18(marks, SHAPE)
  for joint, number in NUMBERS.items():
    x, y = marks[number, :2] * (100, 200) - 0.5
    np.testing.assert_allclose(joints[joint], (x, y, 0.5), atol=1e-4)
  neck = (joints[2] + joints[5]) / 2
  np.testing.assert_allclose(joints[1], neck, atol=1e-4)


def test_what_is_hidden_or_outside_is_missing(marks):
  marks[:, 2] = 0.9
  marks[12, 2] = 0.1
  marks[24, 0] = 1.01
  joints = mediapipe_pose.to_coco_18(marks, SHAPE)
  missing = np.flatnonzero(joints[:, 2] == 0).tolist()
  assert missing == [1, 2, 8]  # The neck hangs on both shoulders.
  assert not joints[missing].any()


def test_what_is_written_is_read_back(marks):
  joints = mediapipe_pose.to_coco_18(marks, SHAPE)
  content = str(mediapipe_pose.as_openpose(joints)).replace("'", '"').encode()
  np.testing.assert_allclose(
    openpose.read(content).keypoints, joints, atol=1e-3
  )


def test_without_mediapipe_it_says_what_to_install(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'mediapipe', None)
  image = tmp_path / 'p.png'
  files.write_image(str(image), np.zeros((9, 9, 3), np.uint8))
  flags = [f'--image={image}', f'--output={tmp_path / "p.json"}']
  with pytest.raises(ValueError, match='requirements-pose.txt'):
    tiny_run.call('clothflow_tf.find_pose', *flags)
  assert not (tmp_path / 'p.json').exists()


@pytest.mark.skipif(not REAL.is_dir(), reason='no real photographs')
def test_joints_of_real_persons_are_near_openposes():
  pytest.importorskip('mediapipe')
  for image in sorted((REAL / 'image').iterdir()):
    pose = REAL / 'openpose-json' / f'{image.stem}_keypoints.json'
    theirs = openpose.read(pose.read_bytes()).keypoints
    ours = mediapipe_pose.find(str(image))
    shared = (theirs[:, 2] > 0.3) & (ours[:, 2] > 0)
    assert shared.sum() >= 10
    apart = np.linalg.norm(theirs[shared, :2] - ours[shared, :2], axis=1)
    assert np.median(apart) < 25  # Of 1024 rows.
