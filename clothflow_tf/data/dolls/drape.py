# SPDX-License-Identifier: Apache-2.0
"""Drape: the map that moves a flat garment onto a posed body.

Linear blend skinning collapses cloth at a bent joint, because it averages
positions. Here the *angle* is blended instead: a point with arm weight w is
carried by the torso's map and by the arm's, mixed by w, and then turned about
the shoulder by w times the arm's rotation; a second such turn about the elbow
follows. The weights are functions of flat position alone (distance from the
armhole seam), so the torso panel and the sleeve agree along their seam, and
the map is smooth.

A slow, small random displacement on top makes no two drapes alike.
"""

import dataclasses

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import puppet as puppets
import numpy as np


@dataclasses.dataclass(frozen=True)
class SleeveFrame:
  """Coordinates of the flat sleeve on the right of the picture."""

  joint: np.ndarray
  along: np.ndarray
  across: np.ndarray
  top: float
  middle: float
  half: float
  sleeve: garments.Sleeve

  def local(self, points: np.ndarray) -> np.ndarray:
    """Returns (along, across) of flat points [N, 2]."""
    offset = points - self.joint
    return np.stack([offset @ self.along, offset @ self.across], -1)

  def flat(self, local: np.ndarray) -> np.ndarray:
    """Inverse of `local`."""
    return self.joint + local[..., :1] * self.along + local[..., 1:] * self.across

  def share(self, a: np.ndarray) -> np.ndarray:
    """0 at the armpit, 1 at the cuff."""
    return np.clip((a - self.top) / max(self.sleeve.length - self.top, 0.2), 0, 1)

  def centre(self, a: np.ndarray) -> np.ndarray:
    return self.middle * (1 - self.share(a))

  def half_width(self, a: np.ndarray) -> np.ndarray:
    share = self.share(a)
    return self.half * (1 - share) + self.sleeve.cuff * share


def sleeve_frame(garment: garments.Garment) -> SleeveFrame:
  """Returns the sleeve coordinates of the side +1 (mirror x for the other)."""
  sleeve = garment.sleeve
  joint = puppets.SHOULDER / (garment.shoulder_ratio, 1)
  along = curves.direction(sleeve.rest, 1)
  across = np.array([along[1], -along[0]])
  tip = (np.array(garment.tip) - joint) @ across
  low = np.array(garment.armpit) - joint
  bottom = low @ across
  return SleeveFrame(
    joint=joint,
    along=along,
    across=across,
    top=max(0.05, min(low @ along, 0.8 * sleeve.length)),
    middle=0.5 * (tip + bottom),
    half=0.5 * (tip - bottom),
    sleeve=sleeve,
  )


class Drape:
  """A garment on a puppet: `torso` and `sleeve` map flat points to pixels."""

  def __init__(
    self,
    garment: garments.Garment,
    puppet: puppets.Puppet,
    rng: np.random.Generator,
  ):
    self.garment = garment
    self.puppet = puppet
    self.frame = sleeve_frame(garment) if garment.sleeve else None
    self._waves = rng.normal(0, 1, (3, 2)) * 0.022
    self._phase = rng.uniform(0, 2 * np.pi, (3, 2))
    self._pitch = rng.uniform(0.6, 1.9, (3, 2)) * rng.choice([-1, 1], (3, 2))

  def torso(self, points: np.ndarray) -> np.ndarray:
    """Maps flat points [N, 2] of the torso panel to painting pixels."""
    placed = self._panel(points)
    for side in puppets.SIDES:
      weight = self._weight(points, side)
      fade = curves.smoothstep(0, 0.9, points[:, 1] - self.garment.armpit[1])
      placed = self._swing(points, side, placed, weight * (1 - fade))
    return placed + self._stretch(points)

  def sleeve(self, points: np.ndarray, side: int) -> np.ndarray:
    """Maps flat points [N, 2] of a sleeve to painting pixels."""
    a = self.frame.local(points * (side, 1))[:, 0]
    top = self.frame.top
    weight = np.maximum(
      self._weight(points, side), curves.smoothstep(top, top + 0.55, a)
    )
    return self._swing(
      points, side, self._panel(points), weight
    ) + self._stretch(points)

  def _panel(self, points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0], points[:, 1]
    return self.puppet.torso(np.stack([x * self.garment.ratio(y), y], 1))

  def _stretch(self, points: np.ndarray) -> np.ndarray:
    phase = points[:, None, :] * self._pitch + self._phase
    return self.puppet.unit * np.sum(
      self._waves * np.sin(phase[..., ::-1]), axis=1
    )

  def _weight(self, points: np.ndarray, side: int) -> np.ndarray:
    """How far flat points follow the arm: 0.5 on the armhole seam."""
    garment = self.garment
    p = points * (side, 1)
    if garment.sleeve is None:
      return 0.3 * curves.smoothstep(0.5, 1.3, p[:, 0])
    tip, low = np.array(garment.tip), np.array(garment.armpit)
    seam = (low - tip) / np.linalg.norm(low - tip)
    distance = (p - tip) @ np.array([seam[1], -seam[0]])
    # A raised arm leaves the armpit behind.
    swing = max(0.0, self.puppet.arm(side).upper - garment.sleeve.rest)
    down = np.clip((p - tip) @ seam, 0, 1)
    late = 0.4 * min(swing, 1.2) * down
    return curves.smoothstep(-0.5 + late, 0.5 + late, distance)

  def _swing(self, points, side, placed, weight):
    """Mixes `placed` with the arm's map and turns about the joints."""
    puppet, arm = self.puppet, self.puppet.arm(side)
    shoulder = puppet.joint('shoulder', side)
    mirror = np.array([side, 1.0])
    offset = (placed - shoulder) * mirror
    w = weight[:, None]
    if self.frame is None:
      swing = np.clip(arm.upper - 0.25, -0.3, 1.2)
      turned = curves.turn(offset, weight * swing)
      return shoulder + turned * mirror
    local = self.frame.local(points * mirror)
    straight = puppet.unit * self._straight(local, arm)
    mixed = (1 - w) * offset + w * straight
    turned = curves.turn(mixed, weight * (arm.upper - self.frame.sleeve.rest))
    return shoulder + self._elbow(local, turned, (side, weight)) * mirror

  def _straight(self, local: np.ndarray, arm) -> np.ndarray:
    """Offsets from the shoulder, body units, of a sleeve on a straight arm."""
    frame, body = self.frame, self.puppet.body
    a, c = local[:, 0], local[:, 1]
    upper = np.minimum(a, body.upper_arm)
    along = upper * arm.upper_scale + (a - upper) * arm.fore_scale
    skin = body.arm * 1.12 + (body.wrist - body.arm) * np.clip(
      a / (body.upper_arm + body.forearm), 0, 1
    )
    half = frame.half_width(a)
    tight = skin + 0.05
    worn = tight + 0.5 * np.maximum(0, 0.85 * half - tight)
    across = (c - frame.centre(a)) / half * worn
    return along[:, None] * frame.along + across[:, None] * frame.across

  def _elbow(self, local: np.ndarray, offset: np.ndarray, bend: tuple):
    side, weight = bend
    puppet, arm = self.puppet, self.puppet.arm(side)
    elbow = (puppet.joint('elbow', side) - puppet.joint('shoulder', side)) * (side, 1)
    angle = arm.fore - arm.upper
    blend = max(0.45, 0.5 * abs(angle))
    start = puppet.body.upper_arm - 0.5 * blend
    bent = weight * curves.smoothstep(start, start + blend, local[:, 0])
    return elbow + curves.turn(offset - elbow, bent * angle)
