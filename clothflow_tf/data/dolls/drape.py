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
from clothflow_tf.data.dolls import puppet as puppets

PANEL = 0  # Parts of a garment: the panel and, by side, the tubes -1 and 1.


class Drape:
  """A garment on a puppet: `place` maps flat points of a part to pixels.

  A garment is anything with `label`, `limb` ('arm' or 'leg'), `frame` (a
  `tube.Frame` or None), `ratio` (worn width over flat width by height),
  `weight(points, side, swing)`, and `hem`.
  """

  def __init__(self, garment, puppet: puppets.Puppet, rng: np.random.Generator):
    self.garment = garment
    self.puppet = puppet
    self._waves = rng.normal(0, 1, (3, 2)) * 0.022
    self._phase = rng.uniform(0, 2 * np.pi, (3, 2))
    self._pitch = rng.uniform(0.6, 1.9, (3, 2)) * rng.choice([-1, 1], (3, 2))
    self._widening = self._spread()

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
        placed = self._swing(points, side, placed, weight)
    else:
      a = frame.local(points * (part, 1))[:, 0]
      far = curves.smoothstep(frame.seam, frame.seam + 0.55, a)
      weight = np.maximum(self._weight(points, part), far)
      placed = self._swing(points, part, placed, weight)
    return placed + self._stretch(points)

  def _panel(self, points: np.ndarray) -> np.ndarray:
    x, y = points[:, 0], points[:, 1]
    torso = self.puppet.body.torso
    wide = 1 + self._widening * curves.smoothstep(torso - 0.3, torso + 2.2, y)
    worn = np.stack([x * self.garment.ratio(y) * wide, y], 1)
    return self.puppet.torso(worn) + self._sway(y)

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
    phase = points[:, None, :] * self._pitch + self._phase
    waves = self._waves * np.sin(phase[..., ::-1])
    return self.puppet.unit * np.sum(waves, axis=1)

  def _weight(self, points: np.ndarray, side: int) -> np.ndarray:
    frame = self.garment.frame
    limb = self.puppet.limb(self.garment.limb, side)
    swing = limb.upper - frame.tube.rest if frame else 0.0
    return self.garment.weight(points * (side, 1), swing)

  def _swing(self, points, side, placed, weight):
    """Mixes `placed` with the limb's map and turns about the joints."""
    puppet, frame = self.puppet, self.garment.frame
    if frame is None and self.garment.limb == 'leg':
      return placed
    limb = puppet.limb(self.garment.limb, side)
    mirror = np.array([side, 1.0])
    offset = (placed - limb.root) * mirror
    if frame is None:
      swing = np.clip(limb.upper - 0.25, -0.3, 1.2)
      return limb.root + curves.turn(offset, weight * swing) * mirror
    local = frame.local(points * mirror)
    w = weight[:, None]
    mixed = (1 - w) * offset + w * puppet.unit * self._straight(local, limb)
    turned = curves.turn(mixed, weight * (limb.upper - frame.tube.rest))
    bent = self._bend(local, turned, (limb, weight))
    return limb.root + bent * mirror

  def _straight(self, local: np.ndarray, limb) -> np.ndarray:
    """Offsets from the root, body units, of a tube on a straight limb."""
    frame = self.garment.frame
    a, c = local[:, 0], local[:, 1]
    upper = np.minimum(a, limb.bones[0])
    along = upper * limb.scales[0] + (a - upper) * limb.scales[1]
    half = frame.half_width(a)
    tight = limb.radius(a) + 0.05
    worn = tight + 0.5 * np.maximum(0, 0.85 * half - tight)
    if self.garment.limb == 'leg':
      worn = np.maximum(tight, 0.5 * (tight + half))
    else:
      # At the armhole cloth is as wide as its seam; further on it fits the arm.
      near = 1 - curves.smoothstep(0.3, frame.seam + 0.6, a)
      worn = worn + near * np.maximum(0, 0.92 * half - worn)
    across = self._around((c - frame.centre(a)) / half, limb) * worn
    return along[:, None] * frame.along + across[:, None] * frame.across

  def _around(self, share: np.ndarray, limb) -> np.ndarray:
    """Where a limb shows cloth that lies at a share of its half-width."""
    del limb
    return share

  def _bend(self, local: np.ndarray, offset: np.ndarray, bend: tuple):
    """Turns what lies beyond the elbow or the knee, bend = (limb, weight)."""
    limb, weight = bend
    middle = limb.middle
    angle = limb.fore - limb.upper
    blend = max(0.45, 0.5 * abs(angle))
    start = limb.bones[0] - 0.5 * blend
    bent = weight * curves.smoothstep(start, start + blend, local[:, 0])
    return middle + curves.turn(offset - middle, bent * angle)
