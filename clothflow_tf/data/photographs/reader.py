# SPDX-License-Identifier: Apache-2.0
"""The one reader of a person and of a garment, for one pair and for folders.

A person is a photo, a parse map and a pose; a garment is a photo and a mask.
Each file is opened once, checked, and fitted into the model's size (`framing`).
Whatever makes a file useless is a problem (`findings`), and so is what cannot
belong together (`agreement`).

The arrays of a person and of a garment at size (H, W):

    person_image      uint8 [H, W, 3]
    person_layout     uint8 [H, W], `labels`
    person_keypoints  float32 [18, 3], COCO-18: x, y (pixels of H x W) and
                      confidence; a missing joint is (0, 0, 0)

    garment_image     uint8 [H, W, 3]
    garment_mask      uint8 [H, W], 0 or 255
    garment_label     int32 [], its label in a layout
"""

import dataclasses
from typing import Any

import numpy as np

from clothflow_tf import files
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import masks
from clothflow_tf.data.photographs import neck
from clothflow_tf.data.photographs import openpose
from clothflow_tf.data.photographs import touching
from clothflow_tf.data.photographs import user_files
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

_NO_JOINTS = np.zeros((keypoints_lib.NUM_KEYPOINTS, 3), np.float32)


@dataclasses.dataclass(frozen=True, eq=False)
class Original:
  """A person or a garment in all pixels of the photo.

  Attributes:
    pixels: uint8 [h, w, 3].
    layout: uint8 [h, w], a person's labels or a garment's mask, 0 or 255; that
      of a garment may have fewer pixels.
    keypoints: float32 [18, 3] in pixels of the photo; zeros of a garment.
    theirs: pixels of other people who touch the person (`touching`), bool
      [h, w]; the layout is background there. None if nobody does.
  """

  pixels: np.ndarray
  layout: np.ndarray
  keypoints: np.ndarray
  theirs: np.ndarray | None = None

  @property
  def size(self) -> raw.Size:
    return raw.Size(*self.pixels.shape[:2])


@dataclasses.dataclass
class Reading(findings.Findings):
  """What was read of a person or a garment.

  Attributes:
    arrays: as the module's table; empty where there are problems.
    digest: SHA-256 of the photo's bytes; '' if it cannot be read.
    pose_form: `openpose.Pose.form`; '' of a garment.
    original: in all pixels, if that was asked for.
  """

  arrays: dict[str, Any] = dataclasses.field(default_factory=dict)
  digest: str = ''
  pose_form: str = ''
  original: Original | None = None

  def require(self) -> dict[str, Any]:
    """Returns the arrays, or raises the first problem, if any."""
    super().require()
    return self.arrays

  def photo(self, path: str, at_least: raw.Size | None) -> images.Picture:
    """Opens a photo; keeps its digest and what was done to it."""
    photo = images.photo(path, at_least)
    self.digest = photo.digest
    for reason in photo.warnings:
      self.remark(path, 'picture', reason)
    return photo


def read(
  part: examples.Part,
  size: raw.Size,
  min_keypoints: int = agreement.SOMEBODY,
  whole: bool = False,
) -> Reading:
  """Reads a person or a garment.

  Args:
    part: its files.
    size: of the arrays.
    min_keypoints: joints that a person must have within the photo.
    whole: also keep it in all its pixels, as `original`.
  """
  reading = Reading()
  if isinstance(part, examples.Garment):
    _read_garment(part, size, reading, whole)
  else:
    _read_person(part, size, min_keypoints, reading, whole)
  if reading.problems:
    reading.arrays, reading.original = {}, None
  return reading


def _read_person(
  person: examples.Person,
  size: raw.Size,
  min_keypoints: int,
  reading: Reading,
  whole: bool,
) -> None:
  at_least = None if whole else size
  photo = reading.attempt(reading.photo, person.image, at_least)
  expected = label_sets.expected(person.parsing)
  parse_map = reading.attempt(images.parse_map, person.parse, expected)
  pose = reading.attempt(_pose, person, parse_map)
  if photo and parse_map:
    reading.attempt(images.check_frames, photo, parse_map, 'parse map and pose')
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
  numbers = parse_map.pixels
  parsing, numbers = _with_neck(person, numbers, present, keypoints, reading)
  if whole:
    layout = label_sets.to_record(numbers, parsing)
    seen = framing.inside(keypoints, photo.size)[:, np.newaxis]
    original = Original(photo.pixels, layout, keypoints * seen)
    others = [framing.in_pixels(x, units, photo.size) for x in pose.others]
    reading.original = _without_others(person, original, others, reading)
  reading.arrays = framing.person(photo, numbers, keypoints, size)
  # Last, as there are fewer pixels; nearest neighbour makes no new numbers.
  layout = reading.arrays['person_layout']
  reading.arrays['person_layout'] = label_sets.to_record(layout, parsing)


def _without_others(
  person: examples.Person,
  original: Original,
  others: list[np.ndarray],
  reading: Reading,
) -> Original:
  """Returns the person without other people who touch her, by their poses."""
  divided = None
  if person.wears_pose:
    layout, keypoints = original.layout, original.keypoints
    divided = touching.divide(layout, keypoints, others)
  if divided is None:
    return original
  reason = (
    f'has {divided.others + 1} people who touch; their region is divided '
    'between their poses'
  )
  reading.remark(person.parse, 'people', reason)
  own_layout = np.where(divided.theirs, np.uint8(labels.BACKGROUND), layout)
  return dataclasses.replace(original, layout=own_layout, theirs=divided.theirs)


def _with_neck(
  person: examples.Person,
  numbers: np.ndarray,
  present: set[int],
  keypoints: np.ndarray,
  reading: Reading,
) -> tuple[str, np.ndarray]:
  """Returns a map's numbers with a neck, if it can, and what they mean."""
  parsing = person.parsing
  if not person.wears_pose:
    return parsing, numbers
  if parsing in neck.PARSINGS and labels.FACE in present:
    layout = neck.cut(label_sets.to_record(numbers, parsing), keypoints)
    if layout is not None:
      return 'record', layout
    reason = 'the head holds the neck; a shoulder is missing to cut it by'
    reading.remark(person.parse, 'neck', reason)
  elif labels.TORSO_SKIN not in present:
    reading.remark(person.parse, 'neck', 'has no neck; it stays background')
  return parsing, numbers


def _pose(
  person: examples.Person, parse_map: images.Picture | None
) -> openpose.Pose:
  """Reads a pose; of several, the one that most lies on the parse map."""
  if person.joints:
    joints = np.asarray(person.joints, np.float32)
    return openpose.Pose(joints, 'annotation')
  content = user_files.content_of(person.pose, openpose.EXPECTED)

  def on_map(joints: np.ndarray) -> float:
    # Of two whose joints all lie on somebody, the clearer one.
    score = joints[:, 2].sum() / 100
    if parse_map is None or not person.wears_pose:
      return score
    within = framing.inside(joints, parse_map.pixels.shape)
    x, y = joints[within, :2].astype(int).T
    return score + np.count_nonzero(parse_map.pixels[y, x])

  try:
    return openpose.read(content, person.number, on_map)
  except ValueError as error:
    raise files.InputError(person.pose, str(error), 'keypoints') from error


def _remark_pose(
  person: examples.Person,
  pose: openpose.Pose,
  keypoints: np.ndarray,
  size: raw.Size,
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
  elif not present.intersection(labels.UPPER):
    reason = 'has no upper garment, dress or coat'
    reading.remark(path, 'labels', reason)


def _read_garment(
  garment: examples.Garment, size: raw.Size, reading: Reading, whole: bool
) -> None:
  at_least = size if garment.mask and not whole else None
  photo = reading.attempt(reading.photo, garment.image, at_least)
  mask = None
  if photo:
    mask = reading.attempt(masks.of, garment, photo, at_least, reading)
  label = _label(garment)
  if reading.problems:
    return
  if whole:
    reading.original = Original(photo.pixels, mask, _NO_JOINTS)
  framed = framing.garment(photo.pixels, mask, photo.size, size)
  reading.attempt(masks.check_framed, garment, framed['garment_mask'])
  reading.arrays = {**framed, 'garment_label': np.int32(label)}


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
  except files.InputError:
    return garment.label
  layout = label_sets.to_record(numbers.pixels, worn.parsing)
  candidates = (garment.label, *garment.alternatives)
  # The first of equals: its usual label, if none is worn.
  return max(candidates, key=lambda label: np.sum(layout == label))
