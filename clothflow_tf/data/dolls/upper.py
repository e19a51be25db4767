# SPDX-License-Identifier: Apache-2.0
"""Upper garments and dresses: the flat cut, in body units.

A garment is a panel and at most two sleeves. The flat panel is wider than the
worn one by 1 / ratio (cloth lies flat, a body is round), and its sides are
straighter than a body's; sleeves point away from it by the angle at which the
product was laid out. A dress is a panel that goes on below the hips.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import tube as tubes
from clothflow_tf.inputs import labels

_CUTS = {
  # name: weight, necklines, sleeves
  'tee': (4.6, ('crew', 'crew', 'v', 'scoop', 'boat'), ('short',)),
  'long': (3.8, ('crew', 'v', 'scoop', 'boat'), ('long', 'long', 'three')),
  'half': (1.6, ('crew', 'v', 'scoop', 'square'), ('half',)),
  'tank': (1.7, ('scoop', 'v', 'crew', 'square'), ('none',)),
  'camisole': (1.5, ('sweetheart',), ('strap',)),
  'turtleneck': (1.2, ('turtle',), ('long', 'long', 'half', 'none')),
  'shirt': (1.8, ('collar',), ('long', 'short', 'half', 'none')),
  'ruffled': (1.0, ('v', 'crew', 'square'), ('cap', 'bell')),
  'sweater': (1.2, ('crew', 'v', 'turtle'), ('long',)),
  'polo': (1.45, ('collar',), ('short', 'short', 'short', 'long')),
  'hoodie': (1.45, ('hood',), ('long',)),
  'jacket': (1.5, ('lapel', 'stand', 'collar'), ('long',)),
}
_LOOSE = ('sweater', 'hoodie', 'jacket')
_OUTER = ('hoodie', 'jacket')  # Worn over the trousers, and no dress.
# Length as a share of the arm (low, high), cuff half-width of the flat sleeve.
_SLEEVES = {
  'cap': (0.15, 0.2, 0.42),
  'short': (0.3, 0.42, 0.41),
  'half': (0.46, 0.56, 0.38),
  'bell': (0.42, 0.6, 0.54),
  'three': (0.68, 0.8, 0.29),
  'long': (0.95, 1.03, 0.23),
}


class Opening(NamedTuple):
  """A neckline: half-width at the shoulder seam, and depth."""

  half_width: float
  depth: float


@dataclasses.dataclass(frozen=True)
class Upper:
  """The flat cut of a garment. `worn` and `flat` are half-width profiles."""

  label: int
  cut: str
  neckline: str
  tube: tubes.Tube | None
  neck: Opening
  tip: places.Point
  armpit: places.Point
  hem: float
  hem_curve: float
  flat: curves.Knots
  worn: curves.Knots
  strap: float
  tuck: float | None
  blouse: float
  limb: str = 'arm'

  @property
  def tucked(self) -> bool:
    return self.tuck is not None

  @functools.cached_property
  def ratio(self) -> curves.Table:
    """Worn width over flat width at a height of the panel."""
    knots = [(-0.25, 1.0), (0.05, self.shoulder_ratio)]
    flat = dict(self.flat)
    return curves.Table(knots + [(y, w / flat[y]) for y, w in self.worn])

  @property
  def shoulder_ratio(self) -> float:
    height, width = self.worn[0]
    return 0.5 + 0.5 * width / dict(self.flat)[height]

  @functools.cached_property
  def frame(self) -> tubes.Frame | None:
    if self.tube is None:
      return None
    joint = puppets.SHOULDER / (self.shoulder_ratio, 1)
    return tubes.sleeve(self.tube, joint, self.tip, self.armpit)

  def half_width(self, y: np.ndarray) -> np.ndarray:
    return curves.profile(list(self.flat), y)

  def weight(self, points: np.ndarray, swing: float) -> np.ndarray:
    """How far flat points of the right follow the arm: 0.5 on the seam.

    `swing` is how far the arm is raised, radians; it leaves the armpit behind.
    """
    if self.tube is None:  # Straps give way, the sides hang from the chest.
      high = 1 - curves.smoothstep(0.1, self.armpit[1], points[:, 1])
      return 0.3 * high * curves.smoothstep(0.5, 1.3, points[:, 0])
    tip, low = np.array(self.tip), np.array(self.armpit)
    seam = (low - tip) / np.linalg.norm(low - tip)
    distance = (points - tip) @ np.array([seam[1], -seam[0]])
    down = np.clip((points - tip) @ seam, 0, 1)
    # Only beside the armpit: cloth on the shoulder turns early, or it folds.
    beside = down * np.clip(1 - distance / 0.8, 0, 1)
    late = (0.15 + 0.4 * np.clip(swing, 0, 1.2)) * beside
    return curves.smoothstep(late - 0.36, late + 0.36, distance)

  @functools.cached_property
  def outlines(self) -> dict[int, list[np.ndarray]]:
    """Returns {part: [outline, ...]} in flat space."""
    parts = {0: [outline.panel(self)] + outline.straps(self)}
    if self.tube is not None:
      for side in (-1, 1):
        parts[side] = [outline.sleeve(self) * (side, 1)]
    return parts


def sample(
  rng: np.random.Generator, body: bodies.Body, waist: float | None
) -> Upper:
  """Draws an upper garment, or a dress, that fits `body`.

  Args:
    rng: what it is drawn from.
    body: of who wears it.
    waist: height of the waistband of what is worn below; without, the garment
      is a dress.
  """
  dress = waist is None
  weights = {name: row[0] for name, row in _CUTS.items()}
  if dress:
    weights = {name: w for name, w in weights.items() if name not in _OUTER}
  cut = streams.pick(rng, weights)
  _, necklines, sleeves = _CUTS[cut]
  kind = sleeves[rng.integers(len(sleeves))]
  neckline = necklines[rng.integers(len(necklines))]
  if kind == 'strap':
    armpit, tip = 0.78, (0.62, -0.2)
  elif kind == 'none':
    # The tip lies on the body's shoulder, or skin shows above the seam.
    armpit, x = rng.uniform(0.72, 0.95), rng.uniform(0.9, 1.14)
    tip = x, -0.16 + 0.25 * (x - 0.9)
  else:
    armpit, tip = rng.uniform(0.8, 1.05), (rng.uniform(1.06, 1.22), -0.03)
  hem = _hem(rng, body, dress)
  worn = _worn(rng, body, armpit, hem, snug=cut not in _LOOSE)
  flat = _flat(rng, worn, tip[0])
  return Upper(
    label=labels.DRESS if dress else labels.UPPER_CLOTHES,
    cut=cut,
    neckline=neckline,
    tube=_sleeve(rng, body, kind, flat),
    neck=_neck(rng, neckline),
    tip=places.Point(*tip),
    armpit=places.Point(flat[0][1], armpit),
    hem=hem,
    hem_curve=rng.choice([0.0, 0.04, 0.1, 0.22], p=[0.3, 0.4, 0.2, 0.1]),
    flat=flat,
    worn=worn,
    strap=rng.uniform(0.035, 0.09),
    tuck=waist if _tucked(rng, cut, hem) else None,
    blouse=min(rng.uniform(0.15, 0.6), max(0, hem - (waist or 0) - 0.25)),
  )


def _tucked(rng: np.random.Generator, cut: str, hem: float) -> bool:
  return streams.chance(rng, 0.36) and hem > 2.7 and cut not in _OUTER


def _hem(rng: np.random.Generator, body: bodies.Body, dress: bool) -> float:
  if dress:
    return body.torso + np.exp(rng.uniform(np.log(1.2), np.log(4.3)))
  length = streams.pick(rng, {'crop': 0.14, 'regular': 0.6, 'long': 0.26})
  low, high = {'crop': (2.3, 2.9), 'regular': (3.2, 3.9), 'long': (3.8, 4.5)}[
    length
  ]
  return rng.uniform(low, high) * body.torso / 3.1


def _worn(
  rng: np.random.Generator,
  body: bodies.Body,
  armpit: float,
  hem: float,
  snug: bool,
) -> curves.Knots:
  """Returns the worn half-width profile ((y, half-width), ...)."""
  waist, hips = 0.63 * body.torso, body.torso
  heights = [armpit, waist] + ([hips] if hem > hips + 0.3 else [])
  heights = np.array(heights + [max(hem, waist + 0.25)])
  ease = max(0.02, rng.normal(0.06, 0.05) + 0.08 * (not snug))
  worn = body.half_width(heights) + ease
  boxy = np.clip(rng.normal(0.35, 0.3), 0, 1)
  worn[1] += boxy * max(0, max(worn[0], worn[2]) - worn[1])
  flare = max(0.0, rng.normal(0, 0.1))
  if hem > hips + 1:
    flare = rng.uniform(0, 0.35) * (hem - hips)
  worn[-1] += flare
  # From the waist down it goes over trousers, which have up to 0.06.
  worn[1:] = np.maximum(worn[1:], body.half_width(heights[1:]) + 0.1)
  return tuple(zip(heights, worn))


def _flat(
  rng: np.random.Generator, worn: curves.Knots, tip: float
) -> curves.Knots:
  """Returns the flat half-width profile of a worn one."""
  ratio = rng.uniform(0.82, 1.0)
  heights, widths = np.array(worn).T
  # Cloth stretches over the hips, and armholes end below the shoulder.
  stretch = np.append(
    [ratio, ratio], np.full(len(widths) - 2, 0.5 + 0.5 * ratio)
  )
  flat = widths / stretch
  if tip > 1.0:
    flat[0] = np.clip(flat[0], tip + 0.05, tip + 0.16)
  flat[1] += 0.35 * (max(flat[0], flat[2]) - flat[1])
  return tuple(zip(heights, flat))


def _sleeve(
  rng: np.random.Generator, body: bodies.Body, kind: str, flat: curves.Knots
) -> tubes.Tube | None:
  """Draws a sleeve of a kind; None for kinds without one."""
  if kind not in _SLEEVES:
    return None
  low, high, cuff = _SLEEVES[kind]
  length = (body.upper_arm + body.forearm) * rng.uniform(low, high)
  y = np.linspace(flat[0][0], min(flat[-1][0], flat[0][0] + length), 24)[1:]
  wide = curves.profile(list(flat), y) - flat[0][1]
  # Sleeves hang beside the panel; some are spread out.
  least = np.arctan(max(0.0, *(wide / (y - flat[0][0])))) + 0.03
  if length > 2.0:
    spread = streams.chance(rng, 0.14)
    rest = max(least, rng.uniform(0.02, 0.12)) + rng.gamma(1.2, 0.025)
    rest += rng.uniform(0.2, 0.5) * spread
  else:
    rest = max(least, rng.uniform(0.12, 0.35)) + rng.gamma(1.6, 0.1)
  cuff = cuff * rng.uniform(0.88, 1.15)
  root = (body.arm + rng.uniform(0.02, 0.08)) / rng.uniform(0.86, 0.96)
  return tubes.Tube(length, cuff, min(rest, max(least, 1.0)), root)


def _neck(rng: np.random.Generator, neckline: str) -> Opening:
  """Draws the opening of a neckline."""
  low, high, shallow, deep = {
    'crew': (0.42, 0.56, -0.02, 0.14),
    'v': (0.42, 0.58, 0.5, 0.95),
    'scoop': (0.5, 0.68, 0.25, 0.55),
    'boat': (0.66, 0.8, -0.12, -0.04),
    'square': (0.52, 0.66, 0.25, 0.5),
    'turtle': (0.4, 0.44, -0.1, -0.04),
    'collar': (0.4, 0.46, 0.1, 0.4),
    'sweetheart': (0.62, 0.74, 0.5, 0.72),
    'hood': (0.42, 0.48, 0.12, 0.34),
    'lapel': (0.42, 0.5, -0.02, 0.2),
    'stand': (0.38, 0.44, -0.14, 0.0),
  }[neckline]
  return Opening(rng.uniform(low, high), rng.uniform(shallow, deep))
