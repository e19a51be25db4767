# SPDX-License-Identifier: Apache-2.0
"""Drape: the map that moves a flat garment onto a posed body.

Linear blend skinning collapses cloth at a bent joint, because it averages
positions. Here the *angle* is blended instead: a point with limb weight w is
carried by the torso's map and by the limb's, mixed by w, and then turned about
the limb's root by w times the limb's rotation; a second such turn about the
elbow or the knee follows. The weights are functions of flat position alone, so
a panel and its tubes agree along their seam, and the map is smooth.

A slow, small random displacement on top makes no two drapes alike.
"""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import puppet as puppets

PANEL = 0  # Parts of a garment: the panel and, by side, the tubes -1 and 1.


class Drape:
  """A garment on a puppet: `place` maps flat points of a part to pixels.

  A tucked garment also has `tuck` (the height of the waistband) and `blouse`
  (how much cloth hangs over it); one with sleeves has `armpit` and `tip`,
  between which they are sewn in. `pushed` maps flat points of the panel to the
  offsets, in pixels, by which the garment below pushes it out (`layers.room`).
  """

  def __init__(
    self,
    garment: garments.Garment,
    puppet: puppets.Puppet,
    rng: np.random.Generator,
  ):
    self.garment = garment
    self.puppet = puppet
    self._waves = rng.normal(0, 1, (3, 2)) * 0.022
    self._phase = rng.uniform(0, 2 * np.pi, (3, 2))
    self._pitch = rng.uniform(0.6, 1.9, (3, 2)) * rng.choice([-1, 1], (3, 2))
    self._widening = self._spread()
    self.pushed = None

  def place(self, points: np.ndarray, part: int) -> np.ndarray:
    """Maps flat points [N, 2] of a part to painting pixels."""
    placed = self._panel(points)
    frame = self.garment.frame
    if part == PANEL:
      for side in puppets.SIDES:
        weight = self._weight(points, side)
        if self.garment.limb == 'arm':
          below = points[:, 1] - self.garment.armpit[1]
          weight = weight * (1 - curves.smoothstep(0, 0.9, below))
        # Most of a panel follows no limb.
        (moved,) = np.nonzero(weight)
        if len(moved):
          placed[moved] = self._swing(
            points[moved], side, placed[moved], weight[moved]
          )
    else:
      a = frame.local(points * (part, 1))[:, 0]
      room = np.clip(frame.tube.length - frame.seam, 0.15, 0.55)
      far = curves.smoothstep(frame.seam, frame.seam + room, a)
      weight = np.maximum(self._weight(points, part), far)
      placed = self._swing(points, part, placed, weight)
    return placed + self._stretch(points)

  def slack(self, points: np.ndarray) -> np.ndarray:
    """How free cloth is to fold at flat points: 0 on a limb's seam, to 1."""
    held = [self._weight(points, side) for side in puppets.SIDES]
    return 1 - 4 * np.max([w * (1 - w) for w in held], 0)

  def seams(self, part: int) -> list[np.ndarray]:
    """Returns flat pieces [4, 2] of the panel that a part is sewn to."""
    garment = self.garment
    if garment.limb == 'leg' or garment.frame is None:
      return []
    tip, low = np.array(garment.tip), np.array(garment.armpit)
    away = np.array([-0.7 if part else 0.5, 0.0])
    beyond = low + away + (0, 0.25 * (part == PANEL))
    piece = np.array([tip, low, beyond, tip + away])
    sides = [part] if part else puppets.SIDES
    return [piece * (side, 1) for side in sides]

  def _panel(self, points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0], points[:, 1]
    x, y = x * self._pinched(y), self._drawn_up(x, y)
    torso = self.puppet.body.torso
    wide = 1 + self._widening * curves.smoothstep(torso - 0.3, torso + 2.2, y)
    worn = np.stack([x * self.garment.ratio(y) * wide, y], 1)
    placed = self.puppet.torso(worn) + self._sway(y)
    return placed if self.pushed is None else placed + self.pushed(points)

  def _drawn_up(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Heights of a panel after a tucked one is pulled over its waistband."""
    garment = self.garment
    if garment.tuck is None:
      return y
    share = 1.0 if garment.tucked else outline.held(garment, x)
    low = curves.smoothstep(garment.tuck - 0.55, garment.tuck + 0.25, y)
    return y - garment.blouse * share * low

  def _pinched(self, y: np.ndarray) -> np.ndarray:
    """How far a waistband pulls a tucked panel in: to the body's width."""
    if not self.garment.tucked:
      return np.ones_like(y)
    tuck = np.array([self.garment.tuck])
    worn = self.garment.half_width(tuck) * self.garment.ratio(tuck)
    body = self.puppet.body.half_width(tuck) + 0.04
    share = float(np.clip(body / worn, 0.7, 1)[0])
    return 1 - (1 - share) * curves.smoothstep(tuck - 0.6, tuck, y)

  def _sway(self, y: np.ndarray) -> np.ndarray:
    """A skirt follows the knees; returns offsets [N, 2] in pixels."""
    puppet = self.puppet
    moved = [
      puppet.joint('knee', side)[0] - puppet.joint('hip', side)[0]
      for side in puppets.SIDES
    ]
    torso = puppet.body.torso
    low = curves.smoothstep(torso, torso + 3.0, y) * 0.4 * sum(moved)
    return np.stack([low, np.zeros_like(low)], 1)

  def _spread(self) -> float:
    """How much wider a skirt must be to hold both knees."""
    garment, puppet = self.garment, self.puppet
    torso = puppet.body.torso
    if garment.hem < torso + 0.5 or garment.limb == 'leg' and garment.frame:
      return 0.0
    gap = puppet.joint('knee', 1)[0] - puppet.joint('knee', -1)[0]
    needed = 0.5 * abs(gap) / puppet.unit + 0.55 * puppet.body.leg + 0.08
    height = np.array([torso + 2.2])
    worn = curves.profile(list(garment.worn), height)[0]
    return max(0.0, needed / worn - 1)

  def _stretch(self, points: np.ndarray) -> np.ndarray:
    moved = np.empty_like(points)
    for axis in (0, 1):  # Along x by waves over y, and the other way round.
      other = 1 - axis
      pitch, start = self._pitch[:, other, None], self._phase[:, other, None]
      waves = np.sin(pitch * points[:, other] + start)
      moved[:, axis] = (self.puppet.unit * self._waves[:, axis]) @ waves
    return moved

  def _weight(self, points: np.ndarray, side: int) -> np.ndarray:
    frame = self.garment.frame
    limb = self.puppet.limb(self.garment.limb, side)
    swing = limb.upper - frame.tube.rest if frame else 0.0
    return self.garment.weight(points * (side, 1), swing)

  def _swing(
    self,
    points: np.ndarray,
    side: int,
    placed: np.ndarray,
    weight: np.ndarray,
  ) -> np.ndarray:
    """Mixes `placed` with the limb's map and turns about the joints."""
    puppet, frame = self.puppet, self.garment.frame
    if frame is None and self.garment.limb == 'leg':
      return placed
    limb = puppet.limb(self.garment.limb, side)
    mirror = np.array([side, 1.0])
    offset = (placed - limb.root) * mirror
    if frame is None:
      swing = np.clip(limb.upper - 0.25, -0.3, 0.5)
      return limb.root + curves.turn(offset, weight * swing) * mirror
    local = frame.local(points * mirror)
    w = weight[:, None]
    mixed = (1 - w) * offset + w * puppet.unit * self._straight(local, limb)
    swing = limb.upper - frame.tube.rest
    turned = curves.turn(mixed, weight * swing)
    if self.garment.limb == 'arm' and swing > 0.7:
      turned *= self._taut(local[:, 1], weight, min(swing, 2.2))[:, None]
    bent = self._bend(local, turned, limb, weight)
    return limb.root + bent * mirror

  def _taut(
    self, c: np.ndarray, weight: np.ndarray, swing: float
  ) -> np.ndarray:
    """How much nearer the joint a raised arm pulls the cloth of the armpit.

    Turning takes that cloth along an arc; taut, it would lie along the chord,
    whose middle is cos(swing / 2) of the radius away. It goes 0.6 of the way.
    """
    seam = self.garment.frame.seam
    low = self.garment.frame.centre(seam) - self.garment.frame.half_width(seam)
    inner = 1 - curves.smoothstep(low, low + 0.7, c)
    return 1 - 2.4 * weight * (1 - weight) * inner * (1 - np.cos(0.5 * swing))

  def _straight(self, local: np.ndarray, limb: puppets.Limb) -> np.ndarray:
    """Offsets from the root, body units, of a tube on a straight limb."""
    frame = self.garment.frame
    a, c = local[:, 0], local[:, 1]
    upper = np.minimum(a, limb.bones[0])
    along = upper * limb.scales[0] + (a - upper) * limb.scales[1]
    half = frame.half_width(a)
    tight = limb.radius(a) + 0.05
    across = (c - frame.centre(a)) / half
    if self.garment.limb == 'leg':
      worn = np.maximum(tight, 0.5 * (tight + half))
    else:
      worn = tight + 0.5 * np.maximum(0, 0.85 * half - tight)
      # A sleeve's cap rounds the shoulder: it starts below the arm's edge.
      across = across - 0.3 * (1 - curves.smoothstep(-0.1, 0.5, a))
    across = self._around(across, limb) * worn
    return along[:, None] * frame.along + across[:, None] * frame.across

  def _around(self, share: np.ndarray, limb: puppets.Limb) -> np.ndarray:
    """Where a limb shows cloth that lies at a share of its half-width."""
    del limb
    return share

  def _bend(
    self,
    local: np.ndarray,
    offset: np.ndarray,
    limb: puppets.Limb,
    weight: np.ndarray,
  ) -> np.ndarray:
    """Turns what lies beyond the elbow or the knee."""
    middle = limb.middle
    angle = limb.fore - limb.upper
    blend = max(0.45, 0.5 * abs(angle))
    start = limb.bones[0] - 0.5 * blend
    bent = weight * curves.smoothstep(start, start + blend, local[:, 0])
    return middle + curves.turn(offset - middle, bent * angle)
