# SPDX-License-Identifier: Apache-2.0
"""The body seen from the side: an elliptic cylinder, turned by 60-90 degrees.

`puppet` keeps the front of the torso between the silhouettes, which serves
turns up to three quarters. Here every height has a depth of its own (chest,
belly, back and seat), and the skin at the angle a from the front lies at

    x = w sin(a) cos(turn) + (d cos(a) + c) sin(turn)

with w the half-width, d the half-depth and c the middle of the depth. Limbs
are bones in the picture plane as before; what is round about them turns too.
The head is drawn in pure profile, with x forwards.
"""

import dataclasses
import functools

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets

# Forwards of the spine; heights are the front view's.
NOSE = (0.78, puppets.NOSE)
EYE = (0.49, puppets.EYES)
EAR = (-0.06, puppets.EARS)


@dataclasses.dataclass(frozen=True)
class Limb(puppets.Limb):
  """A limb whose surface is turned by `turn` radians, outwards positive."""

  turn: float = 0.0


def front(body: bodies.Body) -> curves.Knots:
  """Knots (height, distance forwards) of throat, chest and belly."""
  low, neck = body.torso, body.neck
  return [
    (-0.62, neck + 0.08),
    (-0.42, neck + 0.02),
    (-0.2, 0.35),
    (0.0, 0.4),
    (0.3, 0.5),
    (0.65, 0.66),
    (1.1, 0.76 * body.bust),
    (1.5, 0.67 * body.bust),
    (0.63 * low, 0.62 * body.waist),
    (0.8 * low, 0.66 * body.waist + 0.03),
    (low, 0.52 * body.hips),
    (low + 0.7, 0.5 * body.hips),
  ]


def rear(body: bodies.Body) -> curves.Knots:
  """Knots (height, distance backwards) of nape, back and seat."""
  low, neck = body.torso, body.neck
  return [
    (-0.62, neck - 0.08),
    (-0.42, neck + 0.02),
    (-0.2, 0.46),
    (0.0, 0.55),
    (0.3, 0.63),
    (0.7, 0.67),
    (1.2, 0.61),
    (0.63 * low, 0.47 * body.waist),
    (0.8 * low, 0.54 * body.hips),
    (low - 0.05, 0.68 * body.hips),
    (low + 0.4, 0.63 * body.hips),
    (low + 0.7, 0.55 * body.hips),
  ]


class Puppet(puppets.Puppet):
  """A body in a profile pose."""

  @property
  def facing(self) -> int:
    """1 where the person looks to the right of the picture, else -1."""
    return self.pose.facing

  @property
  def near(self) -> int:
    """The side of the person that is towards the viewer."""
    return -self.facing

  @functools.cached_property
  def _depths(self) -> tuple[curves.Table, curves.Table]:
    return curves.Table(front(self.body)), curves.Table(rear(self.body))

  def width(self, y: np.ndarray) -> np.ndarray:
    """Half-width of the torso at a height; the shoulders are round."""
    return self.body.half_width(y) - 0.2 * np.exp(-((y + 0.02) ** 2) / 0.05)

  def depth(self, y: np.ndarray) -> np.ndarray:
    """Half-depth of the torso at a height."""
    ahead, behind = self._depths
    return 0.5 * (ahead(y) + behind(y))

  def middle(self, y: np.ndarray) -> np.ndarray:
    """How far forwards the middle of the depth lies."""
    ahead, behind = self._depths
    return 0.5 * (ahead(y) - behind(y))

  def surface(
    self, angle: np.ndarray, y: np.ndarray, ease: np.ndarray
  ) -> np.ndarray:
    """Maps cloth at an angle from the front, `ease` off the skin, to pixels."""
    turn = self.pose.turn
    wide, deep = self.width(y) + ease, self.depth(y) + ease
    x = wide * np.sin(angle) * np.cos(turn)
    x = x + (deep * np.cos(angle) + self.middle(y)) * np.sin(turn)
    return self.across(x, y)

  def silhouette(
    self, y: np.ndarray, wide: np.ndarray, deep: np.ndarray
  ) -> np.ndarray:
    """Returns the skin's outline [2 N, 2] at shares of width and depth."""
    turn = self.pose.turn
    half = np.hypot(
      self.width(y) * wide * np.cos(turn),
      self.depth(y) * deep * np.sin(turn),
    )
    centre = self.middle(y) * np.sin(turn)
    right, left = self.across(centre + half, y), self.across(centre - half, y)
    return np.concatenate([right, left[::-1]])

  def _turned(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points of the plane of the shoulders: joints, not skin."""
    turn = self.pose.turn
    return x * np.cos(turn) + self.middle(y) * np.sin(turn)

  def thumb(self, side: int) -> int:
    del side
    return self.facing

  def _posed(self, side: int) -> dict[str, Limb]:
    turn = side * self.pose.turn
    return {
      kind: Limb(**vars(limb), turn=turn)
      for kind, limb in super()._posed(side).items()
    }

  def forwards(self, side: int, kind: str) -> float:
    """Angle, radians, of a lower arm or leg from straight down."""
    return self.limb(kind, side).fore * side * self.facing

  def profile(self, points: np.ndarray) -> np.ndarray:
    """Maps points (forwards, down) of the head to painting pixels."""
    return self.head(np.asarray(points, float) * (self.facing, 1))

  def keypoints(self) -> np.ndarray:
    """Returns the joints as `puppet` does; the far eye and ear are NaN."""
    joints = super().keypoints()
    joints[0], eye, ear = self.profile(np.array([NOSE, EYE, EAR]))
    joints[14:] = np.nan
    place = (self.near + 1) // 2
    joints[14 + place], joints[16 + place] = eye, ear
    return joints
