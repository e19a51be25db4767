# SPDX-License-Identifier: Apache-2.0
"""Whether a pose, a parse map and a photo are of one person, in one frame.

Each file may be sound by itself and still be of no use: joints in other units
or with x and y swapped lie beside the person; a parse map whose numbers are
another parser's has no face where the nose is. Nothing else would notice, and
the result would be a spoilt picture. What contradicts is refused; if the map
agrees with the joints in another label set, the error names that one.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.inputs import labels

# Joints of COCO-18, and the labels that they can lie on.
HEAD = {0: 'nose', 14: 'right eye', 15: 'left eye'}
ON_HEAD = labels.HEAD
SHOULDERS = {2: 'right shoulder', 5: 'left shoulder'}
ON_SHOULDERS = (
  *(labels.UPPER_CLOTHES, labels.DRESS, labels.COAT, labels.SCARF),
  *(labels.TORSO_SKIN, labels.LEFT_ARM, labels.RIGHT_ARM),
  *(labels.HAIR, labels.FACE),
)
_CHEST = (1, *SHOULDERS)
_HIPS = (8, 11)
# The one number in which CIHP (neck) and LIP (jumpsuit) differ.
_TEN = 10
_STEP = 4  # Rows and columns between the pixels that are looked at for it.
# The least number of joints that says that somebody is there.
SOMEBODY = 1
# No person's joints all lie within so many pixels of the corner.
CORNER = 2


def check_pose(
  path: str, keypoints: np.ndarray, photo: images.Picture, at_least: int
) -> None:
  """Refuses a pose that cannot be in the pixels of a photo.

  Args:
    path: file of the pose.
    keypoints: [18, 3], COCO-18, as x, y and confidence.
    photo: the photo.
    at_least: joints that must lie within it.

  Raises:
    files.InputError: names the pose.
  """
  present = int(np.sum(keypoints[:, 2] > 0))
  inside = int(framing.inside(keypoints, photo.size).sum())
  expected = f'pixels of {photo.path}, {photo.size}'
  if present and np.abs(keypoints[:, :2]).max() <= CORNER:
    came = f'{present} joints lie within {CORNER} pixels of the corner'
    expected = f'{expected}, not shares of width and height'
  elif inside * 2 < present:
    came = f'{present - inside} of {present} joints lie outside the picture'
  elif inside < at_least:
    came = f'has {inside} joints' if present else 'has no joint at all'
    expected = f'at least {at_least} (--min_keypoints)'
    if at_least == SOMEBODY:
      expected = 'a person'
  else:
    return
  raise files.InputError(path, f'{came}; expected {expected}', 'keypoints')


def check_labels(
  parse_map: images.Picture, parsing: str, keypoints: np.ndarray
) -> set[int]:
  """Returns the labels of a record that a parse map has.

  Args:
    parse_map: the parse map.
    parsing: one of `label_sets.NAMES`.
    keypoints: [18, 3] of the person in it, zeros if not known.

  Raises:
    files.InputError: it has numbers that the label set has not, or is
      empty.
  """
  # Pillow counts in a third of numpy's time.
  counts = Image.fromarray(parse_map.pixels).histogram()
  numbers = np.nonzero(counts)[0]
  mapped = label_sets.to_record(numbers, parsing)
  unknown = numbers[mapped == label_sets.UNKNOWN].tolist()
  if unknown:
    guess = guess_label_set(keypoints, parse_map.pixels)
    expected = label_sets.expected(parsing)
    came = f'has labels {unknown}; expected {expected}{guess}'
    raise files.InputError(parse_map.path, came, 'labels')
  if not mapped.any():
    raise files.InputError(
      parse_map.path, 'is all background; expected a person', 'labels'
    )
  return set(mapped.tolist())


def check_person(
  pose_path: str,
  keypoints: np.ndarray,
  parse_map: images.Picture,
  parsing: str,
) -> None:
  """Refuses a pose and a parse map that contradict each other.

  Args:
    pose_path: file of the pose.
    keypoints: [18, 3], COCO-18, in pixels of the parse map.
    parse_map: the parse map; its numbers are of the label set.
    parsing: one of `label_sets.NAMES`.

  Raises:
    files.InputError: names the parse map if another label set fits, else
      the pose.
  """
  problem = _contradiction(keypoints, parse_map.pixels, parsing)
  if not problem:
    return
  if guess := guess_label_set(keypoints, parse_map.pixels):
    raise files.InputError(
      parse_map.path,
      f'read as {parsing}, {problem.reason}; expected labels that fit the '
      f'joints of {pose_path}{guess}',
      'labels',
    )
  if problem.is_certain:
    raise files.InputError(
      pose_path,
      f'does not fit {parse_map.path} ({problem.reason}); expected the joints '
      f'of its person, x before y, in pixels of {parse_map.size}',
      'keypoints',
    )


def guess_label_set(keypoints: np.ndarray, numbers: np.ndarray) -> str:
  """Returns an error's last words: the label set that fits joints, or ''."""
  present = np.unique(numbers)
  for parsing in (*label_sets.NAMES[1:], label_sets.NAMES[0]):
    known = label_sets.to_record(present, parsing) != label_sets.UNKNOWN
    if known.all() and not _contradiction(keypoints, numbers, parsing):
      return f'. It looks like --parsing={parsing}'
  return ''


class _Contradiction(NamedTuple):
  """What contradicts; not certain if it needs a label set that fits better."""

  reason: str
  is_certain: bool = True


def _contradiction(
  keypoints: np.ndarray, numbers: np.ndarray, parsing: str
) -> _Contradiction | None:
  joints = framing.inside(keypoints, numbers.shape).nonzero()[0]
  columns, rows = keypoints[joints, :2].astype(int).T
  under = label_sets.to_record(numbers[rows, columns], parsing).tolist()
  if 2 * under.count(labels.BACKGROUND) > len(under):
    beside = under.count(labels.BACKGROUND)
    return _Contradiction(f'{beside} of {len(under)} joints on the background')
  label_of = dict(zip(joints.tolist(), under, strict=True))
  head = _misplaced(label_of, HEAD, ON_HEAD)
  if 2 * len(head) > len(HEAD.keys() & label_of):
    return _Contradiction(_on(head, HEAD), len(head) > 1)
  shoulders = _misplaced(label_of, SHOULDERS, ON_SHOULDERS)
  if len(shoulders) == 2:
    in_the_air = not any(shoulders.values())
    return _Contradiction(_on(shoulders, SHOULDERS), in_the_air)
  meaning = label_sets.to_record(np.uint8(_TEN), parsing)
  if meaning == labels.DRESS and _ten_is_neck(keypoints, numbers):
    return _Contradiction('throat on jumpsuit', False)
  if meaning == labels.TORSO_SKIN and _ten_is_jumpsuit(keypoints, numbers):
    return _Contradiction('hips on torso-skin', False)
  return None


def _misplaced(
  label_of: dict[int, int], joints: Iterable[int], right: tuple[int, ...]
) -> dict[int, int]:
  """Returns those of some joints that lie on other labels than the right."""
  present = label_of.keys() & joints
  return {x: label_of[x] for x in sorted(present) if label_of[x] not in right}


def _on(label_of: dict[int, int], names: dict[int, str]) -> str:
  where = {
    labels.NAMES[x] if x < labels.NUM_LABELS else 'no label': None
    for x in label_of.values()
  }
  return f'{", ".join(map(names.get, label_of))} on {", ".join(where)}'


def _middle(keypoints: np.ndarray, joints: Iterable[int]) -> np.ndarray:
  """Returns the mean (x, y) of those joints that are present, or NaN."""
  chosen = keypoints[[*joints]]
  present = chosen[chosen[:, 2] > 0, :2]
  return present.mean(axis=0) if len(present) else np.full(2, np.nan)


def _rows_of_ten(keypoints: np.ndarray, numbers: np.ndarray) -> np.ndarray:
  """Returns the rows of label 10: 0 at the shoulders, 1 at the hips."""
  top = _middle(keypoints, _CHEST)[1]
  bottom = _middle(keypoints, _HIPS)[1]
  if not bottom > top:  # Or NaN.
    return np.zeros(0)
  rows = np.nonzero(numbers[::_STEP, ::_STEP] == _TEN)[0] * _STEP
  return (rows - top) / (bottom - top)


def _ten_is_neck(keypoints: np.ndarray, numbers: np.ndarray) -> bool:
  """Returns whether label 10 ends at the chest and is on the throat."""
  rows = _rows_of_ten(keypoints, numbers)
  if not len(rows) or np.mean(rows > 0.5) > 0.1:
    return False
  head, chest = _middle(keypoints, HEAD), _middle(keypoints, _CHEST)
  shares = np.linspace(0.5, 1.0, 6)[:, np.newaxis]
  throat = np.c_[head + shares * (chest - head), shares]
  throat = throat[framing.inside(throat, numbers.shape)].astype(int)
  return bool((numbers[throat[:, 1], throat[:, 0]] == _TEN).any())


def _ten_is_jumpsuit(keypoints: np.ndarray, numbers: np.ndarray) -> bool:
  """Returns whether label 10 is much of the person, and below the hips."""
  rows = _rows_of_ten(keypoints, numbers)
  person = np.count_nonzero(numbers[::_STEP, ::_STEP])
  return len(rows) > 0.1 * person and bool(np.mean(rows > 1.0) > 0.35)
