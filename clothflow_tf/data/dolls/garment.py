# SPDX-License-Identifier: Apache-2.0
"""Garments: cut and outlines, lying flat, in body units.

An upper garment is a torso panel and at most two sleeves. The flat panel is
wider than the worn one by 1 / ratio (cloth lies flat; a body is round), its
sides are straighter than a body's, and its sleeves point away from it by the
angle at which the product was laid out. A sleeve has coordinates of its own:
`along` from the shoulder joint and `across`, positive outwards.
"""

import dataclasses
import functools

from clothflow_tf.data import labels
from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import streams
import numpy as np

_CUTS = {
  # name: weight, necklines, sleeves
  'tee': (4.0, ('crew', 'crew', 'v', 'scoop', 'boat'), ('short',)),
  'long': (3.8, ('crew', 'v', 'scoop', 'boat'), ('long', 'long', 'three')),
  'half': (1.6, ('crew', 'v', 'scoop', 'square'), ('half',)),
  'tank': (1.1, ('scoop', 'v', 'crew', 'square'), ('none',)),
  'camisole': (1.1, ('sweetheart',), ('strap',)),
  'turtleneck': (1.2, ('turtle',), ('long', 'long', 'half', 'none')),
  'shirt': (1.8, ('collar',), ('long', 'short', 'half', 'none')),
  'ruffled': (1.0, ('v', 'crew', 'square'), ('cap', 'bell')),
  'sweater': (1.2, ('crew', 'v', 'turtle'), ('long',)),
}
# Length as a share of the arm (low, high), cuff half-width of the flat sleeve.
_SLEEVES = {
  'cap': (0.15, 0.2, 0.47),
  'short': (0.26, 0.42, 0.44),
  'half': (0.46, 0.56, 0.39),
  'bell': (0.42, 0.6, 0.56),
  'three': (0.68, 0.8, 0.29),
  'long': (0.93, 1.02, 0.23),
}


@dataclasses.dataclass(frozen=True)
class Sleeve:
  """A flat sleeve; `rest` is its angle from straight down, in radians."""

  length: float
  cuff: float
  rest: float
  crease: float


@dataclasses.dataclass(frozen=True)
class Garment:
  """The flat cut of a garment. `worn` and `flat` are half-width profiles."""

  label: int
  cut: str
  neckline: str
  sleeve: Sleeve | None
  neck: tuple
  tip: tuple
  armpit: tuple
  hem: float
  hem_curve: float
  flat: tuple
  worn: tuple
  strap: float
  tucked: bool

  @functools.cached_property
  def ratio(self) -> curves.Table:
    """Worn width over flat width at a height of the torso panel."""
    knots = [(-0.25, 1.0), (0.05, self.shoulder_ratio)]
    flat = dict(self.flat)
    knots += [(h, w / flat[h]) for h, w in self.worn]
    return curves.Table(knots)

  @property
  def shoulder_ratio(self) -> float:
    height, width = self.worn[0]
    return 0.5 + 0.5 * width / dict(self.flat)[height]


def sample(rng: np.random.Generator, body: bodies.Body) -> Garment:
  """Draws an upper garment that fits `body`."""
  cut = streams.pick(rng, {name: row[0] for name, row in _CUTS.items()})
  _, necklines, sleeves = _CUTS[cut]
  neckline = necklines[rng.integers(len(necklines))]
  kind = sleeves[rng.integers(len(sleeves))]
  ease = max(0.02, rng.normal(0.07, 0.05) + 0.08 * (cut == 'sweater'))
  if kind == 'strap':
    armpit, tip = (0, 0.78), (0.62, -0.2)
  elif kind == 'none':
    armpit, tip = (0, rng.uniform(0.72, 0.95)), (rng.uniform(0.8, 1.08), -0.08)
  else:
    armpit, tip = (0, rng.uniform(0.8, 1.05)), (rng.uniform(1.14, 1.28), -0.03)
  hem = _hem(rng, body)
  worn, flat = _widths(rng, body, (armpit[1], hem, ease, tip[0]))
  armpit = (flat[0][1], armpit[1])
  return Garment(
    label=labels.UPPER_CLOTHES,
    cut=cut,
    neckline=neckline,
    sleeve=_sleeve(rng, body, kind, flat),
    neck=_neck(rng, neckline),
    tip=tip,
    armpit=armpit,
    hem=hem,
    hem_curve=rng.choice([0.0, 0.04, 0.1, 0.22], p=[0.3, 0.4, 0.2, 0.1]),
    flat=flat,
    worn=worn,
    strap=rng.uniform(0.035, 0.09),
    tucked=streams.chance(rng, 0.36),
  )


def _hem(rng: np.random.Generator, body: bodies.Body) -> float:
  length = streams.pick(rng, {'crop': 0.16, 'regular': 0.6, 'long': 0.24})
  low, high = {'crop': (2.2, 2.8), 'regular': (3.0, 3.8), 'long': (3.7, 4.4)}[
    length
  ]
  return rng.uniform(low, high) * body.torso / 3.1


def _widths(rng: np.random.Generator, body: bodies.Body, cut: tuple) -> tuple:
  """Returns (worn, flat) profiles for cut = (armpit, hem, ease, tip)."""
  armpit, hem, ease, tip = cut
  waist = 0.63 * body.torso
  ratio = rng.uniform(0.78, 0.96)
  boxy = np.clip(rng.normal(0.35, 0.3), 0, 1)
  flare = max(0.0, rng.normal(0, 0.1))
  heights = [armpit, waist, max(hem, waist + 0.25)]
  worn = body.half_width(np.array(heights)) + ease
  worn[0] += 0.02
  worn[1] += boxy * (max(worn[0], worn[2]) - worn[1])
  worn[2] += flare
  # Cloth stretches over the hips, and armholes end below the shoulder.
  flat = worn / (ratio, ratio, 0.5 + 0.5 * ratio)
  if tip > 1.1:
    flat[0] = min(flat[0], tip + 0.05)
    flat[1:] *= min(1, 1.1 * flat[0] / flat[1:].max())
  # A flat garment's sides are straighter than a worn one's.
  flat[1] += 0.35 * (max(flat[0], flat[2]) - flat[1])
  return tuple(zip(heights, worn)), tuple(zip(heights, flat))


def _sleeve(rng: np.random.Generator, body: bodies.Body, kind: str, flat: tuple):
  if kind not in _SLEEVES:
    return None
  low, high, cuff = _SLEEVES[kind]
  reach = body.upper_arm + body.forearm
  length = reach * rng.uniform(low, high)
  (top, wide), _, (hem, low_wide) = flat
  flaring = np.arctan2(max(0.0, low_wide - wide), hem - top)
  least = flaring + (0.1 if length > 2.4 else 0.2)
  return Sleeve(
    length=length,
    cuff=cuff * rng.uniform(0.88, 1.15),
    rest=min(least + rng.gamma(1.6, 0.13 if length > 2.4 else 0.2), 1.15),
    crease=rng.uniform(0, 1),
  )


def _neck(rng: np.random.Generator, neckline: str) -> tuple:
  """Returns (half-width at the shoulder seam, depth) of the neckline."""
  low, high, shallow, deep = {
    'crew': (0.42, 0.56, -0.02, 0.14),
    'v': (0.42, 0.58, 0.5, 0.95),
    'scoop': (0.5, 0.68, 0.25, 0.55),
    'boat': (0.66, 0.8, -0.12, -0.04),
    'square': (0.52, 0.66, 0.25, 0.5),
    'turtle': (0.4, 0.44, -0.1, -0.04),
    'collar': (0.4, 0.46, 0.1, 0.4),
    'sweetheart': (0.62, 0.74, 0.5, 0.72),
  }[neckline]
  return rng.uniform(low, high), rng.uniform(shallow, deep)


def shoulder_y(x: float) -> float:
  """Height of the shoulder seam at x, from the neck down to the tip."""
  return float(np.interp(x, [0.3, 0.45, 1.2], [-0.5, -0.34, -0.02]))


def neckline(garment: Garment) -> np.ndarray:
  """Returns the front neckline from the left neck point to the right one."""
  x, depth = garment.neck
  top = shoulder_y(x)
  shapes = {
    'v': [(-x, top), (-0.62 * x, 0.5 * (top + depth)), (0, depth)],
    'square': [(-x, top), (-0.94 * x, depth - 0.03), (-0.88 * x, depth), (0, depth)],
    'collar': [(-x, top), (-0.55 * x, 0.55 * depth), (0, depth)],
    'sweetheart': [(-1.02, 0.72), (-x, 0.16), (-0.45 * x, 0.4), (0, depth)],
  }
  round_ = [
    (-x, top),
    (-0.93 * x, top + 0.45 * (depth - top)),
    (-0.55 * x, depth - 0.1 * (depth - top)),
    (0, depth),
  ]
  half = np.array(shapes.get(garment.neckline, round_), float)
  if garment.neckline == 'turtle':
    half = np.array([(-0.36, -0.78), (-0.2, -0.755), (0, -0.75)])
  mirrored = half[-2::-1] * (-1, 1)
  if garment.neckline in ('v', 'collar', 'square'):
    return np.concatenate([half, mirrored])
  return curves.spline(np.concatenate([half, mirrored]))


def panel(garment: Garment) -> np.ndarray:
  """Returns the outline of the torso panel, flat."""
  front = neckline(garment)
  side = _side(garment)
  hem = curves.spline(
    [
      side[-1],
      (0.5 * side[-1][0], garment.hem + 0.75 * garment.hem_curve),
      (0, garment.hem + garment.hem_curve),
      (-0.5 * side[-1][0], garment.hem + 0.75 * garment.hem_curve),
      side[-1] * (-1, 1),
    ]
  )
  return np.concatenate([front, side, hem[1:-1], side[::-1] * (-1, 1)])


def _side(garment: Garment) -> np.ndarray:
  """The right-hand edge from the shoulder tip over the armhole to the hem."""
  ax, ay = garment.armpit
  y = np.linspace(ay, garment.hem, 14)
  seam = np.stack([curves.profile(list(garment.flat), y), y], 1)
  tx, ty = garment.tip
  if garment.neckline == 'sweetheart':
    return seam
  top = np.array([[tx, ty]])
  if garment.neckline == 'turtle':
    top = np.concatenate([[(0.38, -0.5), (0.47, -0.33)], top])
  if garment.sleeve is None:
    inner = min(tx, ax) - 0.1
    top = np.concatenate(
      [top[:-1], curves.spline([top[-1], (inner, 0.45 * ay), (ax - 0.12, 0.86 * ay), (ax, ay)])[:-1]]
    )
  return np.concatenate([top, seam])


def straps(garment: Garment) -> list:
  """Returns the outlines of a camisole's straps, flat."""
  if garment.neckline != 'sweetheart':
    return []
  x = garment.neck[0]
  found = []
  for side in (-1, 1):
    line = curves.spline([(x, 0.22), (x + 0.03, -0.1), (x - 0.04, -0.34)])
    found.append(
      curves.tube(line * (side, 1), np.full(len(line), garment.strap))
    )
  return found
