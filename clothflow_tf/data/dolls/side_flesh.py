# SPDX-License-Identifier: Apache-2.0
"""Skin and shoes seen from the side; arms, hands and legs are `flesh`'s."""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import shoes as shoe_lib
from clothflow_tf.data.dolls import side as sides
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

# A foot on the ground (forwards, down) from the ankle, from the heel round.
_FOOT = np.array(
  [
    (-0.2, -0.08),
    (-0.27, 0.16),
    (-0.25, 0.4),
    (0.1, 0.43),
    (0.55, 0.46),
    (0.92, 0.46),
    (1.0, 0.38),
    (0.84, 0.25),
    (0.5, 0.12),
    (0.2, -0.1),
  ]
)
_SOLE = np.array([(-0.24, 0.42), (0.1, 0.44), (0.55, 0.47), (0.94, 0.47)])
_INSTEP = np.array([(-0.17, -0.1), (-0.1, 0.1), (0.42, 0.22), (0.2, -0.12)])


def torso(canvas: surface_lib.Surface, puppet: sides.Puppet) -> None:
  """Paints the torso's skin from the neck to the hips."""
  y = np.linspace(-0.5, puppet.body.torso, 22)
  # Necklines and armholes must not show the ground between skin and cloth;
  # the seat is narrower, so that no skin peeps out over trousers.
  low = puppet.body.torso
  seat = np.interp(y, [-0.2, 0.1, 0.42 * low, 0.55 * low], [0.9, 1, 1, 0.84])
  outline = puppet.silhouette(y, seat, 1.09 * seat)
  canvas.fill(
    [outline], puppet.body.skin, labels.TORSO_SKIN, puppet.rounded(0.06)
  )


def neck(canvas: surface_lib.Surface, puppet: sides.Puppet) -> None:
  """Paints the neck, from the nape to under the jaw."""
  w = puppet.body.neck
  y = np.linspace(-0.6, 0.0, 5)
  low = puppet.silhouette(y, 0.9, 1.0)
  top = [(-0.36, -1.2), (0.1, -1.2), (w + 0.03, -0.84), (w + 0.05, -0.6)]
  high = puppet.profile(curves.spline([*top, (-w, -0.5)], closed=True))
  skin = puppet.body.skin * 0.96
  canvas.fill([low, high], skin, labels.TORSO_SKIN, puppet.rounded(0.12))


def shoe(
  canvas: surface_lib.Surface,
  puppet: sides.Puppet,
  side: int,
  shoes: shoe_lib.Shoes,
) -> None:
  """Paints a shoe whose toe points where the person looks."""
  length = puppet.body.thigh + puppet.body.shin

  def place(points: np.ndarray) -> np.ndarray:
    return _placed(puppet, side, shoes, points)

  shapes = [place(curves.spline(_FOOT, closed=True))]
  if shoes.shaft:
    shapes += flesh.pieces(puppet, 'leg', side, length - shoes.shaft)
  color = shoe_lib.visible_color(shoes, puppet.body.skin)
  canvas.fill(shapes, color, shoe_lib.LABELS[side], puppet.rounded(0.25))
  if shoes.shaft < 0.05:
    # A low shoe shows the instep.
    label = flesh.LEG_LABELS[side]
    instep = place(curves.spline(_INSTEP, closed=True))
    canvas.fill([instep], puppet.body.skin, label, puppet.rounded(0.1))
  canvas.line(place(_SOLE), color * 0.55, 0.06 * puppet.unit)


def _placed(
  puppet: sides.Puppet, side: int, shoes: shoe_lib.Shoes, points: np.ndarray
) -> np.ndarray:
  """Maps (forwards, down) from the ankle; a foot left behind lifts its heel."""
  points = np.asarray(points, float)
  behind = -puppet.forwards(side, 'leg')
  raised = np.clip(behind - 0.12, 0.0, 0.6)
  # A heel raises all of the foot but the ball and the toes.
  low = curves.smoothstep(0.5, 0.1, points[:, 0]) * (points[:, 1] > 0.3)
  points = points + np.stack([0 * low, 2 * shoes.heel * low], 1)
  turned = curves.turn(points, -raised) * (puppet.facing, 1)
  return puppet.joint('ankle', side) + puppet.unit * turned
