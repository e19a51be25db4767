# SPDX-License-Identifier: Apache-2.0
"""Bodies: proportions, skin and hair of a person, in body units.

The unit is the distance from the neck to a shoulder joint, 13-18 % of the
frame's width in the photographs, where the torso from neck to hips measures
about 3.1 of it, each half of an arm 1.8, and the head 2.4 above the neck.
"""

import dataclasses
import functools

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import streams

# RGB, from light to deep.
_SKIN = np.array(
  [
    (250, 224, 206),
    (243, 208, 184),
    (233, 190, 160),
    (219, 170, 136),
    (196, 144, 108),
    (160, 110, 78),
    (122, 80, 56),
    (88, 58, 42),
  ],
  float,
)
_HAIR = np.array(
  [
    (30, 24, 22),
    (56, 38, 28),
    (88, 58, 38),
    (126, 84, 50),
    (168, 122, 74),
    (208, 168, 112),
    (224, 196, 150),
    (150, 66, 36),
    (120, 116, 114),
  ],
  float,
)
HAIR_SHAPES = {
  'long': 3.0,
  'one_side': 1.2,
  'behind': 1.6,
  'bob': 1.6,
  'bun': 1.3,
  'ponytail': 1.2,
  'short': 1.0,
  'curly': 1.4,
  'afro': 0.6,
  'shaved': 0.35,
}


@dataclasses.dataclass(frozen=True)
class Body:
  """Lengths and half-widths in body units; colours are RGB in 0..255.

  `rise` is how much longer than usual the neck is.
  """

  torso: float
  neck: float
  bust: float
  waist: float
  hips: float
  hip_joint: float
  upper_arm: float
  forearm: float
  arm: float
  wrist: float
  thigh: float
  shin: float
  face: float
  head: float
  skin: np.ndarray
  hair: np.ndarray
  hair_shape: str
  bearded: bool
  mannish: bool = False
  rise: float = 0.0

  @functools.cached_property
  def half_width(self) -> curves.Table:
    """Half-width of the torso's silhouette at a height (neck 0, hips torso)."""
    knots = [
      (-0.62, self.neck),
      (-0.42, self.neck * 1.12),
      (-0.28, self.neck * 1.55),
      (-0.16, 0.92),
      (0.0, 1.19),
      (0.25, 1.24),
      (0.6, 1.12),
      (1.1, self.bust),
      (0.63 * self.torso, self.waist),
      (self.torso - 0.05, self.hips),
      (self.torso + 0.7, self.hips * 0.99),
    ]
    return curves.Table(knots)

  @functools.cached_property
  def arm_radius(self) -> curves.Table:
    """Radius of an arm by the distance from the shoulder."""
    u, w = self.upper_arm, self.upper_arm + self.forearm
    shares = [1.06, 1.0, 0.82, 0.85, 0.82]
    places = [0.0, 0.3 * u, 0.9 * u, u + 0.15, u + 0.35 * self.forearm]
    knots = [(y, self.arm * s) for y, s in zip(places, shares)]
    return curves.Table(knots + [(w - 0.15, self.wrist), (w, self.wrist)])

  @functools.cached_property
  def leg_radius(self) -> curves.Table:
    """Radius of a leg by the distance from the hip."""
    t, s = self.thigh, self.shin
    shares = [1.0, 0.98, 0.8, 0.6, 0.57, 0.6, 0.36, 0.3]
    places = [0, 0.2 * t, 0.6 * t, t, t + 0.1, t + 0.3 * s, t + 0.85 * s, t + s]
    return curves.Table([(y, self.leg * k) for y, k in zip(places, shares)])

  @property
  def leg(self) -> float:
    """Radius of the thigh where it begins: the hips' width is two of them."""
    return self.hips - self.hip_joint - 0.02


def sample(rng: np.random.Generator, mannish: float = 0.22) -> Body:
  """Draws a person; `mannish` is the probability of a man's proportions."""
  mannish = streams.chance(rng, mannish)
  low, high = rng.integers(0, len(_SKIN) - 1), rng.random()
  if streams.chance(rng, 0.35):
    low = rng.integers(0, 3)
  skin = _SKIN[low] * (1 - high) + _SKIN[low + 1] * high
  # Rosy to olive.
  skin = np.clip(skin * (1 + rng.normal(0, 0.018, 3)), 20, 252)
  stout = rng.normal(0.01, 0.06)
  waist = (0.99 if mannish else 0.9) + rng.normal(0, 0.035) + stout
  shapes = {'short': 3.0, 'shaved': 1.0, 'curly': 0.7, 'bun': 0.3}
  return Body(
    torso=rng.uniform(2.95, 3.3),
    neck=rng.uniform(0.3, 0.345) + 0.05 * mannish,
    bust=rng.uniform(1.0, 1.09) + stout + 0.03 * mannish,
    waist=waist,
    hips=rng.uniform(1.18, 1.33) + stout - 0.12 * mannish,
    hip_joint=rng.uniform(0.55, 0.64),
    upper_arm=rng.uniform(1.74, 2.06),
    forearm=rng.uniform(1.68, 2.02),
    arm=rng.uniform(0.26, 0.37) + 0.5 * stout + 0.04 * mannish,
    wrist=rng.uniform(0.16, 0.195) + 0.02 * mannish,
    thigh=rng.uniform(2.5, 2.75),
    shin=rng.uniform(2.35, 2.6),
    face=rng.uniform(0.52, 0.58),
    head=rng.uniform(1.66, 1.82),
    skin=skin,
    hair=np.clip(_HAIR[rng.integers(len(_HAIR))] + rng.normal(0, 8), 8, 245),
    hair_shape=streams.pick(rng, shapes if mannish else HAIR_SHAPES),
    bearded=mannish and streams.chance(rng, 0.3),
    mannish=mannish,
    rise=rng.normal(0.02, 0.07),
  )
