# SPDX-License-Identifier: Apache-2.0
"""What the drawing knows and a layout does not: joints, and sleeves.

Errors of a parser follow the body: a forearm, a hand, a crossing of arms. These
are found from the true joints and from which sheet of cloth each pixel shows.
"""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.inputs import labels

SIDES = ('right', 'left')
ARMS = {'right': labels.RIGHT_ARM, 'left': labels.LEFT_ARM}
# Places in the order of `inputs.keypoints`, which this package cannot import:
# it would bring in TensorFlow.
JOINTS = {
  'neck': 1,
  'right-shoulder': 2,
  'right-elbow': 3,
  'right-wrist': 4,
  'left-shoulder': 5,
  'left-elbow': 6,
  'left-wrist': 7,
  'right-hip': 8,
  'right-ankle': 10,
  'left-hip': 11,
  'left-ankle': 13,
}
_SHEETS = {'right': 0, 'left': 2}  # sheet % 3 of a sleeve; 1 is the panel.
_WORN_ABOVE = (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT)


@dataclasses.dataclass(frozen=True)
class Clues:
  """Clues about a drawn person, in pixels of the record.

  joints [18, 2] are true, also beyond the frame, in the order of
  `inputs.keypoints`; unit is pixels from the neck to a shoulder; sleeves maps
  'right' and 'left' to masks [h, w] bool; tight says whether sleeves cling to
  the arms.
  """

  joints: np.ndarray
  unit: float
  sleeves: dict[str, np.ndarray]
  tight: bool = False

  def joint(self, name: str) -> np.ndarray:
    """Returns the (x, y) of a joint of `JOINTS`."""
    return self.joints[JOINTS[name]]

  def along_arm(self, side: str, shape: tuple[int, int]) -> np.ndarray:
    """Returns how far along an arm each pixel [h, w] is.

    0 is at the shoulder, 1 at the elbow, 2 at the wrist, more on the hand: the
    place of the nearest point of the bones, the forearm's line going on.
    """
    names = (f'{side}-{name}' for name in ('shoulder', 'elbow', 'wrist'))
    shoulder, elbow, wrist = (self.joint(name) for name in names)
    upper, fore = _bone(shoulder, elbow, shape), _bone(elbow, wrist, shape)
    first = np.clip(upper.share, 0, 1)
    second = np.maximum(fore.share, 0)
    near = fore.distance(second) < upper.distance(first)
    return np.where(near, 1 + second, first)

  def distance(self, point: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Returns the distance [h, w] of each pixel from (x, y), in units."""
    x = np.arange(shape[1], dtype=np.float32)[None] - np.float32(point[0])
    y = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(point[1])
    return np.sqrt(x * x + y * y) / np.float32(self.unit)


def of_drawing(
  canvas: canvases.Canvas, puppet: puppets.Puppet, tight: bool = False
) -> Clues:
  """Returns the clues of a drawn person; the canvas has twice the size."""
  owner, layout = canvas.owner[::2, ::2], canvas.layout[::2, ::2]
  cloth = (owner >= 0) & np.isin(layout, _WORN_ABOVE)
  sheets = np.r_[canvas.names()[:, 0], -1].astype(int)[owner] % 3
  sleeves = {name: cloth & (sheets == part) for name, part in _SHEETS.items()}
  joints = (puppet.keypoints() - 0.5) / 2
  return Clues(joints, puppet.pose.unit, sleeves, tight)


@dataclasses.dataclass(frozen=True)
class _Bone:
  """Where pixels [h, w] lie beside a bone: share along it, offsets, vector."""

  share: np.ndarray
  x: np.ndarray
  y: np.ndarray
  vector: np.ndarray

  def distance(self, share: np.ndarray) -> np.ndarray:
    """Returns the squared distance from the point at a share of the bone."""
    dx = self.x - share * self.vector[0]
    dy = self.y - share * self.vector[1]
    return dx * dx + dy * dy


def _bone(start: np.ndarray, end: np.ndarray, shape: tuple[int, int]) -> _Bone:
  vector = (end - start).astype(np.float32)
  x = np.arange(shape[1], dtype=np.float32)[None] - np.float32(start[0])
  y = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(start[1])
  square = np.float32(max(float(vector @ vector), 1.0))
  return _Bone((x * vector[0] + y * vector[1]) / square, x, y, vector)
