# SPDX-License-Identifier: Apache-2.0
"""A person seen from the side."""

import functools

import numpy as np

from clothflow_tf.data.dolls import outfit as outfits
from clothflow_tf.data.dolls import person as people
from clothflow_tf.data.dolls import sheets
from clothflow_tf.data.dolls import side as sides
from clothflow_tf.data.dolls import side_drape
from clothflow_tf.data.dolls import side_face
from clothflow_tf.data.dolls import side_flesh
from clothflow_tf.data.dolls import side_hair
from clothflow_tf.data.dolls import surface as surface_lib


class Person(people.Person):
  """A doll in a profile pose; what it wears has backs."""

  puppets = sides.Puppet
  faces = side_face.Face
  hairs = side_hair.Hair
  cloths = side_drape.Drape
  soft = True

  @functools.cached_property
  def trunk(self) -> surface_lib.Layer:
    layer = self._layer()
    side_flesh.torso(layer, self.puppet)
    side_flesh.neck(layer, self.puppet)
    return layer

  def _shoe(self, layer: surface_lib.Layer, side: int) -> None:
    side_flesh.shoe(layer, self.puppet, side, self.doll.shoes)

  def covers(self, bare: bool) -> list[np.ndarray] | None:
    del bare
    return None

  def chin(self) -> np.ndarray:
    w = self.doll.body.neck
    chin = [(-0.1, -0.9), (w + 0.05, -0.86), (w + 0.05, -0.6), (0.0, -0.62)]
    return self.puppet.profile(chin)

  def sheets(self, wear: outfits.Wear, part: int) -> list[sheets.Sheet]:
    """The back of a part and over it the front."""
    drape, number = self.drape(wear), 6 * wear.number
    behind, front = number + 3 - part + 1, number + part + 1
    return [
      sheets.Sheet(behind, -part, wear.back, drape.behind, fine=True),
      sheets.Sheet(front, part, wear.product, drape, fine=True),
    ]
