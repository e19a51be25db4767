# SPDX-License-Identifier: Apache-2.0
"""The figure: a person wearing a garment, drawn back to front.

The order is the whole of occlusion: hair behind, arms behind, legs, torso,
garment, arms in front with their sleeves, head, hair in front. A tucked hem
goes under the trousers, a loose one over them.
"""

import cv2
from clothflow_tf.data import labels
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import folds
from clothflow_tf.data.dolls import head as heads
from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import product as products
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams
import numpy as np

_ARM_LABELS = {-1: labels.RIGHT_ARM, 1: labels.LEFT_ARM}
_LEG_LABELS = {-1: labels.RIGHT_LEG, 1: labels.LEFT_LEG}


class Figure:
  """Draws one person onto a canvas."""

  def __init__(self, puppet, drape, product, rng: np.random.Generator):
    self.puppet = puppet
    self.drape = drape
    self.product = product
    self.rng = rng
    self.head = heads.Head(puppet, rng)
    self.lower = streams.pick(rng, {'trousers': 4, 'skirt': 1.1, 'shorts': 0.4})
    self.waist = puppet.body.torso * rng.uniform(0.7, 0.84)
    self.textures = {
      part: cv2.merge([product.cloth, mask])
      for part, mask in product.parts.items()
    }

  def draw(self, canvas: canvases.Canvas) -> None:
    """Draws everything."""
    arms = {side: self.puppet.arm(side).depth for side in puppets.SIDES}
    order = list(puppets.SIDES)[:: self.rng.choice([-1, 1])]
    self.head.back_hair(canvas)
    for side in order:
      if arms[side] < 0:
        self.arm(canvas, side)
    self.skin(canvas)
    self.head.neck(canvas)
    if self.drape.garment.tucked:
      self.torso(canvas)
      self.legs(canvas)
    else:
      self.legs(canvas)
      self.torso(canvas)
    for side in order:
      if arms[side] >= 0:
        self.arm(canvas, side)
    self.head.face(canvas)
    self.head.front_hair(canvas)

  def skin(self, canvas) -> None:
    """Paints the torso's skin, and the shoulders of sleeveless garments."""
    body = self.puppet.body
    y = np.linspace(-0.5, body.torso, 22)
    x = body.half_width(y) * 0.97
    if self.drape.garment.sleeve is not None:
      x = np.minimum(x, np.interp(y, [-0.2, 0, 1.2], [0.7, 0.8, 0.8]))
    half = np.stack([x, y], 1)
    outline = self.puppet.torso(np.concatenate([half, half[::-1] * (-1, 1)]))
    canvas.fill([outline], body.skin, labels.TORSO_SKIN, 0.1)
    if self.drape.garment.sleeve is None:
      for side in puppets.SIDES:
        if self.puppet.arm(side).depth >= 0:
          self._limb(canvas, side, (0.0, 0.6))

  def torso(self, canvas) -> None:
    """Draws the torso panel of the garment."""
    garment = self.drape.garment
    wide = max(w for _, w in garment.flat) + 0.35
    points, faces = meshes.grid(
      np.linspace(-wide, wide, 21),
      np.arange(-1.0, garment.hem + garment.hem_curve + 0.35, 0.14),
    )
    creases = folds.torso_creases(self.rng, self.drape)
    if not garment.tucked:
      hem = np.array([(-0.9, garment.hem), (0.9, garment.hem), (0.9, garment.hem + 0.15), (-0.9, garment.hem + 0.15)])
      canvas.dim([self.drape.torso(hem)], 0.25, 0.15 * self.puppet.unit)
    placed = self.drape.torso(points)
    self._cloth(canvas, products.TORSO, (points, faces, placed), creases)

  def _cloth(self, canvas, part, sheet: tuple, creases: list) -> None:
    points, faces, placed = sheet
    source = self.product.lay.pixels(points)
    mesh = meshes.build(
      (points, faces), (placed, source), self.product.parts[part], part
    )
    if not len(mesh.faces):
      return
    shade = folds.crease_map(canvas.shape, creases, 0.14 * self.puppet.unit)
    canvas.cloth(
      mesh,
      self.textures[part],
      self.drape.garment.label,
      folds.shader(shade, 0.2 if part == products.TORSO else 0.3),
    )

  def arm(self, canvas, side: int) -> None:
    """Draws an arm, its hand and its sleeve, with a shadow on what is behind."""
    sleeve = self.drape.garment.sleeve
    arm = self.puppet.arm(side)
    if arm.depth > 0:
      shadow = [p + 0.07 * self.puppet.unit for p in self._pieces(side, (0.4, 2.0))]
      canvas.dim(shadow, 0.22, 0.25 * self.puppet.unit)
    start = 0.45 if sleeve is None else self._share(sleeve.length * 0.75)
    if sleeve is None and arm.depth < 0:
      start = 0.0
    self.hand(canvas, side)
    self._limb(canvas, side, (start, 2.0))
    if sleeve is not None:
      self._sleeve(canvas, side)

  def _share(self, length: float) -> float:
    """Bones (0 shoulder, 1 elbow, 2 wrist) at a length along the arm."""
    body = self.puppet.body
    if length < body.upper_arm:
      return length / body.upper_arm
    return min(1.93, 1 + (length - body.upper_arm) / body.forearm)

  def _pieces(self, side: int, span: tuple) -> list:
    """Outlines of the arm between two places counted in bones."""
    body, unit = self.puppet.body, self.puppet.unit
    joints = np.array(
      [self.puppet.joint('shoulder', side), self.puppet.joint('elbow', side), self.puppet.joint('wrist', side)]
    )
    pieces = []
    for bone in (0, 1):
      low, high = max(span[0] - bone, 0), min(span[1] - bone, 1)
      if low >= high:
        continue
      t = np.linspace(low, high, 8)
      line = joints[bone] + t[:, None] * (joints[bone + 1] - joints[bone])
      radii = np.interp(
        t + bone,
        [0, 0.3, 0.9, 1.15, 1.35, 1.9, 2],
        body.arm * np.array([1.08, 1.0, 0.82, 0.85, 0.84, 0, 0])
        + body.wrist * np.array([0, 0, 0, 0, 0, 1, 0.98]),
      )
      pieces.append(curves.tube(line, radii * unit))
    return pieces

  def _limb(self, canvas, side: int, span: tuple) -> None:
    pieces = self._pieces(side, span)
    if pieces:
      canvas.fill(pieces, self.puppet.body.skin, _ARM_LABELS[side], 0.22)

  def hand(self, canvas, side: int) -> None:
    """Draws a relaxed hand with four fingers and a thumb."""
    arm = self.puppet.arm(side)
    if arm.name == 'pocket':
      return
    unit, width = self.puppet.unit, self.puppet.body.wrist
    bend = arm.fore + (0.3 if arm.name in ('front', 'crossed', 'akimbo') else 0.1)
    down = curves.direction(bend, side)
    inner = np.array([-down[1], down[0]]) * side
    wrist = self.puppet.joint('wrist', side)
    shapes = []
    for k, (offset, reach) in enumerate([(-0.12, 0.66), (-0.04, 0.74), (0.04, 0.72), (0.115, 0.6)]):
      base = wrist + unit * (0.1 * down + offset * inner)
      tip = wrist + unit * (reach * down + (1.25 * offset + 0.06) * inner)
      line = base + np.linspace(0, 1, 5)[:, None] * (tip - base)
      shapes.append(curves.tube(line, unit * np.linspace(0.075, 0.045, 5)))
    palm = wrist + unit * np.linspace(-0.12, 0.36, 5)[:, None] * down
    shapes.append(curves.tube(palm, unit * np.array([0.9 * width, 1.05 * width, 0.17, 0.18, 0.16])))
    thumb = wrist + unit * curves.spline([0.12 * down + 0.1 * inner, 0.3 * down + 0.22 * inner, 0.46 * down + 0.22 * inner])
    shapes.append(curves.tube(thumb, unit * np.linspace(0.08, 0.05, len(thumb))))
    skin = self.puppet.body.skin
    canvas.fill(shapes, skin, _ARM_LABELS[side], 0.18)
    for offset in (-0.08, 0.0, 0.08):
      gap = wrist + unit * np.array([0.42 * down + 1.1 * offset * inner, 0.64 * down + (1.2 * offset + 0.05) * inner])
      canvas.line(gap, skin * 0.8, 0.02 * unit)

  def _sleeve(self, canvas, side: int) -> None:
    frame = self.drape.frame
    length = frame.sleeve.length
    wide = max(frame.half + abs(frame.middle), frame.sleeve.cuff) + 0.3
    local, faces = meshes.grid(
      np.linspace(-wide, wide, 12), np.arange(-0.6, length + 0.25, 0.13)
    )
    points = frame.flat(local[:, ::-1]) * (side, 1)
    creases = folds.sleeve_creases(self.rng, self.drape, side)
    sheet = (points, faces, self.drape.sleeve(points, side))
    self._cloth(canvas, side, sheet, creases)

  def legs(self, canvas) -> None:
    """Draws legs and trousers, a skirt or shorts, in a cloth of their own."""
    body, puppet = self.puppet.body, self.puppet
    unit = puppet.unit
    cloth = motifs.paint(self.rng, canvas.shape)
    label = labels.SKIRT if self.lower == 'skirt' else labels.PANTS
    loose = 0.05 + 0.3 * self.rng.random() ** 2
    skin, covers = [], []
    for side in puppets.SIDES:
      joints = [puppet.joint('hip', side), puppet.joint('knee', side), puppet.joint('ankle', side)]
      t = np.linspace(0, 2, 14)
      line = np.stack([np.interp(t, [0, 1, 2], [j[k] for j in joints]) for k in (0, 1)], 1)
      radii = np.interp(t, [0, 0.5, 1, 1.3, 2], body.leg * np.array([1.06, 0.86, 0.62, 0.64, 0.36]))
      canvas.fill([curves.tube(line, unit * radii)], body.skin, _LEG_LABELS[side], 0.2)
      reach = {'trousers': 14, 'shorts': 5, 'skirt': 2}[self.lower]
      covers.append(curves.tube(line, unit * (radii + 0.03 + loose * t / 2))[:])
      if reach < 14:
        covers[-1] = curves.tube(line[:reach], unit * (radii[:reach] + 0.05))
    y = np.linspace(self.waist, body.torso + 0.55, 10)
    half = np.stack([body.half_width(y) * 1.02, y], 1)
    if self.lower == 'skirt':
      y = np.linspace(self.waist, body.torso + self.rng.uniform(0.9, 3.2), 16)
      flare = self.rng.uniform(0.0, 0.3) * np.maximum(0, y - body.torso * 0.85)
      half = np.stack([body.half_width(y) * 1.03 + flare, y], 1)
    else:
      half[-1, 0] *= 0.6
    covers.append(puppet.torso(np.concatenate([half, half[::-1] * (-1, 1)])))
    canvas.fill(covers, cloth, label, 0.24)
    tone = cloth[::40, ::40].reshape(-1, 3).mean(0) * 0.7
    band = puppet.torso(half[:1] * np.array([[-1, 1]]) + np.linspace(0, 1, 5)[:, None] * (2 * half[:1] * (1, 0)) + (0, 0.16))
    canvas.line(band, tone, 0.025 * unit)
    if self.lower != 'skirt':
      fly = puppet.torso(np.stack([np.zeros(4), np.linspace(self.waist, body.torso + 0.4, 4)], 1))
      canvas.line(fly, tone, 0.02 * unit)
