# SPDX-License-Identifier: Apache-2.0
"""The figure in profile, drawn back to front: far limbs, trunk, near limbs."""

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import person as people
from clothflow_tf.data.dolls import pose as poses


class Figure(figures.Figure):
  """Draws a `side_person.Person` in an outfit."""

  def draw(self, canvas: canvases.Canvas) -> None:
    """Draws everything."""
    near = self.puppet.near
    canvas.paste(self.person.hair_behind)
    self._arm(canvas, -near)
    canvas.paste(self.person.trunk)
    self._clothes(canvas)
    self._arm(canvas, near)
    self._mend(canvas)
    self._head(canvas)

  def _lower(self, canvas: canvases.Canvas) -> None:
    """Draws each leg with its shoe and what it wears, then a skirt."""
    lower, near = self.outfit.lower, self.puppet.near
    legs = lower is not None and lower.garment.tube is not None
    for side in (-near, near):
      self._leg(canvas, side)
      if legs:
        self._part(canvas, lower, side)
    if lower is not None and not legs:
      self._part(canvas, lower, drapes.PANEL)

  def _lining(
    self, canvas: canvases.Canvas, sleeve: list[people.Woven]
  ) -> None:
    """Draws the inside of a sleeve: one looks into the far one."""
    for piece in sleeve:
      sheet = piece.sheet
      mesh, _ = sheet.mesh(None, side=-1)
      label = sheet.drape.garment.label
      canvas.lining(mesh, sheet.paint, label, 0.8)

  def _bare_arm(self, arm: poses.Arm) -> float:
    del arm
    return 0.0

  def _below_sleeve(self, garment: garments.Garment, side: int) -> float:
    risen = self.person.drape(self.outfit.sleeved).risen(side)
    return max(0.0, super()._below_sleeve(garment, side) - risen)
