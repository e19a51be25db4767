# SPDX-License-Identifier: Apache-2.0
"""Small folders in the layouts of the real data sets, with exact file formats.

Everything is drawn on cells of 8x8 pixels, so that a parse map reduced by two
has one right answer. Each writer returns what a conversion must give back:
`Truth`s by split and by the example's name, in the pixels of the pictures.
"""

from collections.abc import Iterable
import dataclasses
import json
import pathlib

import numpy as np
from PIL import Image

from clothflow_tf.inputs import labels

CELL = 8
ROWS, COLUMNS = 16, 12
SIZE = (ROWS * CELL, COLUMNS * CELL)  # 128x96
HALF = (SIZE[0] // 2, SIZE[1] // 2)
_PERSON = np.s_[1:-1, 2:-2]
_GARMENT = np.s_[3:-3, 3:-3]

# What the numbers of each parser are in a record, from the formats' documents.
CIHP = {**{i: i for i in range(20)}, 20: 10}
LIP = {**{i: i for i in range(20)}, 10: 6, 20: 10}
ATR = dict(
  enumerate([0, 1, 2, 4, 5, 12, 9, 6, 9, 18, 19, 13, 16, 17, 14, 15, 0, 11])
)
ACGPN = dict(
  zip(
    (0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
    (0, 2, 5, 18, 19, 5, 9, 16, 17, 14, 13, 15),
    strict=True,
  )
)


@dataclasses.dataclass
class Truth:
  """What a record must hold; the garment's label, or None for a person.

  `cut_out` tells that the garment has no mask file.
  """

  person: np.ndarray
  layout: np.ndarray
  joints: np.ndarray
  source: np.ndarray
  region: np.ndarray
  label: int | None = None
  cut_out: bool = False


class Artist:
  """Draws persons and garments, each call another."""

  def __init__(self, size: tuple[int, int] = SIZE, seed: int = 0):
    self.size = size
    self.random = np.random.default_rng(seed)

  @property
  def cells(self) -> tuple[int, int]:
    return self.size[0] // CELL, self.size[1] // CELL

  def picture(self) -> np.ndarray:
    """Returns smooth colours, lighter and darker by cells.

    JPEG takes little of either; resizing takes the cells, if it is to less than
    half, and so tells a picture that was reduced by too much.
    """
    few = self.random.integers(40, 216, (4, 3, 3), np.uint8)
    height, width = self.size
    smooth = Image.fromarray(few).resize((width, height), Image.BICUBIC)
    cells = self.random.choice([-30, 30], (*self.cells, 1))
    detail = np.kron(cells, np.ones((CELL, CELL, 1)))
    return np.clip(np.asarray(smooth) + detail, 0, 255).astype(np.uint8)

  def parse(self, numbers) -> np.ndarray:
    """Returns cells of all numbers of a label set, a person in the middle."""
    cells = np.zeros(self.cells, np.uint8)
    inside = cells[_PERSON]
    order = self.random.permutation([n for n in numbers if n])
    inside[:] = np.resize(order, inside.size).reshape(inside.shape)
    return np.kron(cells, np.ones((CELL, CELL), np.uint8))

  def joints(self, missing: int = 2) -> np.ndarray:
    """Returns [18, 3] on the person, the last ones missing."""
    height, width = self.size
    spread = self.random.uniform(0, 1, (18, 2)) * (0.3 * width, 0.7 * height)
    points = spread.round(1) + (0.35 * width, 0.15 * height)
    joints = np.c_[points.round(1), np.full(18, 0.9)]
    joints[18 - missing :] = 0
    return joints

  def person(
    self, numbers: Iterable[int], face: int
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns a parse map and joints that agree: face under nose and eyes."""
    parse, joints = self.parse(numbers), self.joints()
    for x, y in joints[[0, 14, 15], :2].astype(int) // CELL * CELL:
      parse[y : y + CELL, x : x + CELL] = face
    return parse, joints

  def mask(self) -> np.ndarray:
    cells = np.zeros(self.cells, np.uint8)
    cells[_GARMENT] = 255
    return np.kron(cells, np.ones((CELL, CELL), np.uint8))


def save_parse(path: pathlib.Path, parse: np.ndarray) -> None:
  """Writes a palette PNG; its colours are not its labels."""
  image = Image.fromarray(parse)
  colors = np.random.default_rng(1).permutation(768) % 256
  image.putpalette(colors.astype(np.uint8).tobytes())
  path.parent.mkdir(parents=True, exist_ok=True)
  image.save(path)


def save_jpeg(path: pathlib.Path, image: np.ndarray, quality: int = 95) -> None:
  path.parent.mkdir(parents=True, exist_ok=True)
  Image.fromarray(image).save(path, 'JPEG', quality=quality)


def save_json(path: pathlib.Path, value) -> None:
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(json.dumps(value), encoding='utf-8')


def body_25(joints: np.ndarray) -> list[float]:
  """Returns 75 numbers: the mid hip in place 8, feet at the end."""
  rows = np.insert(joints, 8, (5.0, 5.0, 0.5), axis=0)
  return np.r_[rows, np.full((6, 3), 3.0)].ravel().tolist()


def openpose(joints: np.ndarray, key: str = 'pose_keypoints_2d') -> dict:
  numbers = body_25(joints) if key.endswith('2d') else joints.ravel().tolist()
  return {'version': 1.3, 'people': [{key: numbers}]}


def viton_hd(
  folder: pathlib.Path, counts: dict[str, int], old: bool = False
) -> dict[str, dict[str, Truth]]:
  """Writes VITON-HD; `old` is its demo's spelling. Test pairs are shifted."""
  artist, truths = Artist(seed=len(counts)), {}
  parses = 'image-parse' if old else 'image-parse-v3'
  poses = 'openpose-json' if old else 'openpose_json'
  for split, count in counts.items():
    root, made = folder / split, []
    for index in range(count):
      person, garment = artist.picture(), artist.picture()
      parse, joints = artist.person(CIHP, 13)
      name = f'{index:05d}_00'
      save_jpeg(root / 'image' / f'{name}.jpg', person)
      save_jpeg(root / 'cloth' / f'{name}.jpg', garment)
      save_jpeg(root / 'cloth-mask' / f'{name}.jpg', artist.mask(), 75)
      save_parse(root / parses / f'{name}.png', parse)
      key = 'pose_keypoints_2d' if old or index % 2 else 'pose_keypoints'
      save_json(root / poses / f'{name}_keypoints.json', openpose(joints, key))
      layout = mapped(parse, CIHP)
      made.append((f'{name}.jpg', person, layout, joints, garment))
    shift = 1 if split == 'test' else 0
    lines = [
      f'{one[0]} {other[0]}'
      for one, other in zip(made, made[shift:] + made[:shift], strict=True)
    ]
    (folder / f'{split}_pairs.txt').write_text('\n'.join(lines) + '\n')
    truths |= _shifted(split, made, artist.mask() > 0, shift)
  return truths


def _shifted(split: str, made: list, mask: np.ndarray, shift: int) -> dict:
  """Returns truths of paired, and with a shift of unpaired, examples."""
  by_split = {}
  for by in {0, shift}:
    name = split if not by else f'{split}_unpaired'
    by_split[name] = {
      f'{one[0]} {other[0]}': Truth(*one[1:4], other[4], mask, _worn(other[2]))
      for one, other in zip(made, made[by:] + made[:by], strict=True)
    }
  return by_split


def viton(folder: pathlib.Path) -> dict[str, dict[str, Truth]]:
  """Writes the VITON layout: names ID_0, ID_1, pose_keypoints, LIP."""
  artist, truths = Artist(seed=3), {}
  for split, identities in (('train', range(3)), ('test', range(3, 5))):
    root, lines = folder / split, []
    truths[split] = {}
    for identity in identities:
      person, garment = f'{identity:06d}_0', f'{identity:06d}_1'
      images = artist.picture(), artist.picture()
      parse, joints = artist.person(LIP, 13)
      save_jpeg(root / 'image' / f'{person}.jpg', images[0])
      save_jpeg(root / 'cloth' / f'{garment}.jpg', images[1])
      save_jpeg(root / 'cloth-mask' / f'{garment}.jpg', artist.mask(), 75)
      # Only image-parse-new knows the neck.
      save_parse(
        root / 'image-parse' / f'{person}.png', np.where(parse == 20, 0, parse)
      )
      new = root / 'image-parse-new' / f'{person}.png'
      new.parent.mkdir(exist_ok=True)
      Image.fromarray(parse).save(new)
      pose = root / 'pose' / f'{person}_keypoints.json'
      save_json(pose, openpose(joints, 'pose_keypoints'))
      name = f'{person}.jpg {garment}.jpg'
      lines.append(name)
      truths[split][name] = Truth(
        *(images[0], mapped(parse, LIP), joints, images[1]),
        *(artist.mask() > 0, _worn(mapped(parse, LIP))),
      )
    (folder / f'{split}_pairs.txt').write_text('\n'.join(lines))
  return truths


def _worn(layout: np.ndarray) -> int:
  """Returns a garment's label: what its wearer shows most of."""
  return max(labels.UPPER, key=lambda label: np.sum(layout == label))


def mapped(parse: np.ndarray, label_of: dict[int, int]) -> np.ndarray:
  return np.vectorize(label_of.get)(parse).astype(np.uint8)
