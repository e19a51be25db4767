# SPDX-License-Identifier: Apache-2.0
"""What is read from the files of an example, and whether it can be used.

Pictures, parse maps, masks and poses are read and fitted as `files` and
`letterbox` tell, the same way as a user's own files at inference. A pose in
other units than its picture's pixels is scaled by the heights and centred:
Dress Code's 384x512 units, and DeepFashion's 176 columns cut from the middle of
256.

Beyond what makes a file unreadable, an example is refused where its parts
cannot belong together: another size, most joints outside the picture or on the
background (swapped axes, wrong units), a mask over all four corners (inverted).
"""

import dataclasses
import hashlib

import numpy as np
from PIL import Image

from clothflow_tf.data.photographs import cutout
from clothflow_tf.data.photographs import doubts
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import neck
from clothflow_tf.data.photographs import openpose
from clothflow_tf.data.photographs import orientation
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.inputs import labels

_WHOLE = (1 << 16, 1 << 16)  # No picture is reduced to so much.


@dataclasses.dataclass
class Found:
  """What was read of a person or a garment.

  Attributes:
    arrays: as `letterbox.person` or `letterbox.garment` returns them, with
      'label' for a garment; empty where there are flaws.
    flaws: why it cannot be used.
    remarks: what was made of it.
    digest: SHA-256 of the picture's bytes; '' if it cannot be read.
    form: of the pose, `openpose.Pose.form`.
    shape: (height, width) of the picture; its pixels may have been fewer.
    turn: its EXIF orientation; 1 is upright.
    map_turn: that of its mask or parse map.
  """

  arrays: dict = dataclasses.field(default_factory=dict)
  flaws: list[examples.Flaw] = dataclasses.field(default_factory=list)
  remarks: list[examples.Flaw] = dataclasses.field(default_factory=list)
  digest: str = ''
  form: str = ''
  shape: tuple[int, int] = (0, 0)
  turn: int = 1
  map_turn: int = 1

  def attempt(self, read, *arguments):
    """Returns what a reader returns, or None and notes its flaw."""
    try:
      return read(*arguments)
    except raw_files.InputError as error:
      self.flaws.append(examples.Flaw(error.name, error.kind, error.problem))
      return None

  def remark(self, file: str, kind: str, reason: str) -> None:
    self.remarks.append(examples.Flaw(file, kind, reason))

  def remark_turn(self, file: str) -> None:
    if self.map_turn != 1:
      self.remark(file, 'picture', orientation.told(self.map_turn))


def read(
  part: examples.Person | examples.Garment,
  size: tuple[int, int],
  min_keypoints: int,
) -> Found:
  """Reads a person or a garment at (height, width).

  Args:
    part: its files.
    size: (H, W) of the arrays.
    min_keypoints: a person with fewer joints within the picture has a flaw.
  """
  found = Found()
  if isinstance(part, examples.Garment):
    _read_garment(part, size, found)
  else:
    _read_person(part, size, min_keypoints, found)
  if found.flaws:
    found.arrays = {}
  return found


def _read_person(
  person: examples.Person,
  size: tuple[int, int],
  min_keypoints: int,
  found: Found,
) -> None:
  image = found.attempt(_picture, person.image, size, found)
  layout = found.attempt(_parse, person, found)
  pose = found.attempt(_pose, person)
  if image is not None and layout is not None:
    sides = layout.size[::-1], person.image, found.shape
    found.attempt(raw_files.check_same_size, person.parse, *sides)
    found.attempt(orientation.check, person.image, found.turn, found.shape)
    both = found.turn, found.map_turn
    if not found.flaws:
      found.attempt(
        orientation.check_map, person.parse, person.image, both, found.shape
      )
    found.remark_turn(person.parse)
  if found.flaws or pose is None:
    return
  found.form = pose.form
  if pose.people > 1:
    reason = f'has {pose.people} people; the clearest one is taken'
    found.remark(person.pose, 'people', reason)
  keypoints = in_pixels(pose.keypoints, person.units, found.shape)
  for reason in doubts.of_layout(layout):
    found.remark(person.parse, 'labels', reason)
  layout = _with_neck(person, layout, keypoints, found)
  found.arrays = framing.person(image, layout, keypoints, size)
  found.attempt(_check_pose, person, keypoints, layout, min_keypoints)
  outside = np.sum(keypoints[:, 2] > 0) - np.sum(
    framing.inside(keypoints, found.shape)
  )
  if outside:
    reason = (
      f'{outside} joints lie outside {images.extent(found.shape)} and count as'
    )
    found.remark(person.pose, 'keypoints', f'{reason} missing')


def _parse(person: examples.Person, found: Found) -> Image.Image:
  """Returns a person's parse map; adds its turn to what is found."""

  def look(_: bytes, header: Image.Image) -> None:
    found.map_turn = images.turn_of(header)

  return raw_files.open_layout(person.parse, person.parsing, look)


def _with_neck(
  person: examples.Person,
  layout: Image.Image,
  keypoints: np.ndarray,
  found: Found,
) -> Image.Image:
  """Returns the layout with a neck where it can have one; or remarks on it."""
  there = layout.histogram()
  if there[labels.FACE] and person.parsing in neck.PARSINGS:
    whole = neck.cut(layout, keypoints)
    if whole is None:
      reason = 'the head holds the neck; a shoulder is missing to cut it by'
      found.remark(person.parse, 'neck', reason)
    return whole or layout
  if not there[labels.TORSO_SKIN]:
    found.remark(person.parse, 'neck', 'has no neck; it stays background')
  return layout


def in_pixels(
  keypoints: np.ndarray,
  units: tuple[int, int] | None,
  extent: tuple[int, int],
) -> np.ndarray:
  """Moves joints [18, 3] from a frame `units` to a picture, both (h, w)."""
  if units is None:
    return keypoints
  scale = extent[0] / units[0]
  margin = (extent[1] - scale * units[1]) / 2
  points = (keypoints[:, :2] + 0.5) * scale - 0.5 + (margin, 0)
  moved = np.c_[points, keypoints[:, 2]]
  return np.where(keypoints[:, 2:] > 0, moved, 0).astype(np.float32)


def _check_pose(
  person: examples.Person,
  keypoints: np.ndarray,
  layout: Image.Image,
  least: int,
) -> None:
  """Raises `InputError` for a pose that is too empty, or not this person's."""
  present = int(np.sum(keypoints[:, 2] > 0))
  inside = framing.inside(keypoints, layout.size[::-1])
  count = int(inside.sum())
  if count * 2 < present:
    came = f'{present - count} of {present} joints lie outside the picture'
    expected = f'pixels of {person.image}, {images.extent(layout.size[::-1])}'
    raise raw_files.InputError(
      person.pose, f'{came}; expected {expected}', 'keypoints'
    )
  if count < least:
    came = f'has {count} joints' if present else 'has no joint at all'
    expected = f'at least {least} (--min_keypoints)'
    raise raw_files.InputError(
      person.pose, f'{came}; expected {expected}', 'keypoints'
    )
  under = [layout.getpixel((int(x), int(y))) for x, y in keypoints[inside, :2]]
  beside = under.count(labels.BACKGROUND)
  if beside * 2 > count:
    came = f'{beside} of {count} joints lie on the background of {person.parse}'
    raise raw_files.InputError(
      person.pose, f'{came}; expected them on the person', 'keypoints'
    )


def _pose(person: examples.Person) -> openpose.Pose:
  if person.joints:
    joints = np.asarray(person.joints, np.float32)
    return openpose.Pose(joints, 'annotation', 1)
  content = images.content_of(person.pose, openpose.EXPECTED)
  try:
    return openpose.read(content)
  except ValueError as error:
    raise raw_files.InputError(person.pose, str(error), 'keypoints') from error


def _read_garment(
  garment: examples.Garment, size: tuple[int, int], found: Found
) -> None:
  least = size if garment.mask else _WHOLE
  image = found.attempt(_picture, garment.image, least, found)
  if garment.mask:
    mask = found.attempt(_mask, garment, size, found)
  else:
    mask = None if image is None else cutout.mask(image)
  if image is None or mask is None:
    return
  name = garment.mask or garment.image
  found.attempt(_check_mask, name, mask)
  for reason in doubts.of_mask(mask):
    found.remark(name, 'mask', reason)
  if not found.flaws:
    found.arrays = framing.garment(image, mask, found.shape, size)
    found.arrays['label'] = found.attempt(_label, garment)
    if not found.arrays['garment_mask'].any():
      reason = f'the mask is empty at {size[0]}x{size[1]}'
      found.flaws.append(
        examples.Flaw(name, 'mask', f'{reason}; expected a garment')
      )


def _mask(
  garment: examples.Garment, size: tuple[int, int], found: Found
) -> np.ndarray:
  """Returns a mask file's, which must be as large as its picture."""
  seen = []
  mask = raw_files.read_mask(
    garment.mask,
    size,
    lambda _, x: seen.extend((images.shape_of(x), images.turn_of(x))),
  )
  if not found.flaws:
    shape, turn = seen
    raw_files.check_same_size(garment.mask, shape, garment.image, found.shape)
    orientation.check_map(
      garment.mask, garment.image, (found.turn, turn), shape
    )
    found.map_turn = turn
    found.remark_turn(garment.mask)
  return mask


def _check_mask(name: str, mask: np.ndarray) -> None:
  if mask[[0, 0, -1, -1], [0, -1, 0, -1]].all():
    raise raw_files.InputError(
      name,
      'the mask covers all four corners; expected 255 on the garment and 0 '
      'around it',
      'mask',
    )
  if not mask.any():
    raise raw_files.InputError(name, 'the mask is empty', 'mask')


def _label(garment: examples.Garment) -> int:
  if not garment.other_label or garment.worn is None:
    return garment.label
  layout = raw_files.read_layout(garment.worn.parse, garment.worn.parsing)
  usual = np.sum(layout == garment.label)
  other = np.sum(layout == garment.other_label)
  return garment.other_label if other > usual else garment.label


def _picture(path: str, least: tuple[int, int], found: Found) -> np.ndarray:
  """Returns a picture; adds shape, digest and remarks to what is found."""
  reasons = []

  def look(content: bytes, header: Image.Image) -> None:
    found.digest = hashlib.sha256(content).hexdigest()
    reasons.extend(orientation.oddities(header))
    found.shape = images.shape_of(header)
    found.turn = images.turn_of(header)

  image = raw_files.read_image(path, least, look)
  for reason in reasons:
    found.remark(path, 'picture', reason)
  return image
