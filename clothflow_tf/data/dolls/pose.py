# SPDX-License-Identifier: Apache-2.0
"""Poses of fashion photography.

A pose is a handful of angles in the picture plane with foreshortened bones,
and a turn of the torso about its own axis. Angles of limbs are measured from
straight down, outwards positive; turns and leans are positive to the right of
the picture. Arms mostly hang or rest on the hip, some cross the torso, about
one in twenty is raised (findings of the feasibility study).
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import streams

# name: weight, then degrees (low, high) of the upper arm and the forearm, and
# whether the forearm passes in front of the torso (1), behind it (-1) or is
# beside it (0, drawn in front).
_ARMS = {
  'hanging': (10.0, (6, 17), (-4, 11), 0),
  'relaxed': (4.0, (12, 26), (-20, 2), 0),
  'akimbo': (4.0, (36, 52), (-58, -34), 1),
  'at_hip': (3.0, (20, 32), (-24, -8), 0),
  'back': (1.8, (18, 30), (-42, -22), -1),
  'behind': (2.0, (3, 14), (-80, -45), -1),
  'front': (2.5, (6, 18), (-105, -48), 1),
  'crossed': (1.3, (8, 16), (-108, -92), 1),
  'hip_front': (1.8, (8, 16), (-44, -26), 1),
  'pocket': (1.6, (22, 34), (-42, -26), 1),
  'raised': (0.7, (100, 150), (150, 205), 1),
  'to_head': (0.5, (95, 130), (188, 222), 1),
}
# Arms in profile: weight, then degrees forwards (low, high) of the upper arm
# and of the elbow's bend.
_SIDE_ARMS = {
  'hanging': (5.0, (-10, 8), (2, 18)),
  'swung': (2.0, (-26, 24), (8, 35)),
  'bent': (2.0, (-16, 16), (50, 105)),
  'pointing': (0.6, (30, 65), (8, 45)),
  'to_chin': (0.5, (20, 50), (110, 128)),
}
_PROFILE = np.radians(55)


class Hand(NamedTuple):
  """A hand: turned to show its side, its fingers curled and spread, 0..1."""

  turn: float = 0.2
  curl: float = 0.2
  spread: float = 0.1


@dataclasses.dataclass(frozen=True)
class Arm:
  """One arm: angles in radians, foreshortening factors, depth order."""

  name: str
  upper: float
  fore: float
  upper_scale: float
  fore_scale: float
  depth: int
  hand: Hand = Hand()


@dataclasses.dataclass(frozen=True)
class Leg:
  """One leg: angles in radians and foreshortening factors."""

  upper: float
  fore: float
  upper_scale: float
  fore_scale: float


@dataclasses.dataclass(frozen=True)
class Pose:
  """A standing person; `arms` and `legs` are (right, left) of the person.

  `neck` is in pixels of the record and `unit` is pixels a body unit.
  """

  neck: places.Point
  unit: float
  turn: float
  shoulder_tilt: float
  hip_tilt: float
  hip_shift: float
  head_turn: float
  head_tilt: float
  arms: tuple[Arm, Arm]
  legs: tuple[Leg, Leg]

  @property
  def facing(self) -> int:
    """In profile 1 (to the right of the picture) or -1, else 0."""
    return int(np.sign(self.turn)) if abs(self.turn) > _PROFILE else 0


def _arm(rng: np.random.Generator, name: str) -> Arm:
  _, upper, fore, depth = _ARMS[name]
  short = 0.8 if name in ('crossed', 'front', 'pocket') else 0.9
  return Arm(
    name=name,
    upper=np.radians(rng.uniform(*upper)),
    fore=np.radians(rng.uniform(*fore)),
    upper_scale=rng.uniform(0.9, 1.03),
    fore_scale=rng.uniform(short, 1.03),
    depth=depth,
    hand=Hand(*rng.uniform((0.0, 0.0, -0.2), (0.75, 0.5, 0.5))),
  )


def arms(rng: np.random.Generator) -> tuple[Arm, Arm]:
  """Draws a pair of arms; six in ten pairs are alike, crossed ones always."""
  weights = {name: row[0] for name, row in _ARMS.items()}
  first = streams.pick(rng, weights)
  second = first if streams.chance(rng, 0.45) else streams.pick(rng, weights)
  if 'crossed' in (first, second):
    first = second = 'crossed'
  pair = (_arm(rng, first), _arm(rng, second))
  return pair if streams.chance(rng, 0.5) else pair[::-1]


def legs(rng: np.random.Generator) -> tuple[Leg, Leg]:
  """Draws (right, left) legs: straight, one knee out, a step, or crossed."""
  kind = streams.pick(
    rng, {'straight': 4, 'knee': 3, 'step': 2, 'crossed': 0.8, 'wide': 1}
  )
  spread = np.radians({'wide': rng.uniform(7, 14)}.get(kind, rng.uniform(0, 5)))
  pair = [[spread, spread * rng.uniform(0.2, 0.8), 1.0, 1.0] for _ in range(2)]
  free = pair[rng.integers(2)]
  if kind == 'knee':
    free[0] += rng.uniform(0.06, 0.2)
    free[1] = free[0] - rng.uniform(0.1, 0.35)
    free[2] = rng.uniform(0.93, 1.0)
  elif kind == 'step':
    free[0] = rng.uniform(-0.12, 0.02)
    free[1] = free[0] + rng.uniform(-0.1, 0.06)
    free[3] = rng.uniform(0.7, 0.95)
  elif kind == 'crossed':
    free[0] = rng.uniform(-0.2, -0.1)
    free[1] = free[0] - rng.uniform(0.0, 0.08)
  return tuple(Leg(*leg) for leg in pair)


def sample(rng: np.random.Generator, frame: frames.Frame, full: bool) -> Pose:
  """Draws a pose framed for (height, width), head to thigh or full body."""
  height, width = frame.height, frame.width
  turn = np.radians(np.clip(rng.normal(0, 13), -27, 27))
  lean = rng.normal(0, 0.045)
  tilt = rng.normal(0, 0.05)
  if full:
    unit = height * rng.uniform(0.078, 0.087)
    neck_y = height * rng.uniform(0.225, 0.25)
    turn = np.radians(np.clip(rng.normal(0, 20), -42, 42))
  else:
    unit = min(width * rng.uniform(0.152, 0.188), height * 0.15)
    neck_y = height * rng.uniform(0.29, 0.37)
    neck_y = np.clip(neck_y, 2.3 * unit, 0.38 * height)
  return Pose(
    neck=places.Point(width * (0.5 + rng.normal(0, 0.028)), neck_y),
    unit=unit,
    turn=turn,
    shoulder_tilt=tilt,
    hip_tilt=-0.6 * tilt + rng.normal(0, 0.04),
    hip_shift=lean * 3.0,
    head_turn=np.clip(turn * rng.uniform(0, 1) + rng.normal(0, 0.2), -0.8, 0.8),
    head_tilt=rng.normal(0, 0.07),
    arms=arms(rng),
    legs=legs(rng),
  )


def profile(rng: np.random.Generator, pose: Pose, facing: int) -> Pose:
  """Turns a full-body pose by 60-90 degrees, to the right if facing is 1."""
  turn = facing * np.radians(90 - 30 * rng.random() ** 1.5)
  # Outwards is forwards on the far side, which is that of `facing`.
  outwards = (-facing, facing)
  return dataclasses.replace(
    pose,
    turn=turn,
    shoulder_tilt=0.0,
    hip_tilt=0.0,
    hip_shift=facing * rng.normal(0.02, 0.1),
    head_turn=0.0,
    head_tilt=rng.normal(0, 0.06),
    arms=tuple(_side_arm(rng, sign) for sign in outwards),
    legs=_side_legs(rng, facing),
  )


def _side_arm(rng: np.random.Generator, sign: int) -> Arm:
  name = streams.pick(rng, {name: row[0] for name, row in _SIDE_ARMS.items()})
  _, upper, bend = _SIDE_ARMS[name]
  upper = np.radians(rng.uniform(*upper))
  fore = upper + np.radians(rng.uniform(*bend))
  scales = rng.uniform(0.93, 1.03, 2)
  return Arm(name, sign * upper, sign * fore, *scales, depth=1)


def _side_legs(rng: np.random.Generator, facing: int) -> tuple[Leg, Leg]:
  """Draws legs in profile: standing, one knee bent, or a step."""
  kind = streams.pick(rng, {'stand': 4, 'knee': 2, 'step': 3})
  pair = [list(np.radians(rng.uniform((-3, -7), (4, 0)))) for _ in range(2)]
  first, second = rng.permutation(2)
  if kind == 'knee':
    lifted = rng.uniform(8, 22)
    pair[first] = list(np.radians([lifted, lifted - rng.uniform(18, 45)]))
  elif kind == 'step':
    ahead = rng.uniform(8, 20)
    pair[first] = list(np.radians([ahead, ahead - rng.uniform(2, 8)]))
    behind = -rng.uniform(6, 18)
    pair[second] = list(np.radians([behind, behind - rng.uniform(4, 16)]))
  return tuple(
    Leg(s * pair[i][0], s * pair[i][1], 1.0, 1.0)
    for i, s in enumerate((-facing, facing))
  )
