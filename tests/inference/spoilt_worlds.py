# SPDX-License-Identifier: Apache-2.0
"""One person's files in a folder, and ways to spoil them that users met.

A spoiler takes a `World` and changes one file of it.
"""

from collections.abc import Callable
import json
import pathlib

import numpy as np
from PIL import Image

from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from tests.data.photographs.datasets import made_up_folders

SIZE = raw.Size(256, 192)


class World:
  """A folder in the layout of VITON-HD that holds one person's files."""

  dataset, parsing = 'viton_hd', 'cihp'
  pairs = 'test_pairs.txt'
  names = {
    'person_image': 'test/image/p.png',
    'person_layout': 'test/image-parse-v3/p.png',
    'person_pose': 'test/openpose_json/p_keypoints.json',
    'garment_image': 'test/cloth/p.png',
    'garment_mask': 'test/cloth-mask/p.png',
  }
  line = 'p.png p.png'

  def __init__(self, root: pathlib.Path, doll: dict[str, np.ndarray]):
    self.root = root
    self.paths = {key: root / name for key, name in self.names.items()}
    self.joints = doll['target_keypoints']
    self.layout = doll['target_layout']
    mask = np.where(doll['source_layout'] > 0, 255, 0).astype(np.uint8)
    self.write('person_image', doll['target_image'])
    self.write('person_layout', self.layout)
    self.write('garment_image', doll['source_image'])
    self.write('garment_mask', mask)
    self.write_pose(self.joints)
    (root / self.pairs).write_text(self.line)

  def write(self, key: str, array: np.ndarray, **options: object) -> None:
    if key in self.paths:
      self.paths[key].parent.mkdir(parents=True, exist_ok=True)
      Image.fromarray(array).save(self.paths[key], **options)

  def read(self, key: str) -> np.ndarray:
    return np.asarray(Image.open(self.paths[key]))

  def write_pose(self, joints: np.ndarray) -> None:
    numbers = np.asarray(joints, float).ravel().tolist()
    self.write_json({'people': [{'pose_keypoints_2d': numbers}]})

  def write_json(self, value: object) -> None:
    self.paths['person_pose'].parent.mkdir(parents=True, exist_ok=True)
    self.paths['person_pose'].write_text(json.dumps(value))


Spoiler = Callable[[World], None]


class WithoutMask(World):
  """The same in the layout of Dress Code, which has no masks."""

  dataset, parsing = 'dress_code', 'atr'
  pairs = 'upper_body/test_pairs_paired.txt'
  names = {
    'person_image': 'upper_body/images/p_0.png',
    'person_layout': 'upper_body/label_maps/p_4.png',
    'person_pose': 'upper_body/keypoints/p_2.json',
    'garment_image': 'upper_body/images/p_1.png',
  }
  line = 'p_0.png p_1.png'

  def __init__(self, root: pathlib.Path, doll: dict[str, np.ndarray]):
    super().__init__(root, doll)
    self.write('person_layout', _numbered(self.layout, made_up_folders.ATR))


def _numbered(layout: np.ndarray, label_of: dict[int, int]) -> np.ndarray:
  """Returns a layout in a parser's numbers; labels that it lacks are 0."""
  number_of = np.zeros(labels.NUM_LABELS, np.uint8)
  for number, label in reversed(label_of.items()):
    number_of[label] = number
  number_of[labels.BACKGROUND] = 0
  return number_of[layout]


def _scaled(x: float, y: float) -> Spoiler:
  return lambda world: world.write_pose(world.joints * (x, y, 1))


def _mask(change: Callable[[np.ndarray], np.ndarray]) -> Spoiler:
  return lambda world: world.write(
    'garment_mask', np.ascontiguousarray(change(world.read('garment_mask')))
  )


def _parsed(label_of: dict[int, int], parsing: str) -> Spoiler:
  def spoil(world: World) -> None:
    world.write('person_layout', _numbered(world.layout, label_of))
    world.parsing = parsing

  return spoil


def _tagged(key: str, tag: int) -> Spoiler:
  exif = Image.Exif()
  exif[0x0112] = tag
  return lambda world: world.write(key, world.read(key), exif=exif)


def _nothing_but_floor(world: World) -> None:
  shape = world.read('garment_image').shape
  speckles = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
  world.write('garment_image', speckles)


def _frames(count: int) -> Spoiler:
  def spoil(world: World) -> None:
    frame = json.loads(world.paths['person_pose'].read_text())
    world.write_json([frame] * count)

  return spoil


RECORD = made_up_folders.CIHP
ATR, ACGPN = made_up_folders.ATR, made_up_folders.ACGPN

# Name: (world, what is done to it, the file that is named, kind, reason).
REFUSED = {
  'joints divided by width and height': (
    *(World, _scaled(1 / SIZE.width, 1 / SIZE.height)),
    *('person_pose', 'keypoints', 'not shares of width and height'),
  ),
  'joints of a copy a quarter the size': (
    *(World, _scaled(0.25, 0.25)),
    *('person_pose', 'keypoints', 'on the background.*in pixels of 192x256'),
  ),
  'joints of a copy twice the size': (
    *(World, _scaled(2, 2)),
    *('person_pose', 'keypoints', 'lie outside the picture; .*192x256'),
  ),
  'x and y swapped': (
    *(World, lambda world: world.write_pose(world.joints[:, [1, 0, 2]])),
    *('person_pose', 'keypoints', 'x before y'),
  ),
  'several frames': (
    *(World, _frames(3)),
    *('person_pose', 'keypoints', 'is a list of 3 frames; expected one'),
  ),
  'mask inverted': (
    *(World, _mask(lambda mask: 255 - mask)),
    *('garment_mask', 'mask', 'covers all four corners'),
  ),
  'mask all white': (
    *(World, _mask(lambda mask: mask * 0 + 255)),
    *('garment_mask', 'mask', 'covers all four corners'),
  ),
  'mask rotated': (
    *(World, _mask(np.rot90)),
    *('garment_mask', 'size', 'is 256x192 .*; expected .*192x256'),
  ),
  'mask of another size': (
    *(World, _mask(lambda mask: mask[::2, ::2])),
    *('garment_mask', 'size', 'is 96x128 .*; expected .*192x256'),
  ),
  'nothing but a floor': (
    *(WithoutMask, _nothing_but_floor),
    *('garment_image', 'mask', 'has no plain backdrop, .*--garment_mask'),
  ),
  'a layout of ATR': (
    *(World, _parsed(ATR, 'record')),
    *('person_layout', 'labels', 'nose.*It looks like --parsing=atr'),
  ),
  'a layout of ACGPN': (
    *(World, _parsed(ACGPN, 'record')),
    *('person_layout', 'labels', 'nose.*It looks like --parsing=acgpn'),
  ),
  'a layout of CIHP read as LIP': (
    *(World, _parsed(RECORD, 'lip')),
    *('person_layout', 'labels', 'throat.*It looks like --parsing=cihp'),
  ),
  'a layout of CIHP read as ATR': (
    *(World, _parsed(RECORD, 'atr')),
    *('person_layout', 'labels', 'nose.*It looks like --parsing=cihp'),
  ),
  'a layout of CIHP read as ACGPN': (
    *(World, _parsed(RECORD, 'acgpn')),
    *('person_layout', 'labels', 'has labels .*It looks like --parsing=cihp'),
  ),
  'a layout of ATR read as ACGPN': (
    *(World, _parsed(ATR, 'acgpn')),
    *('person_layout', 'labels', 'It looks like --parsing=atr'),
  ),
  'an EXIF tag on the layout': (
    *(World, _tagged('person_layout', 6)),
    *('person_layout', 'unreadable', 'EXIF orientation 6.*; expected none'),
  ),
  'an EXIF tag on the mask': (
    *(World, _tagged('garment_mask', 3)),
    *('garment_mask', 'unreadable', 'EXIF orientation 3.*; expected none'),
  ),
  'a photo upside down': (
    *(World, _tagged('person_image', 3)),
    *('person_image', 'unreadable', 'its parse map and pose may be turned'),
  ),
  'a garment upside down': (
    *(World, _tagged('garment_image', 3)),
    *('garment_image', 'unreadable', 'its mask may be turned'),
  ),
}


def _units_of_dress_code(world: World) -> None:
  points = (world.joints[:, :2] + 0.5) * 2 - 0.5  # 512x384 to 256x192.
  rows = np.c_[points, world.joints[:, 2], np.arange(18)]
  rows[world.joints[:, 2] == 0] = -1
  world.write_json({'keypoints': rows.tolist()})


# Name: (what is done, the remark if any).
REPAIRED = {
  "Dress Code's units": (_units_of_dress_code, ''),
  'a list of one frame': (_frames(1), 'is a list of one frame; that is taken'),
}
