# SPDX-License-Identifier: Apache-2.0
"""Skin below the head, and shoes: torso, arms, hands, legs and feet.

Limbs are tubes of the body's radii. Skin that a garment covers is not drawn
where the garment could fail to hide it: a sleeved arm starts inside its sleeve
and a torso under sleeves has narrow shoulders, so that skin never peeps out
over a sleeve.
"""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.inputs import labels

ARM_LABELS = {-1: labels.RIGHT_ARM, 1: labels.LEFT_ARM}
LEG_LABELS = {-1: labels.RIGHT_LEG, 1: labels.LEFT_LEG}
SHOE_LABELS = {-1: labels.RIGHT_SHOE, 1: labels.LEFT_SHOE}


@dataclasses.dataclass(frozen=True)
class Shoes:
  """Colour RGB, height of the shaft and of the heel in body units."""

  color: np.ndarray
  shaft: float
  heel: float


def pieces(
  puppet: puppets.Puppet, kind: str, side: int, start: float, stop: float = 9.0
) -> list[np.ndarray]:
  """Outlines of a limb between two distances from its root, body units."""
  limb = puppet.limb(kind, side)
  joints = np.stack([np.zeros(2), limb.middle, limb.end])
  outlines, done = [], 0.0
  for bone, length in enumerate(limb.bones):
    low, high = max(start, done), min(stop, done + length)
    if low < high:
      a = np.linspace(low, high, 10)
      t = (a - done)[:, None] / length
      line = joints[bone] + t * (joints[bone + 1] - joints[bone])
      line = limb.root + line * (side, 1)
      radius = limb.radius(a)
      if kind == 'arm' and not puppet.pose.facing:
        radius = radius * _shoulder(a, limb.upper)
      outlines.append(curves.tube(line, radius * puppet.unit))
    done += length
  return outlines


def _shoulder(a: np.ndarray, raised: float) -> np.ndarray:
  """Share of its radius that an arm has at distances from its root.

  A hanging arm grows out of the slope of the shoulder: a root as round as the
  arm would stand above it. A raised one is round from the start.
  """
  hanging = 1 - curves.smoothstep(0.7, 1.5, raised)
  return 1 - 0.5 * hanging * (1 - curves.smoothstep(-0.1, 0.7, a))


def torso(
  canvas: canvases.Canvas, puppet: puppets.Puppet, bare_shoulders: bool
) -> None:
  """Paints the torso's skin; bare shoulders run on into the arms."""
  body = puppet.body
  y = np.linspace(-0.5, body.torso, 22)
  x = body.half_width(y) * 0.97
  narrow = [0.7, 0.8, 0.8] if not bare_shoulders else [0.95, 1.06, 1.06]
  x = np.minimum(x, np.interp(y, [-0.2, 0, 1.2], narrow))
  # The seat is covered by whatever is worn below.
  x *= np.interp(y, [0.62 * body.torso, 0.85 * body.torso], [1.0, 0.8])
  half = np.stack([x, y], 1)
  outline = puppet.torso(np.concatenate([half, half[::-1] * (-1, 1)]))
  canvas.fill([outline], body.skin, labels.TORSO_SKIN, 0.06)
  if not bare_shoulders:
    return
  for side in puppets.SIDES:
    if puppet.arm(side).depth >= 0:
      _arm(canvas, puppet, side, pieces(puppet, 'arm', side, 0, 1.2))
  for side in puppets.SIDES:
    bone = [(0.3, -0.16), (0.6, -0.2), (0.85, -0.17)]
    line = puppet.torso(curves.spline(bone) * (side, 1))
    canvas.line(line, body.skin * 0.86, 0.03 * puppet.unit)


def arm(
  canvas: canvases.Canvas,
  puppet: puppets.Puppet,
  side: int,
  start: float,
  sleeved: bool,
) -> None:
  """Paints an arm from a distance from the shoulder on, and its hand."""
  hand(canvas, puppet, side)
  outlines = pieces(puppet, 'arm', side, start)
  if sleeved and outlines:  # A hem cuts it straight: no round end shows above.
    outlines[0] = outlines[0][: -curves.ROUND]
  if outlines:
    _arm(canvas, puppet, side, outlines)


def _arm(
  canvas: canvases.Canvas,
  puppet: puppets.Puppet,
  side: int,
  outlines: list[np.ndarray],
) -> None:
  whole = pieces(puppet, 'arm', side, 0)
  paint = canvases.Paint(puppet.body.skin, ARM_LABELS[side], 0.16)
  canvas.fill_part(outlines, whole, paint)


def _axes(puppet: puppets.Puppet, side: int) -> tuple[np.ndarray, np.ndarray]:
  """Unit vectors (along the hand, towards the thumb) in pixels."""
  pose = puppet.arm(side)
  reaching = pose.name in ('front', 'crossed', 'akimbo')
  down = curves.direction(pose.fore + (0.3 if reaching else 0.1), side)
  return down, np.array([down[1], -down[0]]) * puppet.thumb(side)


def hand(canvas: canvases.Canvas, puppet: puppets.Puppet, side: int) -> None:
  """Paints a relaxed hand with four fingers and a thumb."""
  unit, width = puppet.unit, puppet.body.wrist
  wrist = puppet.joint('wrist', side)
  down, inner = _axes(puppet, side)
  t = np.linspace(0, 1, 5)[:, None]
  shapes = []
  fingers = ((-0.12, 0.66), (-0.04, 0.74), (0.04, 0.72), (0.115, 0.6))
  for offset, reach in fingers:
    base = 0.1 * down + offset * inner
    tip = reach * down + (1.25 * offset + 0.06) * inner
    line = wrist + unit * (base + t * (tip - base))
    shapes.append(curves.tube(line, unit * np.linspace(0.075, 0.045, 5)))
  palm = wrist + unit * (0.48 * t - 0.12) * down
  radii = np.array([0.9 * width, 1.05 * width, 0.17, 0.18, 0.16])
  shapes.append(curves.tube(palm, unit * radii))
  thumb = curves.spline(
    [
      0.12 * down + 0.1 * inner,
      0.3 * down + 0.22 * inner,
      0.46 * down + 0.22 * inner,
    ]
  )
  radii = unit * np.linspace(0.08, 0.05, len(thumb))
  shapes.append(curves.tube(wrist + unit * thumb, radii))
  skin = puppet.body.skin
  canvas.fill(shapes, skin, ARM_LABELS[side], 0.14)
  for offset in (-0.08, 0.0, 0.08):
    gap = [
      0.42 * down + 1.1 * offset * inner,
      0.64 * down + (1.2 * offset + 0.05) * inner,
    ]
    canvas.line(wrist + unit * np.array(gap), skin * 0.8, 0.02 * unit)


def leg(
  canvas: canvases.Canvas, puppet: puppets.Puppet, side: int, start: float
) -> None:
  """Paints a leg from a distance from the hip on."""
  outlines = pieces(puppet, 'leg', side, start)
  canvas.fill(outlines, puppet.body.skin, LEG_LABELS[side], 0.16)


def shoe_color(shoes: Shoes, skin: np.ndarray) -> np.ndarray:
  """Returns the colour of shoes, changed where it could pass for skin."""
  if np.abs(shoes.color - skin).mean() >= 50:
    return shoes.color
  return shoes.color * 0.35 if skin.mean() > 120 else 153 + shoes.color * 0.4


def shoe(
  canvas: canvases.Canvas, puppet: puppets.Puppet, side: int, shoes: Shoes
) -> None:
  """Paints a shoe as seen from the front and a little above, on its sole."""
  unit, skin = puppet.unit, puppet.body.skin
  color, label = shoe_color(shoes, skin), SHOE_LABELS[side]
  ankle = puppet.joint('ankle', side)
  turn = 0.4 * side + 1.1 * puppet.pose.turn
  toe = ankle + unit * np.array([0.6 * np.sin(turn), 0.56 + shoes.heel])
  t = np.linspace(0, 1, 7)[:, None]
  foot = ankle + (toe - ankle) * t
  radii = unit * np.array([0.16, 0.17, 0.21, 0.25, 0.27, 0.26, 0.22])
  laced = 0.05 < shoes.shaft < 0.3
  sole = np.array((236, 234, 230)) if laced else color * 0.5
  canvas.fill([curves.tube(foot + (0, 0.06 * unit), 1.04 * radii)], sole, label)
  shapes = [curves.tube(foot, radii)]
  if shoes.shaft:
    length = puppet.body.thigh + puppet.body.shin
    shapes += pieces(puppet, 'leg', side, length - shoes.shaft)
  canvas.fill(shapes, color, label, 0.25)
  if laced:
    _laces(canvas, foot, radii, color)
  elif not shoes.shaft:  # A low shoe shows the instep, inside its rim.
    vamp = ankle + (toe - ankle) * np.linspace(-0.1, 0.5, 7)[:, None]
    wide = unit * np.linspace(0.18, 0.12, 7)
    rim = curves.tube(vamp[2:], np.full(5, 0.165 * unit))
    canvas.tint([rim], color * 0.6)
    canvas.fill([curves.tube(vamp, wide)], skin, LEG_LABELS[side], 0.05)


def _laces(
  canvas: canvases.Canvas,
  foot: np.ndarray,
  radii: np.ndarray,
  color: np.ndarray,
) -> None:
  """Draws a toe cap and laces across a foot [7, 2] from ankle to toe."""
  along = (foot[-1] - foot[0]) / np.linalg.norm(foot[-1] - foot[0])
  across = np.array([along[1], -along[0]])
  light = color.mean() < 128
  lace = np.array((236, 234, 230)) if light else color * 0.5
  for place in (1, 2, 3):
    ends = 0.5 * radii[place] * across
    pair = np.stack([foot[place] - ends, foot[place] + ends])
    canvas.line(pair, lace, 0.15 * radii[3])
  bow = np.array([(-0.9, -0.1), (-0.5, -0.35), (0, -0.45), (0.5, -0.35)])
  cap = np.concatenate([bow, [(0.9, -0.1)]]) * radii[4]
  canvas.line(
    foot[5] + cap @ np.stack([across, along]), color * 0.7, 0.12 * radii[3]
  )
