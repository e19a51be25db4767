# SPDX-License-Identifier: Apache-2.0
"""Shoes seen from the front: low, laced or with a shaft, some with a heel."""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.data.dolls import textures
from clothflow_tf.inputs import labels

LABELS = {-1: labels.RIGHT_SHOE, 1: labels.LEFT_SHOE}


@dataclasses.dataclass(frozen=True)
class Shoes:
  """Colour RGB, height of the shaft and of the heel in body units."""

  color: np.ndarray
  shaft: float
  heel: float


def sample(rng: np.random.Generator) -> Shoes:
  """Draws a pair of shoes."""
  shaft = rng.choice([0.0, 0.12, 0.5, 0.9], p=[0.35, 0.4, 0.15, 0.1])
  heel = 0.1 * rng.random()
  return Shoes(textures.color(rng, 0.7), shaft, heel)


def visible_color(shoes: Shoes, skin: np.ndarray) -> np.ndarray:
  """Returns the colour of shoes, changed where it could pass for skin."""
  if np.abs(shoes.color - skin).mean() >= 50:
    return shoes.color
  return shoes.color * 0.35 if skin.mean() > 120 else 153 + shoes.color * 0.4


def paint(
  layer: surface_lib.Layer, puppet: puppets.Puppet, side: int, shoes: Shoes
) -> None:
  """Paints a shoe as seen from the front and a little above, on its sole."""
  unit, skin = puppet.unit, puppet.body.skin
  color, label = visible_color(shoes, skin), LABELS[side]
  ankle = puppet.joint('ankle', side)
  turn = 0.4 * side + 1.1 * puppet.pose.turn
  toe = ankle + unit * np.array([0.6 * np.sin(turn), 0.56 + shoes.heel])
  t = np.linspace(0, 1, 7)[:, None]
  foot = ankle + (toe - ankle) * t
  radii = unit * np.array([0.16, 0.17, 0.21, 0.25, 0.27, 0.26, 0.22])
  laced = 0.05 < shoes.shaft < 0.3
  sole = np.array((236, 234, 230)) if laced else color * 0.5
  layer.fill([curves.tube(foot + (0, 0.06 * unit), 1.04 * radii)], sole, label)
  shapes = [curves.tube(foot, radii)]
  if shoes.shaft:
    length = puppet.body.thigh + puppet.body.shin
    shapes += flesh.pieces(puppet, 'leg', side, length - shoes.shaft)
  layer.fill(shapes, color, label, puppet.rounded(0.25))
  if laced:
    _laces(layer, foot, radii, color)
  elif not shoes.shaft:  # A low shoe shows the instep, inside its rim.
    vamp = ankle + (toe - ankle) * np.linspace(-0.1, 0.5, 7)[:, None]
    wide = unit * np.linspace(0.18, 0.12, 7)
    rim = curves.tube(vamp[2:], np.full(5, 0.165 * unit))
    layer.tint([rim], color * 0.6)
    lit = puppet.rounded(0.1)
    layer.fill([curves.tube(vamp, wide)], skin, flesh.LEG_LABELS[side], lit)


def _laces(
  layer: surface_lib.Layer,
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
    layer.line(pair, lace, 0.15 * radii[3])
  bow = np.array([(-0.9, -0.1), (-0.5, -0.35), (0, -0.45), (0.5, -0.35)])
  cap = np.concatenate([bow, [(0.9, -0.1)]]) * radii[4]
  layer.line(
    foot[5] + cap @ np.stack([across, along]), color * 0.7, 0.12 * radii[3]
  )
