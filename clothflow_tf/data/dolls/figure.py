# SPDX-License-Identifier: Apache-2.0
"""The figure: a person in an outfit, drawn back to front.

The order is the whole of occlusion: hair behind, arms behind, legs and shoes,
torso, lower garment and panel, arms in front with their sleeves, head, hair in
front. A tucked hem goes under the trousers, a loose one over them.
"""

import dataclasses

import cv2
import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import face as faces
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import folds
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import hair as hairs
from clothflow_tf.data.dolls import layers
from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams

_MESH = 0.15  # Spacing of the mesh of cloth, body units.


@dataclasses.dataclass(frozen=True)
class Wear:
  """A garment of an outfit and its paint; views in profile need a back."""

  garment: garments.Garment
  product: products.Product
  back: products.Product | None = None


@dataclasses.dataclass(frozen=True)
class Doll:
  """A person and an outfit; `key` names the doll's random streams.

  The outfit is (upper, lower) or (dress,), or (lower, upper) where the lower
  garment is the product: the first one is what try-on is about.
  """

  key: streams.Key
  body: bodies.Body
  outfit: tuple[Wear, ...]
  shoes: flesh.Shoes

  def spacing(self, part: int) -> np.ndarray:
    """Returns the spacing of a part's mesh, (across, along), body units.

    All views share it, as a triangle must be the same in each; in profile
    cloth goes round the body and the limbs, and its columns have to be finer.
    """
    if self.outfit[0].back is None:
      return np.array([_MESH, _MESH])
    return np.array([0.045 if part else 0.08, _MESH])

  def worn(self, limb: str) -> int | None:
    """Returns the place in the outfit of the garment of 'arm' or 'leg'."""
    for place, wear in enumerate(self.outfit):
      if wear.garment.limb == limb:
        return place
    return None


@dataclasses.dataclass(frozen=True)
class Sheet:
  """A part (-1, 0, 1) of the outfit's garment at `place`, front or back."""

  place: int
  part: int
  product: products.Product
  drape: drapes.Drape
  back: bool = False

  @property
  def number(self) -> int:
    """The mesh's `sheet`; number // 3 is even for fronts, odd for backs."""
    return 6 * self.place + 3 * self.back + self.part + 1


class Figure:
  """Draws a doll in a pose; `view` names what differs between its pictures."""

  puppets = puppets.Puppet
  faces = faces.Face
  hairs = hairs.Hair
  cloths = drapes.Drape

  def __init__(self, doll: Doll, pose: poses.Pose, view: str):
    self.doll = doll
    self.puppet = self.puppets(doll.body, pose)
    self.rng = streams.stream(doll.key, 'figure ' + view)
    self.face = self.faces(self.puppet, streams.stream(doll.key, 'face'))
    self.hair = self.hairs(self.puppet, streams.stream(doll.key, 'hair'))
    self.drapes = [
      self.cloths(wear.garment, self.puppet, self.rng) for wear in doll.outfit
    ]
    self.upper, self.lower = doll.worn('arm'), doll.worn('leg')
    loose = self.lower is not None and not self._garment.tucked
    if loose and not pose.facing:  # In profile hips do not swing out.
      over, under = self.drapes[self.upper], self.drapes[self.lower]
      over.pushed = layers.room(over, under)

  def draw(self, canvas: canvases.Canvas, full: bool) -> None:
    """Draws everything; shoes only where the frame holds the full body."""
    order = list(puppets.SIDES)[:: self.rng.choice([-1, 1])]
    depth = {side: self.puppet.arm(side).depth for side in puppets.SIDES}
    self.hair.back(canvas)
    for side in order:
      if depth[side] < 0:
        self._arm(canvas, side)
    for side in order:
      flesh.leg(canvas, self.puppet, side, self._bare_leg())
      if full:
        flesh.shoe(canvas, self.puppet, side, self.doll.shoes)
    garment = self._garment
    flesh.torso(canvas, self.puppet, garment.tube is None)
    faces.neck(canvas, self.puppet)
    self._clothes(canvas, order)
    for side in order:
      if depth[side] >= 0:
        self._arm(canvas, side)
    self._mend(canvas)
    self.face.draw(canvas)
    self.hair.front(canvas)

  @property
  def _garment(self) -> garments.Garment:
    return self.doll.outfit[self.upper].garment

  def _clothes(self, canvas: canvases.Canvas, order: list[int]) -> None:
    if self._garment.tucked:
      self._part(canvas, self.upper, drapes.PANEL)
      self._lower(canvas, order)
    else:
      self._lower(canvas, order)
      self._hem_shadow(canvas)
      self._part(canvas, self.upper, drapes.PANEL)

  def _lower(self, canvas: canvases.Canvas, order: list[int]) -> None:
    if self.lower is None:
      return
    garment = self.doll.outfit[self.lower].garment
    for part in [drapes.PANEL] if garment.tube is None else order:
      self._part(canvas, self.lower, part)

  def _bare_leg(self) -> float:
    """How far from the hip a leg may start to show."""
    wear = self.doll.outfit[self.upper if self.lower is None else self.lower]
    garment, body = wear.garment, self.doll.body
    if garment.limb == 'leg' and garment.tube is not None:
      length = garment.tube.length
    else:
      length = garment.hem - body.torso
    return min(0.7 * length, 0.9 * (body.thigh + body.shin))

  def _hem_shadow(self, canvas: canvases.Canvas) -> None:
    garment = self._garment
    half = garment.half_width(np.array([garment.hem]))[0] * 0.9
    x, y = np.array([-half, half, half, -half]), garment.hem
    hem = np.stack([x, [y, y, y + 0.15, y + 0.15]], 1)
    placed = self.drapes[self.upper].place(hem, drapes.PANEL)
    canvas.dim([placed], 0.22, 0.15 * self.puppet.unit)

  def _arm(self, canvas: canvases.Canvas, side: int) -> None:
    """Draws an arm, its hand and its sleeve, with a shadow behind them."""
    tube, arm = self._garment.tube, self.puppet.arm(side)
    if arm.depth > 0:
      below = flesh.pieces(self.puppet, 'arm', side, 1.3)
      shadow = [piece + 0.07 * self.puppet.unit for piece in below]
      canvas.dim(shadow, 0.22, 0.25 * self.puppet.unit)
    start = self._bare_arm(arm) if tube is None else self._below_sleeve(side)
    sleeves = self._sheets(self.upper, side) if tube is not None else []
    if canvas.soft:  # In profile one looks into the far sleeve.
      for sleeve in sleeves:
        self._lining(canvas, sleeve)
    flesh.arm(canvas, self.puppet, side, start, tube is not None)
    for sleeve in sleeves:
      self._cloth(canvas, sleeve)

  def _mend(self, canvas: canvases.Canvas) -> None:
    """Closes pinholes between sleeves, and between a sleeve and the panel."""
    if self._garment.tube is not None:
      margin = 0.4 * self.puppet.unit
      for side in puppets.SIDES:
        arm = flesh.pieces(self.puppet, 'arm', side, 0)
        canvas.mend(np.concatenate(arm), self._garment.label, margin)

  def _bare_arm(self, arm: poses.Arm) -> float:
    """How far from the shoulder a bare arm starts; `flesh.torso` has more."""
    return 0.0 if arm.depth < 0 else 0.65

  def _below_sleeve(self, side: int) -> float:
    """How far from the shoulder a sleeved arm starts: just under the hem."""
    del side
    return self._garment.tube.length - 0.12

  def _part(self, canvas: canvases.Canvas, place: int, part: int) -> None:
    """Draws a part of the garment at a place of the outfit."""
    for sheet in self._sheets(place, part):
      self._cloth(canvas, sheet)

  def _sheets(self, place: int, part: int) -> list[Sheet]:
    """Returns the sheets of a part, lowest first."""
    product = self.doll.outfit[place].product
    return [Sheet(place, part, product, self.drapes[place])]

  def _lining(self, canvas: canvases.Canvas, sheet: Sheet) -> None:
    """Draws what turned its back, below the rest of its sleeve."""
    part, product, drape = sheet.part, sheet.product, sheet.drape
    points, triangles = self._grid(drape.garment, part)
    placed = drape.place(points, part)
    placed = meshes.Placed(placed, product.lay.pixels(points))
    mask = product.parts[part]
    mesh = meshes.build(sheet.number, triangles, placed, mask, side=-1)
    texture = cv2.merge([product.cloth, mask])
    canvas.lining(mesh, texture, drape.garment.label, 0.8)

  def _cloth(self, canvas: canvases.Canvas, sheet: Sheet) -> None:
    """Draws a sheet."""
    part, product, drape = sheet.part, sheet.product, sheet.drape
    points, triangles = self._grid(drape.garment, part)
    lines = folds.creases(self.rng, drape, part)
    taken = folds.gathered(points, lines, drape.slack(points))
    placed = drape.place(taken, part)
    placed = meshes.Placed(placed, product.lay.pixels(points))
    mask = product.parts[part]
    mesh = meshes.build(sheet.number, triangles, placed, mask)
    if not len(mesh.kept):
      return
    creases = folds.placed(drape, part, lines)
    width = 0.14 * self.puppet.unit
    low = folds.crease_map(canvas.shape, creases, width)
    shade = folds.shader(low, 0.3 if part else 0.2)
    shade = folds.sewn(shade, drape.seams(part))
    texture = cv2.merge([product.cloth, mask])
    canvas.cloth(mesh, texture, drape.garment.label, shade)

  def _grid(
    self, garment: garments.Garment, part: int
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns the flat mesh (points, faces) of a part."""
    points = np.concatenate(garment.outlines[part])
    aligned = garment.limb == 'leg' or part == drapes.PANEL
    if not aligned:
      points = garment.frame.local(points * (part, 1))
    low, high = points.min(0) - 0.2, points.max(0) + 0.2
    if garment.tucked and part == drapes.PANEL:
      high[1] = min(high[1], garment.tuck + 0.15 + garment.blouse)
    spacing = self.doll.spacing(part)[:: 1 if aligned else -1]
    columns, rows = np.maximum(2, (high - low) / spacing).astype(int) + 1
    x = np.linspace(low[0], high[0], columns)
    y = np.linspace(low[1], high[1], rows)
    if aligned:
      return meshes.grid(x, y)
    # Rows run down the sleeve, so that a bent forearm covers its upper arm.
    points, triangles = meshes.grid(y, x)
    return garment.frame.flat(points[:, ::-1]) * (part, 1), triangles
