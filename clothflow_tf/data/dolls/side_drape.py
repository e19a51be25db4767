# SPDX-License-Identifier: Apache-2.0
"""Drape on a body seen from the side: cloth goes round it.

A garment's front covers the half of the cylinder before its side seams and its
back the half behind them: flat cloth at the share u of its half-width lies at
the angle 90 u degrees from the front, or from the back. Sleeves and trouser
legs are cylinders as well, so the near one shows its outer half, the front of
it before the back of it. What faces away is dropped by `mesh`.
"""

import copy

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import side as sides

# The least that cloth stands off the skin, body units: next to it, and over
# another garment.
_TIGHT, _LOOSE = 0.035, 0.1
_STRAPS = -0.22  # Straps go over the shoulders at this height.
_CAP = 0.34  # Height of the round top of a sleeve.
_ROUND = 1.12  # Shares of the half-width that the map is made for.


class Drape(drapes.Drape):
  """A garment on a `side.Puppet`; `behind` is its back."""

  back = False

  @property
  def behind(self) -> 'Drape':
    """The drape of the garment's back, whose seams meet the front's."""
    other = copy.copy(self)
    other.back = True
    return other

  def place(self, points: np.ndarray, part: int) -> np.ndarray:
    """Maps flat points [N, 2] of a part to pixels, a back's from behind."""
    if self.back:
      points, part = points * (-1, 1), -part
    if part == drapes.PANEL:
      # What lies beyond the seam has to vanish: no sliver of it may face us.
      edge = _ROUND * self._edge(points[:, 1])
      points = np.stack([np.clip(points[:, 0], -edge, edge), points[:, 1]], 1)
      return self._panel(points) + self._stretch(points)
    placed = self._panel(points)
    if self.garment.limb == 'arm':
      points = self._shouldered(points, part)
      weight = np.ones(len(points))
    else:
      frame = self.garment.frame
      a = frame.local(points * (part, 1))[:, 0]
      far = curves.smoothstep(frame.seam, frame.seam + 0.55, a)
      weight = np.maximum(self._weight(points, part), far)
    placed = self._swing(points, part, placed, weight)
    return placed + self._stretch(points)

  def slack(self, points: np.ndarray) -> np.ndarray:
    """As `drape`; front and back hold each other where they meet."""
    share = np.abs(points[:, 0]) / self._edge(points[:, 1])
    return super().slack(points) * (1 - curves.smoothstep(0.5, 0.9, share))

  def seams(self, part: int) -> list[np.ndarray]:
    """None: no sleeve is seen edge on."""
    del part
    return []

  def _panel(self, points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0], points[:, 1]
    y = self._drawn_up(x, y)
    if self.garment.limb == 'arm' and self.garment.neckline == 'sweetheart':
      y = np.maximum(y, _STRAPS)
    edge = self._edge(y)
    torso, body = self.puppet.body.torso, self.puppet.body
    wide = self._widening * curves.smoothstep(torso - 0.3, torso + 2.2, y)
    ease = edge * self.garment.ratio(y) - body.half_width(y) + wide
    angle = self._angle(x / edge)
    tight = self.garment.limb == 'leg'
    if self.garment.tucked:
      tight = curves.smoothstep(0.45 * torso, 0.58 * torso, y)
    least = _LOOSE - tight * (_LOOSE - _TIGHT)
    placed = self.puppet.surface(angle, y, np.maximum(ease, least))
    return placed + self._sway(y)

  def _edge(self, y: np.ndarray) -> np.ndarray:
    """Half-width of the flat panel: up to the shoulder, then to the seam."""
    garment = self.garment
    half = garment.half_width(y)
    if garment.limb == 'leg':
      return half
    x, low = garment.tip
    heights = (-0.5, -0.34, low, low + 0.4)
    slope = np.interp(y, heights, (0.37, 0.46, x, max(x, half.max())))
    return np.where(y < low + 0.4, np.minimum(slope, np.maximum(half, x)), half)

  def _angle(self, share: np.ndarray) -> np.ndarray:
    angle = 0.5 * np.pi * np.clip(share, -_ROUND, _ROUND)
    return np.pi - angle if self.back else angle

  def _around(self, share: np.ndarray, limb: sides.Limb) -> np.ndarray:
    return np.sin(self._angle(share) + limb.turn)

  def _straight(self, local: np.ndarray, limb: sides.Limb) -> np.ndarray:
    offset = super()._straight(local, limb)
    if self.garment.limb == 'leg':
      return offset
    frame, a = self.garment.frame, local[:, 0]
    share = (local[:, 1] - frame.centre(a)) / frame.half_width(a)
    drop = _CAP * (1 - np.sqrt(1 - self._around(share, limb) ** 2))
    drop = drop * (1 - curves.smoothstep(-0.1, 1.1, a))
    return offset + drop[:, None] * frame.along

  def risen(self, part: int) -> float:
    """How far a far sleeve's inside ends above its hem, body units."""
    if part == self.puppet.near:
      return 0.0
    length = np.array([self.garment.frame.tube.length])
    return float((length - self._higher(length, np.ones(1)))[0])

  def _higher(self, a: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Moves distances from the shoulder up, most on the inside (1)."""
    late = 1 - curves.smoothstep(0.3, 2.2, a)
    higher = a - 0.5 * self.garment.frame.seam * (1 + inside) * late
    return np.maximum(higher, np.minimum(a, 0.0))

  def _shouldered(self, points: np.ndarray, side: int) -> np.ndarray:
    """Lets a far sleeve's inside begin as high as its outside."""
    if side == self.puppet.near:
      return points
    frame = self.garment.frame
    local = frame.local(points * (side, 1))
    a, c = local[:, 0], local[:, 1]
    share = (c - frame.centre(a)) / frame.half_width(a)
    a = self._higher(a, np.clip(-share, -1, 1))
    # The flat sleeve runs outwards: cloth keeps its place round the arm.
    c = frame.centre(a) + share * frame.half_width(a)
    return frame.flat(np.stack([a, c], 1)) * (side, 1)

  def _spread(self) -> float:
    """How much further from the body a skirt must be to hold both knees."""
    garment, puppet = self.garment, self.puppet
    body = puppet.body
    if (
      garment.hem < body.torso + 0.5 or garment.limb == 'leg' and garment.frame
    ):
      return 0.0
    gap = puppet.joint('knee', 1)[0] - puppet.joint('knee', -1)[0]
    needed = 0.5 * abs(gap) / puppet.unit + 0.6 * body.leg + 0.08
    height = np.array([body.torso + 2.2])
    ease = curves.profile(list(garment.worn), height) - body.half_width(height)
    return max(0.0, float((needed - puppet.depth(height) - ease)[0]))
