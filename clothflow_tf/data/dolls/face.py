# SPDX-License-Identifier: Apache-2.0
"""Faces: neck, ears, a face with simple features.

Features are placed on a frontal face and slid sideways over a cylinder when
the head turns. They are drawn over the face's label, as a parser would have it.
"""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

_CIRCLE = np.stack(
  [np.cos(np.arange(14) * 0.4488), np.sin(np.arange(14) * 0.4488)], 1
)
_IRISES = ((70, 48, 32), (96, 70, 44), (70, 100, 120), (88, 104, 70))


class Face:
  """A face on a puppet; looks are drawn once from `rng`."""

  def __init__(self, puppet: puppets.Puppet, rng: np.random.Generator):
    self.puppet = puppet
    self.body = puppet.body
    self.iris = _IRISES[rng.integers(len(_IRISES))]
    self.smile = rng.uniform(-0.02, 0.05)
    self.jaw = rng.uniform(0.54, 0.66)
    self.brow = rng.uniform(0.035, 0.06)
    self.earrings = not self.body.bearded and rng.random() < 0.25
    self.lips = self.body.skin * (0.86, 0.62, 0.6)
    if not self.body.bearded and rng.random() < 0.35:
      self.lips = np.array((178, 58, 66)) * rng.uniform(0.75, 1.1)

  def draw(self, canvas: surface_lib.Surface) -> None:
    """Paints ears, head and features."""
    for side in puppets.SIDES:
      self._ear(canvas, side)
    crown = puppets.CHIN - self.body.head + 0.08
    w, chin = self.body.face, puppets.CHIN
    half = np.array(
      [
        (0, crown),
        (w * 0.62, crown + 0.1),
        (w * 0.96, crown + 0.48),
        (w * 0.98, -1.42),
        (w * 0.9, -1.08),
        (w * self.jaw, chin - 0.11),
        (0.15, chin),
      ]
    )
    outline = np.concatenate([half, half[:0:-1] * (-1, 1)])
    outline = self.puppet.head(curves.spline(outline, closed=True))
    canvas.fill(
      [outline], self.body.skin, labels.FACE, self.puppet.rounded(0.14)
    )
    if self.body.bearded:
      self._beard(canvas)
    for side in puppets.SIDES:
      self._eye(canvas, side)
    self._nose_and_mouth(canvas)

  def _place(self, points: np.ndarray) -> np.ndarray:
    points = np.array(points, float)
    points[:, 0] = self.puppet.face_x(points[:, 0])
    return self.puppet.head(points)

  def _tint(
    self,
    canvas: surface_lib.Surface,
    points: np.ndarray,
    rgb: np.ndarray,
    strength: float = 1.0,
  ) -> None:
    canvas.tint([self._place(points)], rgb, strength)

  def _line(
    self,
    canvas: surface_lib.Surface,
    points: np.ndarray,
    rgb: np.ndarray,
    width: float,
  ) -> None:
    line = self._place(curves.spline(points))
    canvas.line(line, rgb, width * self.puppet.unit)

  def _ear(self, canvas: surface_lib.Surface, side: int) -> None:
    x = self.puppet.face_x(np.array([side * self.body.face * 1.05]))[0]
    ear = np.array([x, -1.4]) + _CIRCLE * (0.08, 0.17)
    skin = self.body.skin * 0.93
    canvas.fill(
      [self.puppet.head(ear)], skin, labels.FACE, self.puppet.rounded(0.1)
    )
    if self.earrings:
      stud = np.array([x, -1.2]) + _CIRCLE * 0.04
      canvas.tint([self.puppet.head(stud)], (212, 178, 84))

  def _beard(self, canvas: surface_lib.Surface) -> None:
    w, chin = self.body.face, puppets.CHIN
    half = np.array(
      [
        (0, -1.12),
        (w * 0.5, -1.08),
        (w * 0.95, -1.38),
        (w * 0.89, -1.06),
        (w * self.jaw, chin - 0.09),
        (0, chin + 0.03),
      ]
    )
    outline = np.concatenate([half, half[-2:0:-1] * (-1, 1)])
    outline = self.puppet.head(curves.spline(outline, closed=True))
    canvas.tint([outline], self.body.hair, 0.55)

  def _eye(self, canvas: surface_lib.Surface, side: int) -> None:
    skin = self.body.skin
    at = np.array((0.22 * side, puppets.EYES))
    self._tint(
      canvas, at - (0, 0.03) + _CIRCLE * (0.15, 0.09), skin * 0.8, 0.35
    )
    self._tint(canvas, at + _CIRCLE * (0.1, 0.048), (242, 239, 235))
    self._tint(canvas, at + _CIRCLE * (0.047, 0.049), self.iris)
    self._tint(canvas, at + _CIRCLE * 0.02, (18, 14, 14))
    lid = at + np.array([(-0.11, 0.015), (0, -0.055), (0.11, 0.015)])
    self._line(canvas, lid, (46, 34, 30), 0.03)
    arch = [(-0.13 * side, -0.15), (0.03 * side, -0.2), (0.16 * side, -0.15)]
    brow = 0.55 * np.minimum(self.body.hair, 130) + 0.3 * skin
    self._line(canvas, at + np.array(arch), brow, self.brow)
    cheek = np.array((0.29 * side, -1.17)) + _CIRCLE * (0.11, 0.08)
    self._tint(canvas, cheek, (226, 110, 100), 0.1)

  def _nose_and_mouth(self, canvas: surface_lib.Surface) -> None:
    skin = self.body.skin
    side = [(0.045, -1.52), (0.065, -1.36), (0.075, -1.29), (0.03, -1.25)]
    self._line(canvas, side, skin * 0.86, 0.025)
    base = [(-0.07, -1.27), (-0.03, -1.245), (0.03, -1.245), (0.07, -1.27)]
    self._line(canvas, base, skin * 0.76, 0.028)
    y, up = -1.01, self.smile
    upper = [(-0.17, y - up), (-0.05, y - 0.05), (0, y - 0.038)]
    mouth = upper + [(0.05, y - 0.05), (0.17, y - up), (0, y + 0.07)]
    self._tint(canvas, curves.spline(mouth, closed=True), self.lips)
    part = [(-0.16, y - up), (0, y + 0.006), (0.16, y - up)]
    self._line(canvas, part, self.lips * 0.66, 0.02)
