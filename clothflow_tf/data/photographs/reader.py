# SPDX-License-Identifier: Apache-2.0
"""The one reader of a person and of a garment, for one pair and for folders.

A person is a photo, a parse map and a pose; a garment is a photo and a mask.
Each file is opened once, checked, and fitted into the model's size (`framing`).
Whatever makes a file useless is a `Problem`, and parts that cannot belong
together are problems, too (`agreement`). A folder collects problems; for a
single pair `Reading.require` raises the first.

The arrays of a person and of a garment at size (H, W):

    person_image      uint8 [H, W, 3]
    person_layout     uint8 [H, W], `labels`
    person_keypoints  float32 [18, 3], COCO-18: x, y (pixels of H x W) and
                      confidence; a missing joint is (0, 0, 0)

    garment_image     uint8 [H, W, 3]
    garment_mask      uint8 [H, W], 0 or 255
    label             int, the garment's label in a layout
"""

from collections.abc import Callable
import dataclasses
from typing import Any

import numpy as np

from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import cutout
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import neck
from clothflow_tf.data.photographs import openpose
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

_NO_JOINTS = np.zeros((18, 3), np.float32)
_UPPER = (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT)
# Garments cover 36 to 54 % of the eight samples of VITON-HD.
_LEAST_MASK, _MOST_MASK = 0.01, 0.75


@dataclasses.dataclass
class Reading:
  """What was read of a person or a garment.

  Attributes:
    arrays: as the module's table; empty where there are problems.
    problems: why it cannot be used.
    remarks: what was done to it that deserves a look.
    digest: SHA-256 of the photo's bytes; '' if it cannot be read.
    pose_form: `openpose.Pose.form`; '' of a garment.
  """

  arrays: dict[str, Any] = dataclasses.field(default_factory=dict)
  problems: list[examples.Problem] = dataclasses.field(default_factory=list)
  remarks: list[examples.Problem] = dataclasses.field(default_factory=list)
  digest: str = ''
  pose_form: str = ''

  def require(self) -> dict[str, Any]:
    """Returns the arrays, or raises the first problem as an `InputError`."""
    for problem in self.problems:
      raise problem.as_error()
    return self.arrays

  def attempt(self, function: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what a function returns; None, if it raises a problem."""
    try:
      return function(*arguments)
    except raw_files.InputError as error:
      self.problems.append(examples.Problem.of(error))
      return None

  def remark(self, file: str, kind: str, reason: str) -> None:
    self.remarks.append(examples.Problem(file, kind, reason))

  def photo(self, path: str, at_least: images.Size | None) -> images.Picture:
    """Opens a photo; keeps its digest and what was done to it."""
    photo = images.photo(path, at_least)
    self.digest = photo.digest
    for reason in photo.warnings:
      self.remark(path, 'picture', reason)
    return photo


def read(
  part: examples.Part,
  size: images.Size,
  min_keypoints: int,
) -> Reading:
  """Reads a person or a garment.

  Args:
    part: its files.
    size: of the arrays.
    min_keypoints: joints that a person must have within the photo.
  """
  reading = Reading()
  if isinstance(part, examples.Garment):
    _read_garment(part, size, reading)
  else:
    _read_person(part, size, min_keypoints, reading)
  if reading.problems:
    reading.arrays = {}
  return reading


def record_of(target: Reading, source: Reading) -> dict[str, np.ndarray]:
  """Returns the record of a target and its source.

  Raises:
    raw_files.InputError: the first problem of either.
  """
  person, other = target.require(), source.require()
  if 'garment_mask' in other:
    return raw.worn(person, other, other['label'])
  return raw.reposed(person, other)


def _read_person(
  person: examples.Person,
  size: images.Size,
  min_keypoints: int,
  reading: Reading,
) -> None:
  photo = reading.attempt(reading.photo, person.image, size)
  expected = label_sets.expected(person.parsing)
  parse_map = reading.attempt(images.parse_map, person.parse, expected)
  pose = reading.attempt(_pose, person)
  if photo and parse_map:
    reading.attempt(_check_frames, photo, parse_map, 'parse map and pose')
  keypoints = _NO_JOINTS
  if photo and pose:
    units = person.units or pose.units
    keypoints = framing.in_pixels(pose.keypoints, units, photo.size)
  if parse_map:
    present = reading.attempt(
      agreement.check_labels, parse_map, person.parsing, keypoints
    )
  if reading.problems:
    return
  reading.pose_form = pose.form
  reading.attempt(
    agreement.check_pose, person.pose, keypoints, photo, min_keypoints
  )
  if person.wears_pose and not reading.problems:
    reading.attempt(
      agreement.check_person, person.pose, keypoints, parse_map, person.parsing
    )
  _remark_pose(person, pose, keypoints, photo.size, reading)
  _remark_labels(person.parse, present, reading)
  parsing, numbers = person.parsing, parse_map.pixels
  if person.wears_pose and parsing in neck.PARSINGS and labels.FACE in present:
    layout = _cut_neck(person, numbers, keypoints, reading)
    if layout is not None:
      parsing, numbers = 'record', layout
  elif person.wears_pose and labels.TORSO_SKIN not in present:
    reading.remark(person.parse, 'neck', 'has no neck; it stays background')
  reading.arrays = framing.person(photo, numbers, keypoints, size)
  # Last, as there are fewer pixels; nearest neighbour makes no new numbers.
  layout = reading.arrays['person_layout']
  reading.arrays['person_layout'] = label_sets.to_record(layout, parsing)


def _pose(person: examples.Person) -> openpose.Pose:
  if person.joints:
    joints = np.asarray(person.joints, np.float32)
    return openpose.Pose(joints, 'annotation')
  content = raw_files.content_of(person.pose, openpose.EXPECTED)
  try:
    return openpose.read(content)
  except ValueError as error:
    raise raw_files.InputError(person.pose, str(error), 'keypoints') from error


def _check_frames(
  photo: images.Picture, its_map: images.Picture, others: str
) -> None:
  """Refuses a map that may not lie on its photo, pixel on pixel."""
  if its_map.size != photo.size:
    raise raw_files.InputError(
      its_map.path,
      f'is {its_map.size}; expected the size of {photo.path} (as EXIF turns '
      f'it), {photo.size}',
      'size',
    )
  if not photo.size_shows_turn:
    raise raw_files.InputError(
      photo.path,
      f'is turned as its EXIF tag says (orientation {photo.orientation}), and '
      f'its {others} may be turned or not; expected no such tag',
    )


def _remark_pose(
  person: examples.Person,
  pose: openpose.Pose,
  keypoints: np.ndarray,
  size: images.Size,
  reading: Reading,
) -> None:
  for reason in pose.warnings:
    reading.remark(person.pose, 'people', reason)
  present = keypoints[:, 2] > 0
  outside = int(np.sum(present & ~framing.inside(keypoints, size)))
  if outside:
    reason = f'{outside} joints lie outside {size} and count as missing'
    reading.remark(person.pose, 'keypoints', reason)


def _remark_labels(path: str, present: set[int], reading: Reading) -> None:
  if len(present) == 1:
    name = labels.NAMES[[*present][0]]
    reading.remark(path, 'labels', f'is {name} everywhere, hardly a person')
  elif not present.intersection(_UPPER):
    reason = 'has no upper garment, dress or coat'
    reading.remark(path, 'labels', reason)


def _cut_neck(
  person: examples.Person,
  numbers: np.ndarray,
  keypoints: np.ndarray,
  reading: Reading,
) -> np.ndarray | None:
  """Returns the layout with a neck, of a label set whose head holds it."""
  layout = label_sets.to_record(numbers, person.parsing)
  layout = neck.cut(layout, keypoints)
  if layout is None:
    reason = 'the head holds the neck; a shoulder is missing to cut it by'
    reading.remark(person.parse, 'neck', reason)
  return layout


def _read_garment(
  garment: examples.Garment, size: images.Size, reading: Reading
) -> None:
  at_least = size if garment.mask else None
  photo = reading.attempt(reading.photo, garment.image, at_least)
  mask = reading.attempt(_mask, garment, photo, size) if photo else None
  label = reading.attempt(_label, garment)
  if reading.problems:
    return
  name = garment.mask or garment.image
  share = float(np.mean(mask > 0))
  if not _LEAST_MASK <= share <= _MOST_MASK:
    reason = f'the mask covers {share:.2%} of the picture, hardly a garment'
    reading.remark(name, 'mask', reason)
  reading.arrays = {**framing.garment(photo, mask, size), 'label': label}
  if not reading.arrays['garment_mask'].any():
    reason = f'the mask is empty at {size}; expected a larger garment'
    reading.problems.append(examples.Problem(name, 'mask', reason))


def _mask(
  garment: examples.Garment, photo: images.Picture, size: images.Size
) -> np.ndarray:
  """Returns the mask of a file, of the photo's alpha, or cut out of it."""
  if garment.mask:
    mask = images.mask(garment.mask, size)
    _check_frames(photo, mask, 'mask')
    pixels = mask.pixels
  elif photo.alpha is not None and photo.alpha.min() < 128:
    pixels = images.cut(photo.alpha)
  else:
    pixels = cutout.mask(photo.pixels)
    cutout.check(photo.path, pixels)
  problem = 'the mask is empty' if not pixels.any() else ''
  if pixels[[0, 0, -1, -1], [0, -1, 0, -1]].all():
    problem = 'the mask covers all four corners'
  if problem:
    expected = 'expected 255 on the garment and 0 around it'
    name = garment.mask or garment.image
    raise raw_files.InputError(name, f'{problem}; {expected}', 'mask')
  return pixels


def _label(garment: examples.Garment) -> int:
  """Returns the garment's label; of several, the one its wearer shows most.

  A wearer whose parse map cannot be used says nothing. Where she is part of the
  example, her own reading tells what is wrong.
  """
  worn = garment.worn
  if not garment.alternatives or worn is None:
    return garment.label
  try:
    numbers = images.parse_map(worn.parse, label_sets.expected(worn.parsing))
    agreement.check_labels(numbers, worn.parsing, _NO_JOINTS)
  except raw_files.InputError:
    return garment.label
  layout = label_sets.to_record(numbers.pixels, worn.parsing)
  candidates = (garment.label, *garment.alternatives)
  # The first of equals: its usual label, if none is worn.
  return max(candidates, key=lambda label: np.sum(layout == label))
