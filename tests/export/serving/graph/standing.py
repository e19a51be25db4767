# SPDX-License-Identifier: Apache-2.0
"""A person of rectangles in a long-sleeved top, and outputs that suit her.

The model's outputs take the sleeves off and put another top on. Each of the
functions that return a `Scene` adds one thing that a model or a parser does.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from tests.export.serving.graph import scenes

TOP = labels.UPPER_CLOTHES
_NO_JOINTS = np.zeros((18, 3), np.float32)
# Of the photo: label, colour, rows and columns; later ones cover earlier ones.
_BOXES = (
  (labels.PANTS, (60, 90, 60), np.s_[160:250, 62:130]),
  (labels.LEFT_ARM, (205, 150, 125), np.s_[80:196, 30:52]),
  (labels.RIGHT_ARM, (190, 140, 115), np.s_[80:196, 140:162]),
  (TOP, (40, 40, 90), np.s_[78:166, 50:142]),
  (labels.HAIR, (50, 30, 20), np.s_[12:40, 70:122]),
  (labels.FACE, (220, 170, 140), np.s_[28:62, 78:114]),
  (labels.TORSO_SKIN, (210, 160, 130), np.s_[62:84, 84:108]),
)
_SLEEVES = (np.s_[78:140, 30:52], np.s_[78:140, 140:162])


class Scene(NamedTuple):
  person: reader.Original
  outputs: raw.Arrays

  @property
  def seen(self) -> np.ndarray:
    """What the model sees of the layout, uint8 [H, W]."""
    return window(self.person).layout(self.person.layout)


def window(person: reader.Original) -> framing.Window:
  return framing.place(person, scenes.SIZE, TOP)


def plain() -> Scene:
  """Returns her, and outputs of a model that does all well."""
  size = (256, 192)
  pixels = np.full((*size, 3), (225, 228, 232), np.float32)
  layout = np.zeros(size, np.uint8)
  for label, color, box in _BOXES:
    pixels[box], layout[box] = color, label
  bare = layout.copy()
  for box in _SLEEVES:
    pixels[box], layout[box] = (40, 40, 90), TOP
  pixels += np.random.default_rng(0).normal(0, 3, pixels.shape)
  pixels = np.clip(pixels, 0, 255).astype(np.uint8)
  person = reader.Original(pixels, layout, _NO_JOINTS)
  view = window(person)
  gone, new = view.layout(layout) == TOP, view.layout(bare)
  outputs = {**scenes.outputs(0), 'layout': new, 'removed': np.uint8(gone)}
  shares = np.where((new == TOP)[..., None], np.float32([1, 0, 0]), [0, 0, 1])
  shares = np.where(gone[..., None], shares, [0, 1, 0])
  return Scene(person, {**outputs, 'composition': np.float32(shares)})


def streak_on_kept_skin() -> Scene:
  """A row of garment in the layout where an arm stays the photo."""
  scene = plain()
  arm = scene.seen == labels.LEFT_ARM
  row = np.nonzero(arm.any(1))[0][4]
  scene.outputs['layout'][row : row + 2][arm[row : row + 2]] = TOP
  return scene


def hole_of_the_layout() -> Scene:
  """Some skin in the layout amid the garment, whose shares fade there."""
  scene = plain()
  rows, columns = _amid(scene.seen == TOP)
  hole = tuple(slice(x.start - 1, x.stop + 1) for x in (rows, columns))
  scene.outputs['layout'][hole] = labels.TORSO_SKIN
  scene.outputs['composition'][hole] = (0.51, 0, 0.49)
  return scene


def band_without_garment() -> Scene:
  """Painted across the chest, which the layout calls garment."""
  scene = plain()
  rows, columns = _amid(scene.seen == TOP)
  band = np.s_[rows.start : rows.start + 1, : columns.stop]
  there = scene.seen[band] == TOP
  scene.outputs['composition'][band][there] = (0.3, 0, 0.7)
  return scene


def new_hair() -> Scene:
  """Hair of the result, painted on what was the old garment's shoulder."""
  scene = plain()
  rows, columns = _amid(scene.seen == TOP)
  lock = np.s_[rows.start - 2 : rows.stop + 2, columns.stop : columns.stop + 5]
  scene.outputs['layout'][lock] = labels.HAIR
  scene.outputs['composition'][lock] = (0, 0, 1)
  return scene


def tiny_piece() -> Scene:
  """Two pixels of garment amid the uncovered arm."""
  scene = plain()
  new = scene.outputs['layout'] == labels.RIGHT_ARM
  rows, columns = _amid(new & (scene.seen == TOP))
  scene.outputs['composition'][rows.start, columns.start] = (1, 0, 0)
  scene.outputs['composition'][rows.start + 1, columns.start] = (1, 0, 0)
  return scene


def wavering_arm() -> Scene:
  """An uncovered arm whose outline has stairs, in a sleeve that was wide."""
  scene = plain()
  arm = scene.outputs['layout'] == labels.LEFT_ARM
  arm &= scene.seen == TOP
  first = np.nonzero(arm.any(0))[0][0]
  rows = np.nonzero(arm.any(1))[0][2:-2]
  dents = rows[rows % 6 < 3]
  scene.outputs['layout'][dents, first : first + 2] = labels.BACKGROUND
  return scene


def painted_head() -> Scene:
  """A face and hair that the model paints."""
  scene = plain()
  head = np.isin(scene.seen, (labels.FACE, labels.HAIR))
  scene.outputs['composition'][head] = (0, 0.3, 0.7)
  return scene


def cloth_for_skin() -> Scene:
  """Legs in the result where the trousers stay."""
  scene = plain()
  legs = _amid(scene.seen == labels.PANTS)
  scene.outputs['layout'][legs] = labels.LEFT_LEG
  return scene


def edge_off() -> Scene:
  """A parse map that has the old garment's edge five pixels off the skin."""
  scene = plain()
  layout = scene.person.layout.copy()
  for box in (np.s_[140:145, 30:52], np.s_[140:145, 140:162]):
    layout[box] = TOP
  layout[79:84, 84:108] = TOP
  return scene._replace(person=dataclasses.replace(scene.person, layout=layout))


def _amid(region: np.ndarray) -> tuple[slice, slice]:
  """Returns rows and columns of 3 x 3 pixels in the middle of a region."""
  middle = (int(np.median(x)) for x in np.nonzero(region))
  return tuple(slice(x - 1, x + 2) for x in middle)
