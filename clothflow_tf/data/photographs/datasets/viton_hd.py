# SPDX-License-Identifier: Apache-2.0
"""VITON-HD: try-on at 1024x768, person and garment of one name.

    SOURCE/{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}
    SOURCE/{train,test}_pairs.txt

or, as in its older samples, image-parse and openpose-json. Poses hold 18 or 25
joints. Parse maps are CIHP's, where 10 is the neck. Reference: Choi et al.,
"VITON-HD", CVPR 2021.
"""

import functools
import os

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import pair_lists

TASK = 'try_on'
SIZE = (256, 192)
PARSING = 'cihp'
LAYOUT = (
  '{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}, '
  '{train,test}_pairs*.txt'
)


def listings(
  source: str, parsing: str = PARSING
) -> dict[str, examples.Listing]:
  """Returns the examples of each split of a folder."""
  return pair_lists.of_splits(source, lambda x: _folder(source, x, parsing))


def pairs(
  source: str, path: str, split: str = 'test', parsing: str = PARSING
) -> examples.Listing:
  """Returns the pairs of one file, of persons and garments of a split."""
  return pair_lists.of_list(path, _folder(source, split, parsing))


def _folder(source: str, split: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, split)
  parses = pair_lists.existing(root, ('image-parse-v3', 'image-parse'))
  poses = pair_lists.existing(root, ('openpose-json', 'openpose_json'))
  return pair_lists.Folder(
    images=os.path.join(root, 'image'),
    garments=os.path.join(root, 'cloth'),
    own=lambda person: person,
    example=functools.partial(_example, root, (parses, poses), parsing),
  )


def _example(
  root: str, folders: tuple[str, str], parsing: str, person: str, garment: str
) -> examples.Example:
  parses, poses = folders
  stem = pair_lists.bare(person)
  return examples.Example(
    f'{person} {garment}',
    examples.Person(
      pair_lists.like(os.path.join(root, 'image'), person),
      pair_lists.like(parses, f'{stem}.png'),
      pair_lists.like(poses, f'{stem}_keypoints.json'),
      parsing,
    ),
    examples.Garment(
      pair_lists.like(os.path.join(root, 'cloth'), garment),
      pair_lists.like(os.path.join(root, 'cloth-mask'), garment),
    ),
  )
