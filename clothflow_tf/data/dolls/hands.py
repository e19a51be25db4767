# SPDX-License-Identifier: Apache-2.0
"""Hands: a palm, four fingers that bend at their middle, and a thumb."""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import shading
from clothflow_tf.data.dolls import surface as surface_lib

# From the little finger to the index: where it leaves the palm (towards the
# thumb, along the hand), its length and its radius, body units.
_FINGERS = (
  (-0.118, 0.29, 0.25, 0.043),
  (-0.042, 0.33, 0.32, 0.047),
  (0.036, 0.345, 0.34, 0.049),
  (0.112, 0.325, 0.3, 0.047),
)
_REACHING = ('front', 'crossed', 'akimbo', 'pocket')


def _axes(puppet: puppets.Puppet, side: int) -> tuple[np.ndarray, np.ndarray]:
  """Unit vectors (along the hand, towards the thumb) in pixels."""
  pose = puppet.arm(side)
  bent = 0.3 if pose.name in _REACHING else 0.1
  down = curves.direction(pose.fore + bent, side)
  return down, np.array([down[1], -down[0]]) * puppet.thumb(side)


def around(puppet: puppets.Puppet, side: int) -> np.ndarray:
  """Returns an outline that holds the hand and the wrist."""
  wrist, down = puppet.joint('wrist', side), _axes(puppet, side)[0]
  line = wrist + puppet.unit * np.array([[-0.1], [0.3], [0.75]]) * down
  return curves.tube(line, puppet.unit * np.array([0.2, 0.42, 0.36]))


def parts(puppet: puppets.Puppet, side: int) -> list[shading.Tube]:
  """Returns a relaxed hand, seen from its back or somewhat from the thumb.

  The palm comes first, then the fingers from the little one on, then the thumb.
  """
  unit, width = puppet.unit, puppet.body.wrist
  hand = puppet.hand(side)
  axes = np.stack(_axes(puppet, side)[::-1])
  wrist = puppet.joint('wrist', side)

  def place(points: np.ndarray) -> np.ndarray:
    flat = np.asarray(points, float) * (1 - hand.turn, 1)
    return wrist + unit * flat @ axes

  narrow = 1 - 0.5 * hand.turn
  palm = [(0, -0.14), (0, 0.04), (0.004, 0.2), (0.0, 0.34)]
  thumb = [(0.09, 0.06), (0.185, 0.19), (0.215, 0.33), (0.19, 0.43)]
  lines = [(palm, [0.95 * width, width, 0.168 * narrow, 0.165 * narrow])]
  for x, y, length, radius in _FINGERS:
    bend = 0.6 * hand.curl * length
    knuckle = (x * 1.12 + 0.25 * bend, y + 0.5 * length)
    tip = ((1.12 + hand.spread) * x + 0.9 * bend, y + (1 - hand.curl) * length)
    line = curves.spline([(x, y - 0.06), knuckle, tip], steps=3)
    lines.append((line, np.linspace(1.05 * radius, 0.8 * radius, len(line))))
  lines.append((thumb, [0.075, 0.07, 0.055, 0.042]))
  return [
    shading.Tube(place(line), unit * np.asarray(radii)) for line, radii in lines
  ]


def gaps(
  layer: surface_lib.Layer, puppet: puppets.Puppet, hand: list[shading.Tube]
) -> None:
  """Draws the shadows between the fingers of a hand from `parts`."""
  unit, skin = puppet.unit, puppet.body.skin
  for finger, following in zip(hand[1:-2], hand[2:-1]):
    gap = 0.5 * (finger.line + following.line)[2:]
    layer.line(gap, skin * 0.6, 0.022 * unit)
  thumb, index = hand[-1].line, hand[-2].line
  web = 0.75 * thumb[1:3] + 0.25 * index[:2]
  layer.line(web, skin * 0.7, 0.02 * unit)
