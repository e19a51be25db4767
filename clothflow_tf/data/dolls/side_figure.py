# SPDX-License-Identifier: Apache-2.0
"""The figure in profile, drawn back to front: far limbs, trunk, near limbs."""

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import side as sides
from clothflow_tf.data.dolls import side_drape
from clothflow_tf.data.dolls import side_face
from clothflow_tf.data.dolls import side_flesh
from clothflow_tf.data.dolls import side_hair


class Figure(figures.Figure):
  """Draws a doll in a profile pose; its wear has backs."""

  puppets = sides.Puppet
  faces = side_face.Face
  hairs = side_hair.Hair
  cloths = side_drape.Drape

  def draw(self, canvas: canvases.Canvas, full: bool) -> None:
    """Draws everything; shoes only where the frame holds the full body."""
    near = self.puppet.near
    canvas.soft = True
    self.hair.back(canvas)
    self._arm(canvas, -near)
    side_flesh.torso(canvas, self.puppet)
    side_flesh.neck(canvas, self.puppet)
    self._clothes(canvas, [-near, near])
    self._arm(canvas, near)
    self._mend(canvas)
    self.face.draw(canvas)
    self.hair.front(canvas)

  def _lower(self, canvas: canvases.Canvas, order: list[int]) -> None:
    """Draws each leg with its shoe and what it wears, then a skirt."""
    legs = self.lower is not None and self._tubes(self.lower)
    for side in order:
      flesh.leg(canvas, self.puppet, side, self._bare_leg())
      side_flesh.shoe(canvas, self.puppet, side, self.doll.shoes)
      if legs:
        self._part(canvas, self.lower, side)
    if self.lower is not None and not legs:
      self._part(canvas, self.lower, drapes.PANEL)

  def _tubes(self, place: int) -> bool:
    return self.doll.outfit[place].garment.tube is not None

  def _sheets(self, place: int, part: int) -> list[figures.Sheet]:
    """The back of a part and over it the front."""
    wear, drape = self.doll.outfit[place], self.drapes[place]
    return [
      figures.Sheet(place, -part, wear.back, drape.behind, back=True),
      figures.Sheet(place, part, wear.product, drape),
    ]

  def _bare_arm(self, arm: poses.Arm) -> float:
    del arm
    return 0.0

  def _below_sleeve(self, side: int) -> float:
    risen = self.drapes[self.upper].risen(side)
    return max(0.0, super()._below_sleeve(side) - risen)
