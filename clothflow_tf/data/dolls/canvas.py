# SPDX-License-Identifier: Apache-2.0
"""The canvas: layers drawn back to front, at twice the record's size.

Besides colour, each pixel keeps a label, the triangle of cloth that it shows
(its *owner*, or -1) and the shade that multiplied the cloth's colour. Whatever
is painted later takes all three away, so occlusion needs no extra thought, and
the flow of a pixel is its owner's affine map evaluated at the pixel's centre.

What two outfits of a person have in common is pasted, or woven, once, and so it
is the same to the pixel.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import motifs
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import surface as surfaces
from clothflow_tf.data.dolls import weaving

_OPAQUE = 0.999  # From here on nothing shines through.
_PINHOLE = 64  # Holes of fewer pixels between pieces of cloth are mended.


class Canvas(surfaces.Surface):
  """A picture of a person: planes, layout, owner and shade [h, w].

  Owner n is triangle n - first of the mesh (first, mesh) in `drawn` with the
  largest first <= n. Where cloth turns away it ends inside its mask, at hard
  triangles: `soft` smooths that edge, which in profile is the silhouette.
  Bit n of `reached` [h, w] marks the pixels that the garment of number n, or
  its shadow, has changed, and that nothing covers.
  """

  def __init__(self, ground: np.ndarray):
    """Copies the planes [3, h, w] float32 of what is behind the person."""
    super().__init__(ground.copy())
    self.owner = np.full(self.shape, -1, np.int32)
    self.shade = np.ones(self.shape, np.float32)
    self.reached = np.zeros(self.shape, np.uint8)
    self.drawn = []
    self.soft = False

  @property
  def image(self) -> np.ndarray:
    return cv2.merge(list(self.planes))

  def maps(self) -> np.ndarray:
    """Returns each owner's map [n, 6] from canvas to source pixels."""
    return np.concatenate([np.zeros((0, 6))] + [m.maps for _, m in self.drawn])

  def names(self) -> np.ndarray:
    """Returns (sheet, face) of each owner [n, 2]."""
    rows = [
      np.stack([np.full(len(m.kept), m.sheet), m.kept], 1)
      for _, m in self.drawn
    ]
    return np.concatenate([np.zeros((0, 2), int)] + rows)

  def blend(
    self, box: places.Box, mask: np.ndarray, color: np.ndarray, label: int
  ) -> None:
    """As `Surface.blend`; takes owners away."""
    super().blend(box, mask, color, label)
    self._disown(box, mask > 127)

  def paste(
    self,
    layer: surfaces.Layer,
    polygons: surfaces.Polygons | None = None,
    cloth: Sequence[weaving.Cloth] = (),
  ) -> None:
    """Lays a layer over the picture.

    Args:
      layer: what to lay.
      polygons: if given, only what is inside of them, and what cloth covers.
      cloth: see `polygons`.
    """
    box = layer.touched
    if not box.area:
      return
    opaque = layer.planes[3, box[0], box[1]]
    color = layer.planes[:3, box[0], box[1]]
    label = layer.layout[box]
    solid = (label > 0) & (opaque > 0.5)
    if polygons is not None:
      mask = np.zeros(box.size, np.uint8)
      for polygon in polygons:
        motifs.fill(mask, polygon - box.origin, 255)
      for piece in cloth:
        there, here = box.common(piece.box)
        np.maximum(mask[there], piece.mask[here], out=mask[there])
      share = mask * np.float32(1 / 255)
      opaque, color = opaque * share, color * share
      solid &= mask > 127
    under = self.planes[:, box[0], box[1]]
    under *= 1 - opaque
    under += color
    np.copyto(self.layout[box], label, where=solid)
    self._disown(box, solid)
    np.copyto(self.reached[box], 0, where=opaque > _OPAQUE)

  def put(self, cloth: weaving.Cloth, label: int, number: int) -> None:
    """Draws woven cloth of a garment; it owns the pixels that it covers."""
    box = cloth.box
    if not box.area:
      return
    self._mix(box, cloth.cover * np.float32(1 / 255), cloth.color)
    solid = cloth.mask > 127
    np.copyto(self.layout[box], label, where=solid)
    self._disown(box, solid)
    np.copyto(self.reached[box], 0, where=cloth.cover == 255)
    self._mark(box, cloth.cover > 0, number)
    first = sum(len(m.kept) for _, m in self.drawn)
    np.copyto(self.owner[box], cloth.index + first, where=cloth.solid)
    np.copyto(self.shade[box], cloth.shade, where=solid)
    self.drawn.append((first, cloth.mesh))

  def overshadow(self, shadow: weaving.Shadow, number: int) -> None:
    """Lets the shadow of a garment fall on the person below it."""
    box = shadow.box
    if box.area:
      person = self.layout[box] > 0
      self._darken(box, 1 - shadow.strength * person)
      self._mark(box, person & (shadow.strength > 0), number)

  def mend(
    self, points: np.ndarray, label: int, margin: float, number: int
  ) -> None:
    """Fills pinholes of a garment around points [N, 2], as a shaded crease.

    What is filled is cloth that no triangle shows: it has no owner.
    """
    box = self.box(points, margin)
    layout = self.layout[box]
    if not layout.size:
      return
    apart = cv2.compare(layout, label, cv2.CMP_NE)
    _, names, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
    x, y, w, h, area = stats.T
    inside = (x > 1) & (y > 1)
    inside &= (x + w < apart.shape[1] - 1) & (y + h < apart.shape[0] - 1)
    for name in np.nonzero(inside & (area < _PINHOLE))[0]:
      x, y, w, h, _ = stats[name]
      rows = slice(y - 2, y + h + 2), slice(x - 2, x + w + 2)
      hole = (names[rows] == name).astype(np.uint8) * np.uint8(255)
      # Its rim is mixed with what is behind.
      whole = cv2.dilate(hole, np.ones((3, 3), np.uint8))
      y, x = box[0].start + y - 2, box[1].start + x - 2
      there = places.Box(slice(y, y + h + 4), slice(x, x + w + 4))
      sound = (layout[rows] == label) & (whole == 0)
      if sound.any():
        color = self.planes[:, there[0], there[1]][:, sound].mean(1)
        self.blend(there, whole, 0.85 * color[:, None, None], label)
        self._mark(there, whole > 0, number)

  def lining(
    self, mesh: meshes.Mesh, paint: weaving.Paint, label: int, gain: float
  ) -> None:
    """Draws cloth whose back is seen, dimmed by `gain`: it has no owner."""
    box = weaving.around(mesh, self.shape)
    if box.area:
      planes = weaving.mapped(mesh, paint, box)[1]
      color = np.stack(planes[:3]) * np.float32(gain)
      self.blend(box, planes[3], color, label)

  def _darken(self, box: places.Box, factor: np.ndarray) -> None:
    super()._darken(box, factor)
    self.shade[box] *= factor

  def agree(self, other: 'Canvas', numbers: set[int]) -> None:
    """Takes over what no garment of these numbers has changed in either.

    It is the same picture but for rounding at the edges of what lies below.
    """
    bits = np.uint8(sum(1 << number for number in numbers))
    same = ((self.reached | other.reached) & bits) == 0
    np.copyto(self.planes, other.planes, where=same)
    np.copyto(self.layout, other.layout, where=same)

  def _mark(self, box: places.Box, changed: np.ndarray, number: int) -> None:
    self.reached[box] |= changed * np.uint8(1 << number)

  def _disown(self, box: places.Box, solid: np.ndarray) -> None:
    np.copyto(self.owner[box], -1, where=solid)
    np.copyto(self.shade[box], 1.0, where=solid)
