# SPDX-License-Identifier: Apache-2.0
"""Skin below the head: torso, neck, arms and legs.

Limbs are tubes of the body's radii. All skin is painted, on a layer; which of
it an outfit shows is cut out by `covers`, as skin that a garment covers must
not peep out over it: a sleeved arm starts inside its sleeve, and a torso under
sleeves has narrow shoulders.
"""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import hands
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import shading
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

ARM_LABELS = {-1: labels.RIGHT_ARM, 1: labels.LEFT_ARM}
LEG_LABELS = {-1: labels.RIGHT_LEG, 1: labels.LEFT_LEG}
_END = 9.0  # Beyond any limb's end, body units.


def pieces(
  puppet: puppets.Puppet,
  kind: str,
  side: int,
  start: float = 0.0,
  stop: float = _END,
) -> list[np.ndarray]:
  """Outlines of a limb between two distances from its root, body units."""
  name = 'pieces', kind, side, float(start), float(stop)
  span = float(start), float(stop)
  return puppet.remembered(name, lambda: _pieces(puppet, kind, side, span))


def _pieces(
  puppet: puppets.Puppet, kind: str, side: int, span: tuple[float, float]
) -> list[np.ndarray]:
  limb = puppet.limb(kind, side)
  joints = np.stack([np.zeros(2), limb.middle, limb.end])
  outlines, done = [], 0.0
  for bone, length in enumerate(limb.bones):
    low, high = max(span[0], done), min(span[1], done + length)
    if low < high:
      a = np.linspace(low, high, 9)
      t = (a - done)[:, None] / length
      line = joints[bone] + t * (joints[bone + 1] - joints[bone])
      line = limb.root + line * (side, 1)
      radius = limb.radius(a)
      if kind == 'arm' and not puppet.pose.facing:
        radius = radius * _shoulder(a, limb.upper)
      outlines.append(curves.tube(line, radius * puppet.unit))
    done += length
  return outlines


def light(
  puppet: puppets.Puppet, kind: str, side: int, ease: float = 0.0
) -> shading.Shading:
  """Returns the light on an arm or a leg, or on cloth `ease` off its skin."""
  name = 'light', kind, side, ease
  return puppet.remembered(name, lambda: _light(puppet, kind, side, ease))


def _light(
  puppet: puppets.Puppet, kind: str, side: int, ease: float
) -> shading.Shading:
  tube = _tube(puppet, kind, side)
  tube = tube._replace(radii=tube.radii + ease * puppet.unit)
  return shading.tubes([tube], puppet.light)


def _tube(puppet: puppets.Puppet, kind: str, side: int) -> shading.Tube:
  limb = puppet.limb(kind, side)
  joints = np.stack([np.zeros(2), limb.middle, limb.end])
  line, radii, done = [], [], 0.0
  for bone, length in enumerate(limb.bones):
    t = np.linspace(0, 1, 4)[(bone > 0) :]
    line.append(joints[bone] + t[:, None] * (joints[bone + 1] - joints[bone]))
    radii.append(limb.radius(done + t * length))
    done += length
  line = limb.root + np.concatenate(line) * (side, 1)
  return shading.Tube(line, puppet.unit * np.concatenate(radii))


def _shoulder(a: np.ndarray, raised: float) -> np.ndarray:
  """Share of its radius that an arm has at distances from its root.

  A hanging arm grows out of the slope of the shoulder: a root as round as the
  arm would stand above it. A raised one is round from the start.
  """
  hanging = 1 - curves.smoothstep(0.7, 1.5, raised)
  return 1 - 0.54 * hanging * (1 - curves.smoothstep(-0.1, 0.7, a))


def trunk(layer: surface_lib.Layer, puppet: puppets.Puppet) -> None:
  """Paints torso and neck, and the shoulders that run on into the arms."""
  skin = puppet.body.skin
  form = form_light(puppet)
  layer.fill([_outline(puppet, bare=True)], skin, labels.TORSO_SKIN, form)
  _chest(layer, puppet)
  for side in puppets.SIDES:
    if puppet.arm(side).depth >= 0:
      limb = light(puppet, 'arm', side)
      root = pieces(puppet, 'arm', side, 0, 1.2)
      layer.fill(root, skin, ARM_LABELS[side], limb)
  for side in puppets.SIDES:
    bone = curves.spline([(0.2, -0.1), (0.5, -0.17), (0.85, -0.19)])
    line = puppet.torso(bone * (side, 1))
    layer.line(line, skin * 0.86, 0.03 * puppet.unit)
    lit = np.minimum(skin * 1.06, 255)
    layer.line(line - (0, 0.05 * puppet.unit), lit, 0.03 * puppet.unit)
  _neck(layer, puppet)


def form_light(puppet: puppets.Puppet) -> shading.Shading:
  """Returns the light on the torso, and on cloth over it."""
  return puppet.remembered('form light', lambda: _form_light(puppet))


def _form_light(puppet: puppets.Puppet) -> shading.Shading:
  y = np.linspace(-0.6, puppet.body.torso + 2.0, 30)
  half = np.stack([puppet.body.half_width(y), y], 1)
  edges = puppet.torso(half * (-1, 1)), puppet.torso(half)
  return shading.cylinder(*edges, puppet.light)


def _outline(puppet: puppets.Puppet, bare: bool) -> np.ndarray:
  """Outline of the torso; without bare shoulders they are narrow."""
  body = puppet.body
  y = np.linspace(-0.5, body.torso, 22)
  x = body.half_width(y) * 0.97
  narrow = [0.95, 1.06, 1.06] if bare else [0.7, 0.8, 0.8]
  x = np.minimum(x, np.interp(y, [-0.25, 0, 1.2], narrow))
  # The seat is covered by whatever is worn below.
  x *= np.interp(y, [0.62 * body.torso, 0.85 * body.torso], [1.0, 0.8])
  half = np.stack([x, y], 1)
  return puppet.torso(np.concatenate([half, half[::-1] * (-1, 1)]))


def inner(puppet: puppets.Puppet) -> np.ndarray:
  """Returns where a top shows under an open jacket, an outline [N, 2]."""
  low = puppet.body.torso + 2.0
  half = [(0.55, -0.9), (0.55, -0.3), (0.75, 0.2), (0.8, 2.0), (0.95, low)]
  half = np.array(half)
  return puppet.torso(np.concatenate([half, half[::-1] * (-1, 1)]))


def _chest(layer: surface_lib.Layer, puppet: puppets.Puppet) -> None:
  """Shades what a deep neckline or a crop top shows of the front."""
  skin, unit = puppet.body.skin, puppet.unit
  notch = [(-0.1, -0.14), (0, -0.02), (0.1, -0.14), (0, -0.2)]
  layer.tint([puppet.torso(curves.spline(notch, True))], skin * 0.74, 0.3)
  if puppet.body.bust > puppet.body.waist + 0.08:
    line = [(0.0, 0.62), (0.012, 0.8), (0.0, 1.02)]
    layer.line(puppet.torso(curves.spline(line)), skin * 0.76, 0.035 * unit)
  y = 0.78 * puppet.body.torso
  navel = [(-0.025, y), (0, y + 0.07), (0.025, y), (0, y - 0.06)]
  layer.tint([puppet.torso(curves.spline(navel, True))], skin * 0.55, 0.7)


def neck_outline(puppet: puppets.Puppet) -> np.ndarray:
  """Outline of the neck, from under the jaw into the torso."""
  w = puppet.body.neck
  line = np.array([(0, 0.0), (0, -0.4), (0, -0.95)])
  return puppet.head(curves.tube(line, np.array([w * 1.05, w, w])))


def _neck(layer: surface_lib.Layer, puppet: puppets.Puppet) -> None:
  """Paints the neck with its two cords."""
  w, skin, unit = puppet.body.neck, puppet.body.skin, puppet.unit
  line = puppet.head(np.array([(0, 0.3), (0, -0.4), (0, -1.3)]))
  throat = shading.Tube(line, np.array([1.3, 1.08, 1.08]) * w * unit)
  lit = shading.tubes([throat], puppet.light)
  layer.fill([neck_outline(puppet)], skin * 0.97, labels.TORSO_SKIN, lit)
  for side in puppets.SIDES:
    cord = [(0.8 * w, -0.85), (0.5 * w, -0.45), (0.2 * w, -0.12)]
    cord = puppet.head(curves.spline(np.array(cord) * (side, 1)))
    layer.line(cord, skin * 0.87, 0.035 * unit)


def covers(puppet: puppets.Puppet, bare: bool) -> list[np.ndarray] | None:
  """Returns what is seen of the trunk's layer; None for all of it."""
  if bare:
    return None
  return [_outline(puppet, bare=False), neck_outline(puppet)]


def arm(layer: surface_lib.Layer, puppet: puppets.Puppet, side: int) -> None:
  """Paints an arm and its hand."""
  hand = hands.parts(puppet, side)
  # Light is smooth: two bones a finger do.
  few = [shading.Tube(*(part[::3] for part in finger)) for finger in hand[1:-1]]
  bones = [_tube(puppet, 'arm', side), hand[0], *few, hand[-1]]
  lit = shading.tubes(bones, puppet.light)
  outlines = [curves.tube(part.line, part.radii) for part in hand]
  outlines += pieces(puppet, 'arm', side)
  layer.fill(outlines, puppet.body.skin, ARM_LABELS[side], lit)
  hands.gaps(layer, puppet, hand)


def arm_from(
  puppet: puppets.Puppet, side: int, start: float, sleeved: bool
) -> list[np.ndarray]:
  """Returns what is seen of an arm's layer from a distance on, and the hand."""
  outlines = list(pieces(puppet, 'arm', side, start))
  if sleeved and outlines:  # A hem cuts it straight: no round end shows above.
    outlines[0] = outlines[0][: -curves.ROUND]
  return outlines + [hands.around(puppet, side)]


def arm_to_pocket(
  puppet: puppets.Puppet, side: int, start: float
) -> list[np.ndarray]:
  """Returns what is seen of an arm whose hand is in a pocket."""
  wrist = sum(puppet.limb('arm', side).bones)
  return pieces(puppet, 'arm', side, start, wrist + 0.05)


def leg(layer: surface_lib.Layer, puppet: puppets.Puppet, side: int) -> None:
  """Paints a leg."""
  skin, unit = puppet.body.skin, puppet.unit
  lit = light(puppet, 'leg', side)
  layer.fill(pieces(puppet, 'leg', side), skin, LEG_LABELS[side], lit)
  knee, radius = puppet.joint('knee', side), 0.55 * puppet.body.leg * unit
  for x in (-0.7, 0.7):
    cap = [(x, -0.5), (1.1 * x, 0.2), (0.6 * x, 0.8)]
    layer.line(knee + radius * curves.spline(cap), skin * 0.86, 0.04 * unit)
