# SPDX-License-Identifier: Apache-2.0
"""The posed body as a smooth map from body units to the painting.

The torso is a strip along a bent spine: a point (x, y) of the upright body
goes to spine(y) + R(y) (x', 0), where R turns from the tilt of the shoulders
to the tilt of the hips. Turning the person about the vertical axis treats each
height as a cylinder: x = w sin(t u) / sin(t) becomes sin(t u + turn), scaled
to the narrower silhouette, so that the near side opens and the far side
closes, but nothing folds over. Limbs are bones in the picture plane.

Skin and clothes go through the same map, which is why they stay together.
"""

from collections.abc import Callable
from collections.abc import Hashable
import dataclasses
import functools
from typing import Any

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import shading

SIDES = (-1, 1)  # The person's right is on the left of the picture.
_ARM_JOINTS = (3, 6)  # Places of the elbows, each before its wrist.
# How likely a joint is found: any, elbow and wrist behind, a pocketed wrist.
_DETECTED, _BEHIND, _IN_POCKET = 0.97, (0.6, 0.25), 0.6
SHOULDER = np.array([0.97, 0.03])
NOSE, EYES, EARS = -1.3, -1.55, -1.42
CHIN = -0.74
_JOINTS = {
  'shoulder': ('arm', 0),
  'elbow': ('arm', 1),
  'wrist': ('arm', 2),
  'hip': ('leg', 0),
  'knee': ('leg', 1),
  'ankle': ('leg', 2),
}
# Degrees of the cylinder that the front covers, by height.
_WRAP = curves.Table([(-0.5, 12), (0, 26), (1.1, 68)])
_PIVOT = np.array([0.0, -0.5])


@dataclasses.dataclass(frozen=True)
class Limb:
  """A posed arm or leg of a side.

  `root` is in painting pixels, `middle` (elbow or knee) and `end` are pixel
  offsets from it with x outwards; `bones` are lengths in body units, shown
  `scales` times as long; `radius` gives the skin's radius along them.
  """

  root: np.ndarray
  upper: float
  fore: float
  bones: tuple[float, float]
  scales: tuple[float, float]
  unit: float
  radius: curves.Table

  @functools.cached_property
  def middle(self) -> np.ndarray:
    length = self.unit * self.bones[0] * self.scales[0]
    return length * curves.direction(self.upper, 1)

  @functools.cached_property
  def end(self) -> np.ndarray:
    length = self.unit * self.bones[1] * self.scales[1]
    return self.middle + length * curves.direction(self.fore, 1)


class Puppet:
  """A body in a pose; lengths in body units in, painting pixels out."""

  def __init__(
    self,
    body: bodies.Body,
    pose: poses.Pose,
    light: shading.Light = shading.FRONT,
  ):
    self.light = light
    self.body = body
    self.pose = pose
    self.unit = 2.0 * pose.unit
    self.neck = 2.0 * np.array(pose.neck) + 0.5
    self._origin = self.torso(_PIVOT[None])[0]
    self._memory = {}
    self._limbs = {side: self._posed(side) for side in SIDES}

  def torso(self, points: np.ndarray) -> np.ndarray:
    """Maps points [N, 2] of the upright torso to painting pixels."""
    points = np.asarray(points, float)
    x, y = points[..., 0], points[..., 1]
    return self.across(self._turned(x, y), y)

  def across(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Maps x to the right of the spine at the heights y to pixels."""
    tilt = self._tilt(y)
    offset = np.stack([x * np.cos(tilt), -x * np.sin(tilt)], -1)
    return self.neck + self.unit * (self._spine(y) + offset)

  def _spine(self, y: np.ndarray) -> np.ndarray:
    shift = self.pose.hip_shift * curves.smoothstep(0, self.body.torso, y)
    return np.stack([shift, y], -1)

  def _tilt(self, y: np.ndarray) -> np.ndarray:
    low = curves.smoothstep(0.1, self.body.torso, y)
    return self.pose.shoulder_tilt * (1 - low) + self.pose.hip_tilt * low

  def _turned(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    turn = self.pose.turn
    wrap = np.radians(_WRAP(y))
    wrap = np.minimum(wrap, np.radians(86) - abs(turn))
    width = self.body.half_width(y)
    u = x / width
    inner = np.clip(u, -1, 1)
    bent = (np.sin(wrap * inner + turn) - np.sin(turn) * np.cos(wrap)) / (
      np.cos(turn) * np.sin(wrap)
    )
    return (
      (bent + u - inner) * width * np.hypot(np.cos(turn), 0.62 * np.sin(turn))
    )

  def head(self, points: np.ndarray) -> np.ndarray:
    """Maps points [N, 2] of the upright head to painting pixels."""
    points = np.asarray(points, float) - _PIVOT
    # A neck is longer or shorter: only what is above its root moves.
    rise = self.body.rise * np.clip(-points[..., 1] / 0.25 + 0.4, 0, 1)
    points = np.stack([points[..., 0], points[..., 1] - rise], -1)
    turned = curves.turn(points, self.pose.head_tilt)
    return self._origin + self.unit * turned

  def face_x(self, x: np.ndarray) -> np.ndarray:
    """Where a feature at x of a frontal face goes when the head turns."""
    face = self.body.face
    angle = np.arcsin(np.clip(np.asarray(x) / (face * 1.12), -1, 1))
    return face * 1.12 * np.sin(angle + self.pose.head_turn)

  def arm(self, side: int) -> poses.Arm:
    return self.pose.arms[(side + 1) // 2]

  def remembered(self, name: Hashable, make: Callable[[], Any]) -> Any:
    """Returns what `make` makes; the second time, what it made the first."""
    if name not in self._memory:
      self._memory[name] = make()
    return self._memory[name]

  def hand(self, side: int) -> poses.Hand:
    return self.arm(side).hand

  def rounded(self, relief: float) -> shading.Shading:
    """Returns the light on a rounded shape of the person."""
    return shading.rounded(relief, self.light)

  def leg(self, side: int) -> poses.Leg:
    return self.pose.legs[(side + 1) // 2]

  def thumb(self, side: int) -> int:
    """Where a hanging hand's thumb points: -1 to the left, 1 to the right."""
    return -side

  def _posed(self, side: int) -> dict[str, Limb]:
    """Returns the limbs of a side."""
    body, arm, leg = self.body, self.arm(side), self.leg(side)
    hip = (body.hip_joint, body.torso)
    shoulder, hip = self.torso(np.array([SHOULDER, hip]) * (side, 1))
    return {
      'arm': Limb(
        shoulder,
        arm.upper,
        arm.fore,
        (body.upper_arm, body.forearm),
        (arm.upper_scale, arm.fore_scale),
        self.unit,
        body.arm_radius,
      ),
      'leg': Limb(
        hip,
        leg.upper,
        leg.fore,
        (body.thigh, body.shin),
        (leg.upper_scale, leg.fore_scale),
        self.unit,
        body.leg_radius,
      ),
    }

  def limb(self, kind: str, side: int) -> Limb:
    """Returns the 'arm' or the 'leg' of a side."""
    return self._limbs[side][kind]

  def joint(self, name: str, side: int) -> np.ndarray:
    """Returns the shoulder, elbow, wrist, hip, knee or ankle of a side."""
    kind, place = _JOINTS[name]
    limb = self.limb(kind, side)
    offset = (np.zeros(2), limb.middle, limb.end)[place]
    return limb.root + offset * (side, 1)

  def detection(self) -> np.ndarray:
    """Returns how likely a pose estimator finds each joint, [18].

    The chances are set by eye: of a wrist behind the back it sees nothing, of
    the elbow often its bend.
    """
    chances = np.full(18, _DETECTED)
    for place, side in zip(_ARM_JOINTS, SIDES, strict=True):
      arm = self.arm(side)
      if arm.depth < 0:
        chances[place : place + 2] = _BEHIND
      elif arm.name == 'pocket':
        chances[place + 1] = _IN_POCKET
    return chances

  def keypoints(self) -> np.ndarray:
    """Returns the 18 joints [18, 2] in painting pixels, COCO order."""
    eyes = self.face_x(np.array([-0.21, 0.21]))
    ears = self.face_x(np.array([-1.05, 1.05]) * self.body.face)
    nose = self.face_x(np.zeros(1)) * 1.1
    face = self.head(
      np.stack(
        [
          np.concatenate([nose, eyes, ears]),
          [NOSE, EYES, EYES, EARS, EARS],
        ],
        1,
      )
    )
    joints = [face[0], self.torso(np.zeros((1, 2)))[0]]
    for side in SIDES:
      joints += [self.joint(j, side) for j in ('shoulder', 'elbow', 'wrist')]
    for side in SIDES:
      joints += [self.joint(j, side) for j in ('hip', 'knee', 'ankle')]
    return np.array(joints + list(face[1:]))
