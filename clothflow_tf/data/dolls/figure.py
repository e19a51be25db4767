# SPDX-License-Identifier: Apache-2.0
"""The figure: a person in an outfit, drawn back to front.

The order is the whole of occlusion: hair behind, arms behind, legs and shoes,
trunk, lower garment and panel, arms in front with their sleeves, head with the
hair in front. A tucked hem goes under the trousers, a loose one over them.
"""

import numpy as np

from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import person as people
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import weaving


class Figure:
  """Draws a person in an outfit."""

  def __init__(self, person: people.Person, outfit: outfits.Outfit):
    self.person = person
    self.outfit = outfit

  @property
  def puppet(self) -> puppets.Puppet:
    return self.person.puppet

  def draw(self, canvas: canvases.Canvas) -> None:
    """Draws everything."""
    person, puppet = self.person, self.puppet
    depth = {side: puppet.arm(side).depth for side in puppets.SIDES}
    canvas.paste(person.hair_behind)
    for side in person.order:
      if depth[side] < 0:
        self._arm(canvas, side)
    for side in person.order:
      self._leg(canvas, side)
    canvas.paste(person.trunk, person.covers(self.outfit.bare))
    self._clothes(canvas)
    for side in person.order:
      if depth[side] >= 0:
        self._arm(canvas, side)
    self._mend(canvas)
    self._head(canvas)

  def _clothes(self, canvas: canvases.Canvas) -> None:
    top, outer = self.outfit.top, self.outfit.outer
    panel = self.person.woven(top, drapes.PANEL)
    if outer is not None:  # Its shoulders must not peep out over the jacket's.
      inner = flesh.inner(self.puppet)
      panel = [
        piece._replace(cloth=weaving.clipped(piece.cloth, inner))
        for piece in panel
      ]
    if top.garment.tucked:
      self._put(canvas, panel)
      self._lower(canvas)
    else:
      self._lower(canvas)
      self._put(canvas, panel)
    if outer is not None:
      self._part(canvas, outer, drapes.PANEL)

  def _lower(self, canvas: canvases.Canvas) -> None:
    lower = self.outfit.lower
    if lower is not None:
      tubes = lower.garment.tube is not None
      for part in self.person.order if tubes else [drapes.PANEL]:
        self._part(canvas, lower, part)

  def _leg(self, canvas: canvases.Canvas, side: int) -> None:
    outlines = flesh.pieces(self.puppet, 'leg', side, self._bare_leg())
    canvas.paste(self.person.legs[side], outlines)
    canvas.paste(self.person.feet[side])

  def _bare_leg(self) -> float:
    """How far from the hip a leg may start to show."""
    garment = (self.outfit.lower or self.outfit.top).garment
    body = self.person.doll.body
    if garment.limb == 'leg' and garment.tube is not None:
      length = garment.tube.length
    else:
      length = garment.hem - body.torso
    return min(0.7 * length, 0.9 * (body.thigh + body.shin))

  def _arm(self, canvas: canvases.Canvas, side: int) -> None:
    """Draws an arm, its hand and its sleeve, with a shadow behind them."""
    puppet, wear = self.puppet, self.outfit.sleeved
    arm, tube = puppet.arm(side), wear.garment.tube
    unit, light = puppet.unit, self.person.doll.light
    if arm.depth >= 0:
      below = flesh.pieces(puppet, 'arm', side, 1.0 if arm.depth else 1.3)
      away = np.array([-0.14 * light.x, 0.05]) * unit
      strength = 0.3 if arm.depth else 0.22
      canvas.dim([piece + away for piece in below], strength, 0.22 * unit)
    if tube is None:
      start = self._bare_arm(arm)
    else:
      start = self._below_sleeve(wear.garment, side)
    if self.person.pockets and arm.name == 'pocket':
      shown = flesh.arm_to_pocket(puppet, side, start)
    else:
      shown = flesh.arm_from(puppet, side, start, tube is not None)
    sleeve = self.person.woven(wear, side) if tube is not None else []
    self._lining(canvas, sleeve)
    through = [piece.cloth for piece in sleeve] if wear.garment.sheer else []
    canvas.paste(self.person.arms[side], shown, through)
    self._put(canvas, sleeve)

  def _lining(
    self, canvas: canvases.Canvas, sleeve: list[people.Woven]
  ) -> None:
    """Draws what is seen of a sleeve's inside: nothing, from the front."""

  def _bare_arm(self, arm: poses.Arm) -> float:
    """How far from the shoulder a bare arm starts; the trunk has more."""
    return 0.0 if arm.depth < 0 else 0.65

  def _below_sleeve(self, garment: garments.Garment, side: int) -> float:
    """How far from the shoulder a sleeved arm starts: just under the hem."""
    del side
    return garment.tube.length - 0.12

  def _part(
    self, canvas: canvases.Canvas, wear: outfits.Wear, part: int
  ) -> None:
    """Draws a part of a garment."""
    self._put(canvas, self.person.woven(wear, part))

  def _put(self, canvas: canvases.Canvas, pieces: list[people.Woven]) -> None:
    for piece in pieces:
      label, number = piece.sheet.drape.garment.label, piece.sheet.number // 6
      canvas.overshadow(piece.shadow, number)
      canvas.put(piece.cloth, label, number)

  def _mend(self, canvas: canvases.Canvas) -> None:
    """Closes pinholes between sleeves, and between a sleeve and the panel."""
    wear = self.outfit.sleeved
    garment = wear.garment
    if garment.tube is not None:
      for side in puppets.SIDES:
        arm = flesh.pieces(self.puppet, 'arm', side)
        margin = 0.4 * self.puppet.unit
        canvas.mend(np.concatenate(arm), garment.label, margin, wear.number)

  def _head(self, canvas: canvases.Canvas) -> None:
    unit = self.puppet.unit
    canvas.dim([self.person.chin()], 0.36, 0.3 * unit)
    canvas.paste(self.person.head)
