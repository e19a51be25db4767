# SPDX-License-Identifier: Apache-2.0
"""Poses as files hold them, turned into COCO-18.

Four forms are read. OpenPose's own JSON has a list of people, each a flat
list (x, y, confidence, x, ...) under `pose_keypoints_2d` (`pose_keypoints` in
its first versions), of 18 joints or of BODY_25's 25; VITON-HD ships both. Plain
JSON and `.npy` hold [18, 3] numbers, for poses of any other origin. Dress Code
has [18, 4] numbers (x, y, confidence, index) under `keypoints`, -1 or 0 where a
joint is missing, always in units of a 384x512 picture (`Pose.units`). A list of
one frame of a video, [{"people": ...}], is read as that frame.

Of several people the one is taken that a number names, or that scores best: by
default the sum of confidences, as a passer-by is mostly hidden or small. A
joint of less confidence than `LEAST`, or at (0, 0), is missing and becomes
(0, 0, 0): an estimator that guesses an elbow behind a back has a stump painted
there.

Errors are `ValueError`s that say what came and what was expected; who opened
the file adds its name.
"""

from collections.abc import Callable
import dataclasses
import io
import json

import numpy as np

from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import raw

EXPECTED = 'an OpenPose JSON, or [18, 3] numbers as JSON or .npy'

# The least confidence of a joint that is there.
LEAST = 0.25
_KEYS = ('pose_keypoints_2d', 'pose_keypoints')
_UNITS = raw.Size(512, 384)  # Of Dress Code.
# BODY_25 puts the mid hip in place 8 and six joints of the feet behind.
_COCO_IN_BODY_25 = (*range(8), *range(9, 19))


@dataclasses.dataclass(frozen=True)
class Pose:
  """What a pose file holds.

  Attributes:
    keypoints: float32 [18, 3], COCO-18, of the clearest person; zeros if
      there is none.
    form: 'COCO-18', 'BODY_25', 'Dress Code', 'numbers', or 'OpenPose' of
      nobody.
    units: (height, width) of the frame that joints are given in; None is
      their picture's own.
    warnings: what was chosen of the file.
    others: likewise [18, 3], the other people's joints.
  """

  keypoints: np.ndarray
  form: str
  units: raw.Size | None = None
  warnings: tuple[str, ...] = ()
  others: tuple[np.ndarray, ...] = ()


Score = Callable[[np.ndarray], float]


def _confidence(joints: np.ndarray) -> float:
  return float(joints[:, 2].sum())


def read(content: bytes, number: int = 0, score: Score = _confidence) -> Pose:
  """Returns the pose in a file's content.

  Args:
    content: of the file.
    number: of the person, from 1; 0 is the one that scores best.
    score: of a person's joints [18, 3].

  Raises:
    ValueError: another form or count, NaN or infinity, or no such person.
  """
  values = _values(content)
  if isinstance(values, list) and values and isinstance(values[0], dict):
    if len(values) > 1:
      raise ValueError(
        f'is a list of {len(values)} frames; expected one, {EXPECTED}'
      )
    pose = _of_frame(values[0], number, score)
    reason = 'is a list of one frame; that is taken'
    return dataclasses.replace(pose, warnings=(reason, *pose.warnings))
  if isinstance(values, dict):
    return _of_frame(values, number, score)
  _check_number(number, 1)
  return Pose(_joints(values), 'numbers')


def _check_number(number: int, count: int) -> None:
  if number > count:
    raise ValueError(f'has {count} people; expected number {number} (--person)')


def _of_frame(values: dict, number: int, score: Score) -> Pose:
  if values.get('keypoints') and 'people' not in values:
    return Pose(_dress_code(values['keypoints']), 'Dress Code', _UNITS)
  people = _people(values)
  _check_number(number, len(people))
  if not people:
    return Pose(np.zeros((keypoints.NUM_KEYPOINTS, 3), np.float32), 'OpenPose')
  poses = [_coco_18(person) for person in people]
  best = number - 1
  if not number:
    best = max(range(len(poses)), key=lambda i: score(poses[i]))
  form = 'BODY_25' if len(people[best]) == 75 else 'COCO-18'
  if len(people) == 1:
    return Pose(poses[best], form)
  several = f'has {len(people)} people; number {best + 1} is taken'
  others = (*poses[:best], *poses[best + 1 :])
  return Pose(poses[best], form, None, (several,), others)


def _values(content: bytes) -> object:
  try:
    if content.startswith(b'\x93NUMPY'):
      return np.load(io.BytesIO(content), allow_pickle=False)
    return json.loads(content)
  # The last two: a header of nonsense, brackets nested without end.
  except (ValueError, EOFError, MemoryError, RecursionError) as error:
    raise ValueError(
      f'cannot be read ({error}); expected {EXPECTED}'
    ) from error


def _people(values: dict) -> list:
  people = values.get('people')
  if not isinstance(people, list):
    raise ValueError(f'has no list of "people"; expected {EXPECTED}')
  for key in _KEYS:
    if all(isinstance(person, dict) and key in person for person in people):
      return [person[key] for person in people]
  raise ValueError(f'has people without {_KEYS[0]!r}; expected {EXPECTED}')


def _coco_18(person: object) -> np.ndarray:
  count = len(person) if isinstance(person, list) else 0
  if count not in (54, 75):
    raise ValueError(
      f'has a person of {count} numbers; expected 54 (COCO-18) or 75 (BODY_25)'
    )
  order = range(keypoints.NUM_KEYPOINTS) if count == 54 else _COCO_IN_BODY_25
  return _joints([person[3 * i : 3 * i + 3] for i in order])


def _dress_code(values: object) -> np.ndarray:
  try:
    rows = np.asarray(values, np.float32).reshape(keypoints.NUM_KEYPOINTS, 4)
  except (ValueError, TypeError) as error:
    raise ValueError(
      'has "keypoints" of another form; expected 18 x 4 numbers'
    ) from error
  missing = (rows[:, :2] < 0).any(axis=1, keepdims=True)
  return _joints(np.where(missing, 0, rows)[:, :3])


def _joints(values: object) -> np.ndarray:
  try:
    joints = np.asarray(values)
  except ValueError as error:
    message = f'has rows of different lengths; expected {EXPECTED}'
    raise ValueError(message) from error
  if (
    joints.shape != (keypoints.NUM_KEYPOINTS, 3)
    or joints.dtype.kind not in 'fiu'
  ):
    raise ValueError(
      f'has {joints.dtype} {list(joints.shape)}; expected numbers of [18, 3]'
    )
  with np.errstate(over='ignore'):  # To infinity, which is refused below.
    joints = joints.astype(np.float32)
  if not np.isfinite(joints).all():
    raise ValueError('has NaN or infinity; expected finite numbers')
  present = (joints[:, 2] >= LEAST) & joints[:, :2].any(axis=1)
  return joints * present[:, np.newaxis]
