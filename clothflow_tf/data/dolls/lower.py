# SPDX-License-Identifier: Apache-2.0
"""Lower garments: trousers, shorts and skirts, lying flat, in body units.

Trousers are two parts that meet at the centre seam: each is half of the seat
and a leg. Above the crotch both follow the hips, below it each its own leg. A
skirt is one panel that hangs from the hips and sways after the knees.
"""

import dataclasses
import functools
from typing import ClassVar

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import tube as tubes
from clothflow_tf.inputs import labels

_OVERLAP = 0.05  # How far each half reaches over the centre seam.
# Cuff half-width of a trouser leg (low, high).
_LEGS = {
  'skinny': (0.2, 0.24),
  'straight': (0.28, 0.36),
  'wide': (0.4, 0.6),
  'flared': (0.42, 0.55),
}


@dataclasses.dataclass(frozen=True)
class Lower:
  """The flat cut of a lower garment; `worn` and `flat` are half-widths."""

  label: int
  cut: str
  waist: float
  crotch: float
  hem: float
  hem_curve: float
  joint: places.Point
  tube: tubes.Tube | None
  flat: curves.Knots
  worn: curves.Knots
  limb: str = 'leg'
  # A lower garment has nothing of these.
  neckline: ClassVar[str] = ''
  tucked: ClassVar[bool] = False
  tuck: ClassVar[None] = None
  half: ClassVar[None] = None
  gap: ClassVar[None] = None
  raglan: ClassVar[bool] = False
  sheer: ClassVar[bool] = False

  @functools.cached_property
  def ratio(self) -> curves.Table:
    """Worn width over flat width at a height of the panel."""
    flat = dict(self.flat)
    return curves.Table([(y, w / flat[y]) for y, w in self.worn])

  @functools.cached_property
  def frame(self) -> tubes.Frame | None:
    if self.tube is None:
      return None
    wide = self.half_width(np.array([self.crotch]))[0]
    return tubes.frame(
      self.tube,
      np.array(self.joint),
      places.Point(wide, self.crotch),
      places.Point(0, self.crotch),
    )

  def half_width(self, y: np.ndarray) -> np.ndarray:
    return curves.profile(list(self.flat), y)

  def weight(self, points: np.ndarray, swing: float) -> np.ndarray:
    """How far flat points of the right of the picture follow the leg."""
    del swing
    beside = curves.smoothstep(-0.05, 0.4, points[:, 0])
    below = curves.smoothstep(
      self.joint[1] - 0.2, self.crotch + 0.6, points[:, 1]
    )
    return beside * below

  @functools.cached_property
  def outlines(self) -> dict[int, list[np.ndarray]]:
    """Returns {part: [outline, ...]} in flat space."""
    if self.tube is None:
      return {0: [self._skirt()]}
    return {side: [self._half() * (side, 1)] for side in (-1, 1)}

  def _skirt(self) -> np.ndarray:
    y = np.linspace(self.waist, self.hem, 16)
    side = np.stack([self.half_width(y), y], 1)
    x = np.linspace(1, -1, 9)
    hem = self.hem + self.hem_curve * (1 - x**2)
    bottom = np.stack([x * side[-1, 0], hem], 1)
    return np.concatenate([side, bottom[1:-1], side[::-1] * (-1, 1)])

  def _half(self) -> np.ndarray:
    frame = self.frame
    y = np.linspace(self.waist, self.crotch, 8)
    side = np.stack([self.half_width(y), y], 1)
    a = np.linspace(frame.top, self.tube.length, 12)[1:]
    edges = frame.centre(a), frame.half_width(a)
    outer = frame.flat(np.stack([a, edges[0] + edges[1]], 1))
    inner = frame.flat(np.stack([a, edges[0] - edges[1]], 1))
    seam = [(-_OVERLAP, self.crotch), (-_OVERLAP, self.waist)]
    return np.concatenate([side, outer, inner[::-1], seam])


def sample(
  rng: np.random.Generator,
  body: bodies.Body,
  waist: float,
  kind: str | None = None,
) -> Lower:
  """Draws trousers, shorts or a skirt that begins at the height `waist`.

  Args:
    rng: what it is drawn from.
    body: of who wears it.
    waist: height of the waistband.
    kind: 'skirt', 'legs' for trousers or shorts, None for any.
  """
  cuts = {'trousers': 4.0, 'skirt': 0.5, 'shorts': 0.4}
  if kind is not None:
    cuts = {'skirt': 1} if kind == 'skirt' else {'trousers': 3.4, 'shorts': 1}
  cut = streams.pick(rng, cuts)
  if cut == 'skirt':
    return _skirt(rng, body, waist)
  return _trousers(rng, body, waist, _leg(rng, body, cut))


def plain(rng: np.random.Generator, body: bodies.Body, waist: float) -> Lower:
  """Draws straight trousers of full length."""
  length = (body.thigh + body.shin) * rng.uniform(0.92, 0.98)
  leg = tubes.Tube(length, rng.uniform(0.27, 0.31), rng.uniform(0.02, 0.1))
  return _trousers(rng, body, waist, leg)


def _trousers(
  rng: np.random.Generator, body: bodies.Body, waist: float, leg: tubes.Tube
) -> Lower:
  ratio = rng.uniform(0.84, 0.98)
  crotch = body.torso + rng.uniform(0.42, 0.55)
  seat = body.torso - 0.05
  heights = np.array([waist, 0.5 * (waist + seat), seat, crotch])
  worn = body.half_width(heights) + rng.uniform(0.02, 0.06)
  cut = 'shorts' if leg.length < body.thigh else 'trousers'
  return Lower(
    label=labels.PANTS,
    cut=cut,
    waist=waist,
    crotch=crotch,
    hem=crotch,
    hem_curve=0.0,
    joint=places.Point(body.hip_joint / ratio, body.torso),
    tube=leg,
    flat=tuple(zip(heights, worn / ratio)),
    worn=tuple(zip(heights, worn)),
  )


def _skirt(rng: np.random.Generator, body: bodies.Body, waist: float) -> Lower:
  ratio = rng.uniform(0.84, 0.98)
  seat = body.torso - 0.05
  hem = body.torso + np.exp(rng.uniform(np.log(1.1), np.log(4.4)))
  flare = rng.choice([0.0, rng.uniform(0.05, 0.6)], p=[0.35, 0.65])
  heights = np.array([waist, 0.5 * (waist + seat), seat])
  worn = body.half_width(heights) + rng.uniform(0.02, 0.06)
  heights = np.append(heights, [0.5 * (seat + hem), hem])
  more = body.hips + 0.04 + flare * (hem - seat) * np.array([0.45, 1.0])
  worn = np.append(worn, more)
  return Lower(
    label=labels.SKIRT,
    cut='skirt',
    waist=waist,
    crotch=seat + 0.5,
    hem=hem,
    hem_curve=rng.uniform(0, 0.1),
    joint=places.Point(body.hip_joint / ratio, body.torso),
    tube=None,
    flat=tuple(zip(heights, worn / ratio)),
    worn=tuple(zip(heights, worn)),
  )


def _leg(rng: np.random.Generator, body: bodies.Body, cut: str) -> tubes.Tube:
  shape = streams.pick(
    rng, {'skinny': 2, 'straight': 3, 'wide': 1.2, 'flared': 1}
  )
  cuff = rng.uniform(*_LEGS[shape])
  length = (body.thigh + body.shin) * rng.uniform(0.86, 0.99)
  if streams.chance(rng, 0.15):  # Cropped.
    length *= rng.uniform(0.72, 0.9)
  if cut == 'shorts':
    length, cuff = body.thigh * rng.uniform(0.3, 0.95), body.leg * 1.02
  return tubes.Tube(length, cuff, rng.uniform(0.02, 0.1))
