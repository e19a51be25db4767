# SPDX-License-Identifier: Apache-2.0
"""A face in profile: the line from forehead to chin, one eye, one ear."""

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import face as faces
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import side as sides
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.inputs import labels

_CIRCLE = np.stack(
  [np.cos(np.arange(14) * 0.4488), np.sin(np.arange(14) * 0.4488)], 1
)
# (forwards, down) from the forehead to the throat, and on to the nape.
_LINE = [
  (0.63, -1.82),
  (0.62, -1.64),
  (0.595, -1.54),
  (0.67, -1.42),
  (0.775, -1.3),
  (0.75, -1.245),
  (0.635, -1.21),
  (0.655, -1.13),
  (0.685, -1.08),
  (0.64, -1.02),
  (0.665, -0.96),
  (0.6, -0.9),
  (0.62, -0.83),
  (0.57, -0.735),
  (0.44, -0.7),
  (0.2, -0.8),
  (-0.04, -0.98),
  (-0.22, -1.2),
  (-0.5, -1.12),
  (-0.75, -1.45),
]


class Face(faces.Face):
  """A face of the same looks on a `side.Puppet`."""

  def draw(self, canvas: surface_lib.Surface) -> None:
    """Paints the head, the ear and the features."""
    top = puppets.CHIN - self.body.head + 0.06
    skull = [(-0.8, -1.8), (-0.62, top + 0.25), (-0.2, top), (0.2, top + 0.03)]
    skull += [(0.5, top + 0.28)]
    outline = curves.spline(_LINE + skull, closed=True, steps=4)
    outline = self.puppet.profile(outline)
    canvas.fill(
      [outline], self.body.skin, labels.FACE, self.puppet.rounded(0.12)
    )
    if self.body.bearded:
      self._beard(canvas)
    self._mouth(canvas)
    self._eye(canvas, self.puppet.near)
    self._ear(canvas, self.puppet.near)

  def _place(self, points: np.ndarray) -> np.ndarray:
    return self.puppet.profile(points)

  def _mouth(self, canvas: surface_lib.Surface) -> None:
    up, skin = self.smile, self.body.skin
    lips = [(0.46, -1.01 - up), (0.6, -1.075), (0.672, -1.085), (0.64, -1.02)]
    lips += [(0.652, -0.965), (0.58, -0.955)]
    self._tint(canvas, curves.spline(lips, closed=True), self.lips)
    part = [(0.46, -1.01 - up), (0.56, -1.02), (0.63, -1.02)]
    self._line(canvas, part, self.lips * 0.66, 0.02)
    wing = [(0.56, -1.33), (0.545, -1.27), (0.6, -1.235), (0.67, -1.24)]
    self._line(canvas, wing, skin * 0.78, 0.026)
    jaw = [(0.0, -0.98), (0.2, -0.815), (0.43, -0.715)]
    self._line(canvas, jaw, skin * 0.88, 0.02)

  def _eye(self, canvas: surface_lib.Surface, side: int) -> None:
    del side
    skin, at = self.body.skin, np.array(sides.EYE)
    shadow = at + (0.0, -0.03) + _CIRCLE * (0.12, 0.09)
    self._tint(canvas, shadow, skin * 0.8, 0.35)
    white = [(-0.1, 0.02), (-0.02, -0.04), (0.05, -0.045), (0.055, 0.04)]
    self._tint(canvas, at + curves.spline(white, closed=True), (242, 239, 235))
    iris = at + (0.03, 0.0) + _CIRCLE * (0.026, 0.045)
    self._tint(canvas, iris, self.iris)
    self._tint(canvas, at + (0.04, 0.0) + _CIRCLE * 0.016, (18, 14, 14))
    lid = at + np.array([(-0.11, 0.015), (-0.02, -0.05), (0.08, -0.05)])
    self._line(canvas, lid, (46, 34, 30), 0.03)
    arch = at + np.array([(-0.16, -0.15), (-0.02, -0.21), (0.1, -0.17)])
    brow = 0.55 * np.minimum(self.body.hair, 130) + 0.3 * skin
    self._line(canvas, arch, brow, self.brow)
    cheek = np.array((0.34, -1.17)) + _CIRCLE * (0.12, 0.09)
    self._tint(canvas, cheek, (226, 110, 100), 0.1)

  def _ear(self, canvas: surface_lib.Surface, side: int) -> None:
    del side
    skin, at = self.body.skin, np.array(sides.EAR)
    shell = [(0.04, 0.08), (0.1, -0.1), (0.02, -0.2), (-0.12, -0.16)]
    shell += [(-0.12, 0.02), (-0.04, 0.17), (0.02, 0.16)]
    shell = at + curves.spline(shell, closed=True)
    canvas.fill(
      [self._place(shell)], skin * 0.95, labels.FACE, self.puppet.rounded(0.1)
    )
    rim = at + np.array([(0.05, -0.12), (-0.03, -0.15), (-0.07, -0.02)])
    self._line(canvas, rim, skin * 0.74, 0.025)
    if self.earrings:
      self._tint(canvas, at + (0, 0.2) + _CIRCLE * 0.04, (212, 178, 84))

  def _beard(self, canvas: surface_lib.Surface) -> None:
    beard = [(0.02, -1.36), (0.1, -1.12), (0.4, -1.14), (0.63, -1.2)]
    beard += [(0.66, -1.12), (0.6, -1.06), (0.66, -0.94), (0.6, -0.88)]
    beard += [(0.62, -0.82), (0.56, -0.72), (0.42, -0.68), (0.0, -0.95)]
    self._tint(canvas, curves.spline(beard, closed=True), self.body.hair, 0.55)
