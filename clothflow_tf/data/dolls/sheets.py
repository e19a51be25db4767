# SPDX-License-Identifier: Apache-2.0
"""Sheets: one part of a garment, on its mesh, with its folds and its light."""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import creases
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import folds
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import shading
from clothflow_tf.data.dolls import weaving

_FORM = 0.8  # Share of the light on the body that cloth shows.


@dataclasses.dataclass(frozen=True)
class Sheet:
  """A part (-1, 0, 1) of a garment, its front or its back.

  `number` names it in a mesh: number // 3 tells the cloths of an outfit apart,
  even for fronts and odd for backs. A `fine` mesh has columns that go round
  the body and the limbs, as views in profile need; all views share a mesh, as a
  triangle must be the same in each. `spacing` is in body units.
  """

  number: int
  part: int
  product: products.Product
  drape: drapes.Drape
  fine: bool = False
  spacing: float = 0.15

  def mesh(
    self, rng: np.random.Generator | None, side: int = 1
  ) -> tuple[meshes.Mesh, list[folds.Crease]]:
    """Returns (mesh, placed creases); without `rng` there are no creases."""
    drape, product = self.drape, self.product
    points, triangles = self._grid(drape.garment)
    taken, lines = points, []
    if rng is not None:
      lines = creases.sample(rng, drape, self.part)
      taken = folds.gathered(points, lines, drape.slack(points))
    # One call of the map for cloth and creases: it is the call that costs.
    flat = np.concatenate([taken, *(crease.line for crease in lines)])
    shown = drape.place(flat, self.part)
    placed = meshes.Placed(shown[: len(points)], product.lay.pixels(points))
    mask = product.parts[self.part]
    mesh = meshes.build(self.number, triangles, placed, mask, side)
    return mesh, folds.moved(lines, shown[len(points) :])

  @property
  def paint(self) -> weaving.Paint:
    product = self.product
    mask = product.parts[self.part]
    return weaving.Paint(product.cloth, mask, product.opacity)

  def weave(
    self, rng: np.random.Generator, size: places.Size, soft: bool
  ) -> weaving.Cloth | None:
    """Returns the cloth on a canvas, folded and lit; None where none shows."""
    mesh, lines = self.mesh(rng)
    if not len(mesh.kept):
      return None
    puppet = self.drape.puppet
    seams = self.drape.seams(self.part)
    if seams:
      placed = self.drape.place(np.concatenate(seams), drapes.PANEL)
      seams = np.split(placed, len(seams))
    low = folds.crease_map(size, lines, 0.14 * puppet.unit)
    relief = 0.22 if self.part else 0.14
    shade = folds.shader(low, relief, None if soft else self._form())
    shade = folds.sewn(shade, seams)
    return weaving.weave(size, mesh, self.paint, shade, soft)

  def _form(self) -> shading.Shading:
    """Returns how dark the shape of the body makes cloth, up to 1."""
    garment, puppet = self.drape.garment, self.drape.puppet
    torso = flesh.form_light(puppet)
    if not self.part:
      return _softened(torso)
    if garment.limb == 'arm':
      return _softened(flesh.light(puppet, 'arm', self.part, 0.1))
    leg = flesh.light(puppet, 'leg', self.part, 0.08)
    return _softened(_below(puppet, self.part, torso, leg))

  def _grid(self, garment: garments.Garment) -> tuple[np.ndarray, np.ndarray]:
    """Returns the flat mesh (points, faces)."""
    points = np.concatenate(garment.outlines[self.part])
    aligned = garment.limb == 'leg' or self.part == drapes.PANEL
    if not aligned:
      points = garment.frame.local(points * (self.part, 1))
    low, high = points.min(0) - 0.2, points.max(0) + 0.2
    if garment.tucked and self.part == drapes.PANEL:
      high[1] = min(high[1], garment.tuck + 0.15 + garment.blouse)
    spacing = np.array([self.spacing, self.spacing])
    if self.fine:
      spacing[0] = 0.045 if self.part else 0.08
    spacing = spacing[:: 1 if aligned else -1]
    columns, rows = np.maximum(2, (high - low) / spacing).astype(int) + 1
    x = np.linspace(low[0], high[0], columns)
    y = np.linspace(low[1], high[1], rows)
    if aligned:
      return meshes.grid(x, y)
    # Rows run down the sleeve, so that a bent forearm covers its upper arm.
    points, triangles = meshes.grid(y, x)
    flat = garment.frame.flat(points[:, ::-1])
    return flat * (self.part, 1), triangles


def _softened(light: shading.Shading) -> shading.Shading:
  """Turns a light into a shade of cloth: weaker, and never above 1."""

  def shade(box: places.Box, mask: np.ndarray) -> np.ndarray:
    return np.minimum(1 - np.float32(_FORM) * (1 - light(box, mask)), 1)

  return shade


def _below(
  puppet: puppets.Puppet,
  side: int,
  torso: shading.Shading,
  leg: shading.Shading,
) -> shading.Shading:
  """Returns the torso's light that becomes the leg's below the hip."""
  hip = puppet.joint('hip', side)[1]

  def lit(box: places.Box, mask: np.ndarray) -> np.ndarray:
    y = np.arange(box.rows.start, box.rows.stop) - hip
    low = curves.smoothstep(0, 1.1 * puppet.unit, y)[:, None]
    low = low.astype(np.float32)
    return torso(box, mask) * (1 - low) + leg(box, mask) * low

  return lit
