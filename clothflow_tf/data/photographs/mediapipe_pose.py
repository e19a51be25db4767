# SPDX-License-Identifier: Apache-2.0
"""A person's keypoints from a photograph alone, by MediaPipe.

The place of OpenPose for a user's own picture. MediaPipe finds 33 landmarks;
17 of COCO-18's joints are among them, the neck is the middle of the shoulders,
as OpenPose's training data has it. It is an optional dependency
(`requirements-pose.txt`) and imported when it is asked for; its pose models
come with it. Reference: Bazarevsky et al., "BlazePose", 2020.
"""

import importlib
from typing import Any

import numpy as np

from clothflow_tf import files
from clothflow_tf.data.photographs import images
from clothflow_tf.inputs import raw

# COCO-18's joints as landmarks; the neck has none.
_LANDMARKS = (
  *(0, None, 12, 14, 16, 11, 13, 15),
  *(24, 26, 28, 23, 25, 27),
  *(5, 2, 8, 7),
)
_NECK, _RIGHT_SHOULDER, _LEFT_SHOULDER = 1, 2, 5
_VISIBLE = 0.3  # Below, a landmark is a guess at what is hidden.


def find(path: str) -> np.ndarray:
  """Returns the pose of the person in a picture.

  Returns:
    float32 [18, 3], COCO-18: x, y in pixels and a confidence; (0, 0, 0) where
    a joint is hidden or outside.

  Raises:
    files.InputError: the picture is unusable, or shows no person.
    ValueError: MediaPipe is not installed.
  """
  image = images.photo(path).pixels
  solutions = _mediapipe()
  with solutions.pose.Pose(static_image_mode=True) as finder:
    landmarks = finder.process(image).pose_landmarks
  if landmarks is None:
    raise files.InputError(
      path, 'no person found; expected one to the knees or more', 'keypoints'
    )
  rows = [[mark.x, mark.y, mark.visibility] for mark in landmarks.landmark]
  return to_coco_18(np.array(rows), raw.Size(*image.shape[:2]))


def to_coco_18(landmarks: np.ndarray, size: raw.Size) -> np.ndarray:
  """Maps MediaPipe's landmarks to COCO-18.

  Args:
    landmarks: [33, 3]: x and y as shares of width and height, visibility.
    size: of the picture.

  Returns:
    float32 [18, 3], as `find` returns it.
  """
  marks = [0 if mark is None else mark for mark in _LANDMARKS]
  joints = landmarks[marks]
  shoulders = joints[[_RIGHT_SHOULDER, _LEFT_SHOULDER]]
  joints[_NECK, :2] = shoulders[:, :2].mean(axis=0)
  joints[_NECK, 2] = shoulders[:, 2].min()
  # MediaPipe's 0 is the picture's edge; a pixel's centre is half further.
  joints[:, :2] = joints[:, :2] * size[::-1] - 0.5
  inside = (joints[:, :2] > -0.5) & (joints[:, :2] < size[::-1])
  present = inside.all(axis=1) & (joints[:, 2] >= _VISIBLE)
  return np.where(present[:, None], joints, 0).astype(np.float32)


def as_openpose(joints: np.ndarray) -> dict:
  """Returns a pose in the form of OpenPose's JSON, COCO-18."""
  numbers = [round(float(value), 3) for value in joints.ravel()]
  return {'version': 1.3, 'people': [{'pose_keypoints_2d': numbers}]}


def _mediapipe() -> Any:
  try:
    return importlib.import_module('mediapipe').solutions
  except ImportError as error:
    raise ValueError(
      f'MediaPipe cannot be imported ({error}); install it with pip install '
      '-r requirements-pose.txt'
    ) from error
