# SPDX-License-Identifier: Apache-2.0
"""Where in a photograph the model looks: a window placed by the person.

A model knows persons who stand as its training's do. In a photograph the
person may stand in a corner, be a tenth of its height, or be cut by its edge.
So a window of the model's aspect is placed by her joints: it may be a small
part of the photo, or reach beyond it, where the photo's edge is repeated.
Points of the photo and of the model convert into each other (`Window`), so
that what the model returns comes back into the photo (`inference.compose`).
Data sets of photographs may be framed by the same rule, so that training sees
what inference will.

Pixel centres are whole numbers, on both grids. Nothing here needs TensorFlow.
"""

import dataclasses

import cv2
import numpy as np
from PIL import Image

from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

NECK = keypoints_lib.NAMES.index('neck')
SHOULDERS, HIPS = (
  tuple(keypoints_lib.NAMES.index(f'{side}-{joint}') for side in sides)
  for joint, sides in (
    ('shoulder', ('right', 'left')),
    ('hip', ('right', 'left')),
  )
)
# Of paper dolls and of VITON-HD's persons: the shoulders' distance is so much
# of the torso, neck to hips.
SHOULDERS_OF_TORSO = 0.62
# The torso as a share of the window's height, from a whole person to one cut at
# the thighs; the neck is that far from its top.
TORSO = (0.235, 0.385)
NECK_AT = (0.22, 0.32)
# The person's feet are at most so far down, if they have to be seen.
LOWEST = 0.97
# A photo that shows her nearly so is taken as a whole.
WHOLE_TORSO = (0.29, 0.46)
WHOLE_NECK = ((0.35, 0.65), (0.2, 0.42))
WHOLE_ASPECT = 1.15
# Without joints, her outline's box is so much of the window.
BOX = 0.9
# Pixels of the photo for one of the model that pixels are taken from.
FINEST = 2


@dataclasses.dataclass(frozen=True)
class Window:
  """A rectangle of a photo that a model sees.

  Attributes:
    left: x of its left edge, in pixels of the photo; may be negative. (The
      photo's own left edge is 0, its first pixel's centre 0.5.)
    top: y of its upper edge.
    scale: sides of the photo's pixels that a pixel of the model has.
    size: of the model.
  """

  left: float
  top: float
  scale: float
  size: raw.Size

  def to_model(self, places: np.ndarray, axis: int) -> np.ndarray:
    """Returns x (axis 0) or y (1) of the photo as x or y of the model."""
    return (places + 0.5 - (self.left, self.top)[axis]) / self.scale - 0.5

  def points(self, keypoints: np.ndarray) -> np.ndarray:
    """Returns keypoints [18, 3] of the photo in the model; zeros outside."""
    moved = [self.to_model(keypoints[:, axis], axis) for axis in (0, 1)]
    moved = np.stack([*moved, keypoints[:, 2]], 1)
    limits = np.array(self.size[::-1]) - 0.5
    seen = ((moved[:, :2] >= -0.5) & (moved[:, :2] < limits)).all(1)
    moved[:, :2] = np.clip(moved[:, :2], 0, np.floor(limits))
    present = (seen & (keypoints[:, 2] > 0))[:, None]
    return np.where(present, moved, 0).astype(np.float32)

  def picture(self, photo: np.ndarray) -> np.ndarray:
    """Returns what the model sees of a photo, uint8 [H, W, 3].

    Beyond the photo its edge is repeated.
    """
    left, top, scale = self.left, self.top, self.scale
    factor = max(1, int(scale / FINEST))
    if factor > 1:
      photo = np.asarray(Image.fromarray(photo).reduce(factor))
      left, top, scale = left / factor, top / factor, scale / factor
    height, width = (scale * side for side in self.size)
    first = np.floor([top, left]).astype(int)
    last = np.ceil([top + height, left + width]).astype(int)
    part = photo
    for axis in (0, 1):
      places = np.arange(first[axis], last[axis])
      places = np.clip(places, 0, photo.shape[axis] - 1)
      part = np.take(part, places, axis)
    y, x = top - first[0], left - first[1]
    whole = Image.fromarray(part)
    box = (x, y, min(x + width, whole.width), min(y + height, whole.height))
    size = self.size[::-1]
    return np.asarray(whole.resize(size, Image.Resampling.BICUBIC, box))

  def layout(self, layout: np.ndarray) -> np.ndarray:
    """Returns a photo's labels [h, w] as the model sees them; 0 outside."""
    result = layout
    for axis, start in ((0, self.top), (1, self.left)):
      centers = (np.arange(self.size[axis]) + 0.5) * self.scale + start
      places = np.floor(centers).astype(int)
      inside = (places >= 0) & (places < layout.shape[axis])
      result = np.take(result, np.clip(places, 0, layout.shape[axis] - 1), axis)
      shape = (-1, 1) if axis == 0 else (1, -1)
      result = np.where(inside.reshape(shape), result, labels.BACKGROUND)
    return result.astype(np.uint8)


def person(
  photo: np.ndarray, layout: np.ndarray, keypoints: np.ndarray, window: Window
) -> dict[str, np.ndarray]:
  """Returns what a model sees of a person through a window.

  Args:
    photo: uint8 [h, w, 3].
    layout: its labels, uint8 [h, w].
    keypoints: [18, 3] in pixels of the photo; zeros where missing.
    window: of the photo.

  Returns:
    person_image, person_layout and person_keypoints, as `inputs.raw` tells; of
    several people the layout has the one of the pose.
  """
  own = own_region(layout, keypoints)
  return {
    'person_image': window.picture(photo),
    'person_layout': window.layout(layout * own),
    'person_keypoints': window.points(keypoints),
  }


def own_region(layout: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
  """Returns which pixels [h, w] of a layout are the person of a pose.

  Of the layout's connected regions these are the ones that hold a joint, but
  for those of another person, who has a face of her own and fewer joints.
  Without joints, everything is.
  """
  count, regions = cv2.connectedComponents((layout > 0).astype(np.uint8))
  height, width = layout.shape
  joints = keypoints[keypoints[:, 2] > 0, :2].astype(int)
  inside = ((joints >= 0) & (joints < (width, height))).all(1)
  x, y = joints[inside].T
  held = np.bincount(regions[y, x], minlength=count)
  held[0] = 0
  if not held.any():
    return np.ones(layout.shape, bool)
  faces = np.unique(regions[layout == labels.FACE])
  others = [each for each in faces if each != held.argmax()]
  mine = held > 0
  mine[others] = False
  return mine[regions]


def place(
  layout: np.ndarray, keypoints: np.ndarray, size: raw.Size, garment_label: int
) -> Window:
  """Returns the window for a person who is to wear a garment.

  Args:
    layout: labels of the photo, uint8 [h, w].
    keypoints: [18, 3] in pixels of the photo; zeros where missing.
    size: of the model.
    garment_label: a top is seen best closely; trousers, skirts and dresses need
      the legs, as far as the photo shows them.
  """
  height, width = layout.shape
  body = _body(keypoints)
  if body is None:
    return _around_box(layout, size)
  neck, torso = body
  scale = max(height / size.height, width / size.width)
  whole = Window(
    (width - scale * size.width) / 2,
    (height - scale * size.height) / 2,
    scale,
    size,
  )
  if _is_usual(whole, neck, torso) and garment_label in labels.UPPER:
    aspect = (height / width) / (size.height / size.width)
    if 1 / WHOLE_ASPECT <= aspect <= WHOLE_ASPECT:
      return whole
  own = own_region(layout, keypoints)
  lowest = np.nonzero((own & (layout > 0)).any(1))[0].max() + 1
  share = TORSO[1]
  if garment_label in labels.LOWER:
    share = _share_for(float(lowest - neck[1]) / torso)
  done = (share - TORSO[0]) / (TORSO[1] - TORSO[0])
  neck_at = NECK_AT[0] + done * (NECK_AT[1] - NECK_AT[0])
  scale = torso / (share * size.height)
  return Window(
    neck[0] + 0.5 - scale * size.width / 2,
    neck[1] + 0.5 - scale * size.height * neck_at,
    scale,
    size,
  )


def _share_for(depth: float) -> float:
  """Returns the largest share of the torso that shows `depth` torsos below.

  The neck's place grows with the share: neck + depth share = lowest.
  """
  slope = (NECK_AT[1] - NECK_AT[0]) / (TORSO[1] - TORSO[0])
  start = NECK_AT[0] - slope * TORSO[0]
  return float(np.clip((LOWEST - start) / (slope + depth), *TORSO))


def _body(keypoints: np.ndarray) -> tuple[np.ndarray, float] | None:
  """Returns the neck (x, y) and the torso's length, or None if unknown."""
  present = keypoints[:, 2] > 0
  points = keypoints[:, :2].astype(float)
  shoulders, hips = (points[list(pair)] for pair in (SHOULDERS, HIPS))
  have_shoulders = present[list(SHOULDERS)].all()
  if present[NECK]:
    neck = points[NECK]
  elif have_shoulders:
    neck = shoulders.mean(0)
  else:
    return None
  lengths = []
  if have_shoulders:
    distance = np.linalg.norm(shoulders[0] - shoulders[1])
    lengths.append(distance / SHOULDERS_OF_TORSO)
  known = points[[joint for joint in HIPS if present[joint]]]
  if len(known):
    lengths.append(np.linalg.norm(known.mean(0) - neck))
  # The longer one: either is shorter than it is where she turns or bends.
  torso = max(lengths, default=0.0)
  return (neck, float(torso)) if torso > 1.0 else None


def _is_usual(whole: Window, neck: np.ndarray, torso: float) -> bool:
  """Says whether a person stands in a window as the training's do."""
  height, width = whole.size
  at = [
    whole.to_model(neck[axis], axis) / side
    for axis, side in enumerate((width, height))
  ]
  share = torso / whole.scale / height
  limits = (*WHOLE_NECK, WHOLE_TORSO)
  return all(a <= x <= b for x, (a, b) in zip((*at, share), limits))


def _around_box(layout: np.ndarray, size: raw.Size) -> Window:
  """Returns a window around the layout's box, or the photo if it has none."""
  rows, columns = np.nonzero(layout)
  if not len(rows):
    rows, columns = (np.array([0, side - 1]) for side in layout.shape)
  top, low = rows.min(), rows.max() + 1
  left, right = columns.min(), columns.max() + 1
  scale = max((low - top) / size.height, (right - left) / size.width) / BOX
  return Window(
    (left + right - scale * size.width) / 2,
    (top + low - scale * size.height) / 2,
    scale,
    size,
  )
