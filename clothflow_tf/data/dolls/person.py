# SPDX-License-Identifier: Apache-2.0
"""A person in a pose: what stays the same whatever is worn.

Skin, face, hair and shoes are painted once, as layers; cloth is woven once for
each garment. Two outfits of one person share all of it.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import face as faces
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import garment as garments
from clothflow_tf.data.dolls import hair as hairs
from clothflow_tf.data.dolls import layers
from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import places
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import shading
from clothflow_tf.data.dolls import sheets
from clothflow_tf.data.dolls import shoes
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import surface as surface_lib
from clothflow_tf.data.dolls import weaving
from clothflow_tf.inputs import labels

_SHADOW = 0.34  # Share of the light that a garment's shadow takes.


@dataclasses.dataclass(frozen=True)
class Doll:
  """Who is drawn; `key` names the random streams."""

  key: streams.Key
  body: bodies.Body
  shoes: shoes.Shoes
  light: shading.Light = shading.FRONT


class Picture(NamedTuple):
  """What is painted: its name and size, and whether shoes are in it."""

  view: str
  size: places.Size
  shod: bool = True


class Woven(NamedTuple):
  """Cloth, the shadow that it casts, and the sheet that it is of."""

  cloth: weaving.Cloth
  shadow: weaving.Shadow
  sheet: sheets.Sheet


class Person:
  """A doll in a pose, in a picture.

  With `pockets`, all that it wears has some, and a hand may be in one.
  """

  puppets = puppets.Puppet
  faces = faces.Face
  hairs = hairs.Hair
  cloths = drapes.Drape
  soft = False  # Whether cloth ends at triangles that turn away.

  def __init__(
    self,
    doll: Doll,
    pose: poses.Pose,
    picture: Picture,
    pockets: bool = False,
  ):
    self.doll = doll
    self.picture = picture
    self.pockets = pockets
    self.puppet = self.puppets(doll.body, pose, doll.light)
    self.face = self.faces(self.puppet, streams.stream(doll.key, 'face'))
    self.hair = self.hairs(self.puppet, streams.stream(doll.key, 'hair'))
    first = self.stream('order').choice([-1, 1])
    self.order = list(puppets.SIDES)[::first]
    self._drapes = {}
    self._woven = {}

  def stream(self, aspect: str) -> np.random.Generator:
    """Returns the random stream of an aspect of this picture."""
    return streams.stream(self.doll.key, f'{self.picture.view} {aspect}')

  def _layer(self) -> surface_lib.Layer:
    return surface_lib.Layer(self.picture.size)

  @functools.cached_property
  def hair_behind(self) -> surface_lib.Layer:
    layer = self._layer()
    self.hair.back(layer)
    return layer

  @functools.cached_property
  def trunk(self) -> surface_lib.Layer:
    layer = self._layer()
    flesh.trunk(layer, self.puppet)
    return layer

  @functools.cached_property
  def arms(self) -> dict[int, surface_lib.Layer]:
    arms = {side: self._layer() for side in puppets.SIDES}
    for side, layer in arms.items():
      flesh.arm(layer, self.puppet, side)
    return arms

  @functools.cached_property
  def legs(self) -> dict[int, surface_lib.Layer]:
    legs = {side: self._layer() for side in puppets.SIDES}
    for side, layer in legs.items():
      flesh.leg(layer, self.puppet, side)
    return legs

  @functools.cached_property
  def feet(self) -> dict[int, surface_lib.Layer]:
    """The shoes."""
    feet = {side: self._layer() for side in puppets.SIDES}
    if self.picture.shod:
      for side, layer in feet.items():
        self._shoe(layer, side)
    return feet

  def _shoe(self, layer: surface_lib.Layer, side: int) -> None:
    shoes.paint(layer, self.puppet, side, self.doll.shoes)

  @functools.cached_property
  def head(self) -> surface_lib.Layer:
    layer = self._layer()
    self.face.draw(layer)
    self.hair.front(layer)
    return layer

  def covers(self, bare: bool) -> list[np.ndarray] | None:
    """Returns what is seen of the trunk; None for all of it."""
    return flesh.covers(self.puppet, bare)

  def chin(self) -> np.ndarray:
    """Returns where the head's shadow falls, an outline [N, 2]."""
    w, chin = self.doll.body.neck, puppets.CHIN
    half = [(0, chin - 0.2), (1.5 * w, chin - 0.2), (1.2 * w, chin + 0.16)]
    half = np.array([*half, (0, chin + 0.27)])
    whole = np.concatenate([half, half[::-1] * (-1, 1)])
    light = self.doll.light
    return self.puppet.head(whole - (0.25 * light.x, 0))

  def drape(self, wear: outfits.Wear) -> drapes.Drape:
    """Returns how a garment lies on this person, the same for all outfits."""
    if wear.name not in self._drapes:
      rng = self.stream(f'drape {wear.name}')
      drape = self.cloths(wear.garment, self.puppet, rng)
      # In profile hips do not swing out.
      if not (wear.garment.tucked or self.puppet.pose.facing):
        under = [self.drape(lower) for lower in wear.beneath]
        legs = self._within(wear.garment)
        if under or legs:
          drape.pushed = layers.room(drape, under, legs)
      self._drapes[wear.name] = drape
    return self._drapes[wear.name]

  def _within(self, garment: garments.Garment) -> list[np.ndarray]:
    """Returns the legs, outlines [N, 2], that a skirt or a dress holds."""
    below = garment.hem - self.doll.body.torso
    trousers = garment.limb == 'leg' and garment.tube is not None
    if trousers or garment.label == labels.UPPER_CLOTHES or below < 0.3:
      return []
    return [
      piece
      for side in puppets.SIDES
      for piece in flesh.pieces(self.puppet, 'leg', side, 0.0, below + 0.2)
    ]

  def woven(self, wear: outfits.Wear, part: int) -> list[Woven]:
    """Returns the cloth of a garment's part, lowest first."""
    name = wear.name, part
    if name not in self._woven:
      rng = self.stream(f'folds {wear.name} {part}')
      pieces = [
        (sheet.weave(rng, self.picture.size, self.soft), sheet)
        for sheet in self.sheets(wear, part)
      ]
      self._woven[name] = [
        Woven(cloth, self._shadow(cloth), sheet)
        for cloth, sheet in pieces
        if cloth is not None
      ]
    return self._woven[name]

  def sheets(self, wear: outfits.Wear, part: int) -> list[sheets.Sheet]:
    """Returns the sheets of a garment's part, lowest first."""
    fine = wear.back is not None
    number = 6 * wear.number + part + 1
    drape = self.drape(wear)
    sheet = sheets.Sheet(number, part, wear.product, drape, fine, wear.spacing)
    return [sheet]

  def _shadow(self, cloth: weaving.Cloth) -> weaving.Shadow:
    unit, light = self.puppet.unit, self.doll.light
    offset = -0.12 * unit * light.x, 0.05 * unit - 0.06 * unit * light.y
    shadow = weaving.shadow(cloth, self.picture.size, offset, 0.09 * unit)
    return shadow._replace(strength=shadow.strength * np.float32(_SHADOW))
