# SPDX-License-Identifier: Apache-2.0
"""The camera: how large the person is, where, and what of the frame is photo.

A `Framing` moves and scales a pose before it is drawn. It is a person's, the
same for every outfit. Where a photo does not fill the frame, `inference`
repeats the photo's edge; a framing says so by bands at the frame's sides, which
are repeated after drawing. Nobody can know what is in a band: its layout is
background, its joints are missing and its flow is invisible.
"""

from collections.abc import Sequence
import dataclasses
from typing import Any
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import streams

# How large the person is, as a share of the usual size: (weight, low, high).
_SCALES = {
  'usual': (0.62, 0.92, 1.08),
  'far': (0.22, 0.75, 0.92),
  'small': (0.13, 0.6, 0.75),
  'close': (0.03, 1.08, 1.1),
}
_CROWN = 0.05  # Height of the top of a usual head, share of the frame.
_OFF_CENTRE = 0.15  # Share of the photos in which the person is far aside.
_BANDED = 0.15  # Share of the photos that do not fill the frame.
# Which sides have a band: weights.
_BANDS = {'sides': 3, 'side': 3, 'bottom': 3, 'ends': 1, 'corner': 1, 'top': 1}
_TORSO = 0.2  # Half a usual torso, share of the width.
# From the neck to the knees of the shortest, body units: boots may begin there.
_KNEE = 5.4


class Bands(NamedTuple):
  """Widths of the bands beyond the photo, as shares of the frame's sides."""

  left: float = 0.0
  top: float = 0.0
  right: float = 0.0
  bottom: float = 0.0


class Region(NamedTuple):
  """Rows and columns of a frame that are photo."""

  rows: slice
  columns: slice


@dataclasses.dataclass(frozen=True)
class Framing:
  """Scale about the frame's middle, a shift as shares of its sides, bands."""

  scale: float = 1.0
  shift_x: float = 0.0
  shift_y: float = 0.0
  bands: Bands = Bands()

  def region(self, frame: frames.Frame) -> Region:
    """Returns which pixels of a frame are photo."""
    h, w = frame
    left, top, right, bottom = self.bands
    rows = slice(round(top * h), h - round(bottom * h))
    return Region(rows, slice(round(left * w), w - round(right * w)))


def sample(rng: np.random.Generator) -> Framing:
  """Draws a framing: mostly the usual one, with its share of the others."""
  weights = {name: row[0] for name, row in _SCALES.items()}
  _, low, high = _SCALES[streams.pick(rng, weights)]
  scale = rng.uniform(low, high)
  # The crown stays near its place, or sinks into the room that there is.
  spare = max(1 - scale, 0.0)
  crown = 0.5 + scale * (_CROWN - 0.5)
  place = _CROWN + rng.normal(0, 0.015) + spare * rng.uniform(-0.1, 0.75)
  shift_x = rng.normal(0, 0.012) + spare * rng.uniform(-0.45, 0.45)
  if streams.chance(rng, _OFF_CENTRE):  # At times the photo cuts an arm off.
    shift_x += rng.choice([-1, 1]) * rng.uniform(0.06, 0.26)
    place += rng.uniform(-0.09, 0.03)
  bands = Bands()
  if streams.chance(rng, _BANDED):
    bands = _bands(rng, 0.5 + shift_x)
  return Framing(scale, float(shift_x), float(place - crown), bands)


def _bands(rng: np.random.Generator, middle: float) -> Bands:
  """Draws bands: of a narrow or a wide photo, or a person at its edge.

  The torso, with its `middle` at a share of the frame's width, stays in the
  photo.
  """
  kind = streams.pick(rng, _BANDS)
  left, top, right, bottom = rng.uniform(0.03, (0.26, 0.08, 0.26, 0.3))
  left = np.clip(left, 0, max(middle - _TORSO, 0))
  right = np.clip(right, 0, max(1 - middle - _TORSO, 0))
  if kind in ('side', 'corner'):
    left, right = (left, 0.0) if streams.chance(rng, 0.5) else (0.0, right)
  if kind in ('bottom', 'top', 'ends'):
    left = right = 0.0
  if kind in ('bottom', 'side', 'sides', 'corner'):
    top = 0.0
  if kind in ('top', 'side', 'sides'):
    bottom = 0.0
  return Bands(*(float(width) for width in (left, top, right, bottom)))


def place(
  pose: poses.Pose, frame: frames.Frame, framing: Framing
) -> poses.Pose:
  """Returns the pose as a framing shows it in the record's frame."""
  shift = (framing.shift_x, framing.shift_y)
  neck = tuple(
    framing.scale * at + (1 - framing.scale) * 0.5 * side + moved * side
    for at, side, moved in zip(pose.neck, frame[::-1], shift, strict=True)
  )
  return dataclasses.replace(
    pose, unit=framing.scale * pose.unit, neck=places.Point(*neck)
  )


def shows_feet(pose: poses.Pose, frame: frames.Frame) -> bool:
  """Tells whether so much of the legs is in the frame that shoes may be."""
  return pose.neck[1] + _KNEE * pose.unit < frame.height


def repeat_border(image: np.ndarray, framing: Framing) -> np.ndarray:
  """Returns an image [h, w, ...] whose bands repeat the photo's edge."""
  rows, columns = framing.region(frames.Frame(*image.shape[:2]))
  if framing.bands == Bands():
    return image
  h, w = image.shape[:2]
  beyond = [(rows.start, h - rows.stop), (columns.start, w - columns.stop)]
  beyond += [(0, 0)] * (image.ndim - 2)
  return np.pad(image[rows, columns], beyond, 'edge')


def clear_border(
  field: np.ndarray, framing: Framing, value: float = 0
) -> np.ndarray:
  """Returns a field [h, w, ...] with one value in its bands."""
  if framing.bands == Bands():
    return field
  rows, columns = framing.region(frames.Frame(*field.shape[:2]))
  cleared = np.full_like(field, value)
  cleared[rows, columns] = field[rows, columns]
  return cleared


def drop_joints(
  keypoints: np.ndarray, frame: frames.Frame, framing: Framing
) -> np.ndarray:
  """Returns keypoints [n, 3] with zeros for those outside the photo."""
  rows, columns = framing.region(frame)
  low = (columns.start, rows.start)
  high = (columns.stop - 1, rows.stop - 1)
  point = keypoints[:, :2]
  inside = ((point >= low) & (point <= high)).all(1)
  return np.where(inside[:, None], keypoints, 0).astype(keypoints.dtype)


def repeat_borders(
  record: dict[str, Any], framing: Framing, views: Sequence[str]
) -> dict[str, Any]:
  """Returns a record whose photos of the person have the framing's bands.

  Args:
    record: fields of `inputs.record`, of the record's size.
    framing: the framing that the person was drawn with.
    views: of which pictures, as in `{view}_image`: the target, and the person
      in another outfit. The product is a picture of its own and stays.

  Returns:
    A new record: images repeat the photo's edge; layouts are 0 there, flow 0,
    visible false, shade 1; joints there are missing.
  """
  framed = dict(record)
  for view in views:
    image = record[f'{view}_image']
    framed[f'{view}_image'] = repeat_border(image, framing)
    layout = record[f'{view}_layout']
    framed[f'{view}_layout'] = clear_border(layout, framing)
    name = f'{view}_keypoints'
    if name in record:
      frame = frames.Frame(*image.shape[:2])
      framed[name] = drop_joints(record[name], frame, framing)
  for name, value in (('flow', 0), ('visible', 0), ('shade', 1)):
    if name in record:
      framed[name] = clear_border(record[name], framing, value)
  return framed
