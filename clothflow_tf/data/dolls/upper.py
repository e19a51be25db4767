# SPDX-License-Identifier: Apache-2.0
"""Upper garments and dresses: the flat cut, in body units.

A garment is a panel and at most two sleeves. The flat panel is wider than the
worn one by 1 / ratio (cloth lies flat, a body is round), and its sides are
straighter than a body's; sleeves point away from it by the angle at which the
product was laid out. A dress is a panel that goes on below the hips. How long a
garment hangs is a matter of its cut; whether its hem is tucked in is the
person's.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import cuts
from clothflow_tf.data.dolls import necklines
from clothflow_tf.data.dolls import outline
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import tube as tubes
from clothflow_tf.inputs import labels

_HELD = 0.55  # The least that a waistband holds of a hem, body units.


class Style(NamedTuple):
  """How a person wears tops: 'loose', 'tucked' or 'half', and the waistband.

  `half` is where a half-tucked hem is in the waistband: its middle and its
  half-width, body units. No hem is lower than `lowest`.
  """

  hem: str
  waist: float
  half: tuple[float, float] = (0.0, 0.5)
  lowest: float = 9.0


@dataclasses.dataclass(frozen=True)
class Upper:
  """The flat cut of a garment.

  `worn` and `flat` are half-width profiles. `tuck` is the height of the
  waistband that holds the hem, if it is tucked, and `half` the part of the hem
  that it holds. `gap` are the half-widths of an open front at the chest and
  below. Sleeves and shoulders of a `raglan` or `sheer` garment are of cloth of
  their own. A garment without an armhole's `seam` runs on into its sleeves.
  """

  label: int
  cut: str
  neckline: str
  sleeve: str
  tube: tubes.Tube | None
  neck: necklines.Opening
  tip: places.Point
  armpit: places.Point
  hem: float
  hem_curve: float
  flat: curves.Knots
  worn: curves.Knots
  strap: float
  tuck: float | None = None
  blouse: float = 0.0
  half: tuple[float, float] | None = None
  gap: tuple[float, float] | None = None
  raglan: bool = False
  sheer: bool = False
  seam: bool = True
  limb: str = 'arm'

  @property
  def tucked(self) -> bool:
    """Whether all of the hem is in a waistband."""
    return self.tuck is not None and self.half is None

  @functools.cached_property
  def ratio(self) -> curves.Table:
    """Worn width over flat width at a height of the panel."""
    knots = [(-0.3, 1.0), (0.0, self.shoulder_ratio)]
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
  rng: np.random.Generator, body: bodies.Body, style: Style | None
) -> Upper:
  """Draws a top worn in a style, or a dress where `style` is None."""
  tuckable = style is not None and style.hem != 'loose'
  choice = cuts.choose(rng, style is None, tuckable, body.mannish)
  return of(rng, body, style, choice)


def of(
  rng: np.random.Generator,
  body: bodies.Body,
  style: Style | None,
  choice: cuts.Choice,
) -> Upper:
  """Draws a top of a cut, or a dress where `style` is None."""
  dress = style is None
  dolman = choice.cut == 'dolman'
  if choice.sleeve == 'strap':
    armpit, tip = 0.78, (0.62, -0.2)
  elif choice.sleeve == 'none':
    # The tip lies on the body's shoulder, or skin shows above the seam.
    armpit, x = rng.uniform(0.72, 0.95), rng.uniform(0.88, 1.12)
    tip = x, necklines.shoulder_y(x)
  else:
    armpit, x = rng.uniform(0.8, 1.05), rng.uniform(1.08, 1.22)
    if dolman:
      armpit, x = rng.uniform(1.05, 1.5), rng.uniform(1.3, 1.46)
    tip = x, necklines.shoulder_y(x)
  hem = _hem(rng, body, style)
  loose = choice.cut in cuts.LOOSE
  worn = _worn(rng, body, armpit, hem, snug=not loose)
  flat = _flat(rng, worn, tip[0])
  tuck, half = _tucked(style, choice.cut)
  blouse = rng.uniform(0.15, 0.6)
  spare = max(0.0, hem - (tuck or hem) - 0.25)
  return Upper(
    label=labels.DRESS if dress else labels.UPPER_CLOTHES,
    cut=choice.cut,
    neckline=choice.neckline,
    sleeve=choice.sleeve,
    tube=_sleeve(rng, body, choice, flat),
    neck=necklines.sample(rng, choice.neckline),
    tip=places.Point(*tip),
    armpit=places.Point(flat[0][1], armpit),
    hem=hem,
    hem_curve=rng.choice([0.0, 0.04, 0.1, 0.22], p=[0.3, 0.4, 0.2, 0.1]),
    flat=flat,
    worn=worn,
    strap=rng.uniform(0.035, 0.09),
    tuck=tuck,
    blouse=min(blouse, spare),
    half=half,
    raglan=choice.cut == 'raglan',
    sheer=choice.cut == 'lace',
    seam=not dolman,
  )


def open_front(rng: np.random.Generator, body: bodies.Body) -> Upper:
  """Draws a jacket or a cardigan that is worn open, over a top."""
  choice = cuts.open_front(rng)
  style = Style('loose', 2.2)
  bare = of(rng, body, style, choice)
  high = rng.uniform(0.2, 0.6)
  wide = high + rng.uniform(-0.1, 0.3)
  return dataclasses.replace(bare, label=labels.COAT, gap=(high, wide))


def _tucked(
  style: Style | None, cut: str
) -> tuple[float | None, tuple[float, float] | None]:
  """Returns (height of the waistband, part of the hem) of a tucked hem."""
  if style is None or style.hem == 'loose' or cut in cuts.OUTER:
    return None, None
  return style.waist, style.half if style.hem == 'half' else None


def _hem(
  rng: np.random.Generator, body: bodies.Body, style: Style | None
) -> float:
  """Draws the height of a hem; what is tucked is long enough to be."""
  if style is None:
    return body.torso + np.exp(rng.uniform(np.log(1.2), np.log(4.6)))
  lengths = {'crop': 0.13, 'regular': 0.62, 'long': 0.25}
  if style.hem != 'loose':
    lengths['crop'] = 0.0
  low, high = {'crop': (2.2, 2.8), 'regular': (3.1, 3.8), 'long': (3.7, 4.5)}[
    streams.pick(rng, lengths)
  ]
  hem = rng.uniform(low, high) * body.torso / 3.1
  hem = min(hem, style.lowest)
  if style.hem == 'half':  # A tunic would hang down like a tail coat.
    hem = min(hem, style.waist + rng.uniform(0.7, 1.4))
  return hem if style.hem == 'loose' else max(hem, style.waist + _HELD)


def _worn(
  rng: np.random.Generator,
  body: bodies.Body,
  armpit: float,
  hem: float,
  snug: bool,
) -> curves.Knots:
  """Returns the worn half-width profile ((y, half-width), ...)."""
  waist, hips = max(0.63 * body.torso, armpit + 0.3), body.torso
  heights = [armpit, waist] + ([hips] if hem > hips + 0.3 else [])
  heights = np.array(heights + [max(hem, waist + 0.25)])
  ease = max(0.02, rng.normal(0.06, 0.05) + 0.09 * (not snug))
  worn = body.half_width(heights) + ease
  boxy = np.clip(rng.normal(0.35, 0.3) + 0.3 * (not snug), 0, 1)
  worn[1] += boxy * max(0, max(worn[0], worn[2]) - worn[1])
  flare = max(0.0, rng.normal(0, 0.1))
  if hem > hips + 1:
    flare = rng.choice([rng.uniform(0, 0.12), rng.uniform(0.1, 0.5)])
    flare *= hem - hips
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
  rng: np.random.Generator,
  body: bodies.Body,
  choice: cuts.Choice,
  flat: curves.Knots,
) -> tubes.Tube | None:
  """Draws a sleeve of a cut; None for cuts without one."""
  if choice.sleeve not in cuts.SLEEVES:
    return None
  row = cuts.SLEEVES[choice.sleeve]
  length = (body.upper_arm + body.forearm) * rng.uniform(row.short, row.long)
  y = np.linspace(flat[0][0], min(flat[-1][0], flat[0][0] + length), 24)[1:]
  wide = curves.profile(list(flat), y) - flat[0][1]
  # Sleeves hang beside the panel; some are spread out.
  least = np.arctan(max(0.0, *(wide / (y - flat[0][0])))) + 0.03
  least += 0.5 * row.bulge
  if length > 2.0:
    spread = streams.chance(rng, 0.14)
    rest = max(least, rng.uniform(0.02, 0.12)) + rng.gamma(1.2, 0.025)
    rest += rng.uniform(0.2, 0.5) * spread
  else:
    rest = max(least, rng.uniform(0.12, 0.35)) + rng.gamma(1.6, 0.1)
  ease = cuts.ease(rng, choice)
  # What is gathered, or reaches the wrist, is held at its end.
  loose = 0.3 if row.bulge or length > 2.0 else 1.0
  cuff = row.cuff * rng.uniform(0.88, 1.15) + loose * ease
  root = (body.arm + rng.uniform(0.02, 0.08)) / rng.uniform(0.86, 0.96) + ease
  bulge = row.bulge * rng.uniform(0.6, 1.3)
  rest = min(rest, max(least, 1.0))
  return tubes.Tube(length, cuff, rest, root, bulge, row.place)
