# SPDX-License-Identifier: Apache-2.0
"""The layout of VITON as CP-VTON has it (viton_resize, VITON_PLUS): 256x192.

    SOURCE/{train,test}/{image,cloth,cloth-mask,image-parse,pose}
    SOURCE/{train,test}_pairs.txt, test_pairs_same.txt

ID_0.jpg is the person, ID_1.jpg the garment. Parse maps are LIP's; the neck is
background in image-parse, 20 in image-parse-new, which is taken if it is there.
Poses are COCO-18. Many users' own data has this layout; VITON's own pictures
were withdrawn by its authors and are not to be used. References: Han et al.,
"VITON", CVPR 2018; Wang et al., CP-VTON, ECCV 2018.
"""

import functools
import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import pair_lists

TASK = 'try_on'
SIZE = (256, 192)
PARSING = 'lip'
LAYOUT = (
  '{train,test}/{image,cloth,cloth-mask,image-parse,pose}, '
  '{train,test}_pairs*.txt'
)
_PARSES = ('image-parse-new', 'image_parse_new', 'image_parse', 'image-parse')


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


def own_garment(person: str) -> str:
  """Returns the name ID_1.jpg of the garment that ID_0.jpg wears.

  A name without an ending, ID_0, is answered in kind.
  """
  return re.sub(r'_0(\.\w+)?$', r'_1\1', person)


def _folder(source: str, split: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, split)
  return pair_lists.Folder(
    images=os.path.join(root, 'image'),
    garments=os.path.join(root, 'cloth'),
    own=own_garment,
    example=functools.partial(
      _example, root, pair_lists.existing(root, _PARSES), parsing
    ),
  )


def _example(
  root: str, parses: str, parsing: str, person: str, garment: str
) -> examples.Example:
  stem = pair_lists.bare(person)
  masks = pair_lists.existing(root, ('cloth_mask', 'cloth-mask'))
  return examples.Example(
    f'{person} {garment}',
    examples.Person(
      pair_lists.like(os.path.join(root, 'image'), person),
      pair_lists.like(parses, f'{stem}.png'),
      pair_lists.like(os.path.join(root, 'pose'), f'{stem}_keypoints.json'),
      parsing,
    ),
    examples.Garment(
      pair_lists.like(os.path.join(root, 'cloth'), garment),
      pair_lists.like(masks, garment),
    ),
  )
