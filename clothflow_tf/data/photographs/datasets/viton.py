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

import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.inputs import labels

_PARSES = ('image-parse-new', 'image_parse_new', 'image_parse', 'image-parse')
_MASKS = ('cloth_mask', 'cloth-mask')


def own_garment(person: str) -> str:
  """Returns the name ID_1.jpg of the garment that ID_0.jpg wears.

  A name without an ending, ID_0, gives ID_1.
  """
  return re.sub(r'_0(\.\w+)?$', r'_1\1', person)


def worn_by(garment: str) -> str:
  """Returns the name ID_0.jpg of the person who wears ID_1.jpg."""
  return re.sub(r'_1(\.\w+)?$', r'_0\1', garment)


def _folder(source: str, split: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, split)
  parses = pair_lists.existing(root, _PARSES)
  masks = pair_lists.existing(root, _MASKS)

  def person_of(name: str) -> examples.Person:
    stem = pair_lists.bare(name)
    return examples.Person(
      pair_lists.like(os.path.join(root, 'image'), name),
      pair_lists.like(parses, f'{stem}.png'),
      pair_lists.like(os.path.join(root, 'pose'), f'{stem}_keypoints.json'),
      parsing,
    )

  def example(person: str, garment: str) -> examples.Example:
    return examples.Example(
      f'{person} {garment}',
      person_of(person),
      examples.Garment(
        pair_lists.like(os.path.join(root, 'cloth'), garment),
        pair_lists.like(masks, garment),
        alternatives=(labels.DRESS, labels.COAT),
        worn=person_of(worn_by(garment)),
      ),
    )

  return pair_lists.Folder(
    images=os.path.join(root, 'image'),
    garments=os.path.join(root, 'cloth'),
    own=own_garment,
    example=example,
  )


DATA_SET = folder_structure.DataSet(
  name='viton',
  task='try_on',
  size=images.Size(256, 192),
  parsing='lip',
  structure=(
    '{train,test}/{image,cloth,cloth-mask,image-parse,pose}, '
    '{train,test}_pairs*.txt'
  ),
  listings=pair_lists.listings_of_splits(_folder),
  pairs=pair_lists.pairs_of_split(_folder),
)
