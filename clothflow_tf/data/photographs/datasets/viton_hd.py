# SPDX-License-Identifier: Apache-2.0
"""VITON-HD: try-on at 1024x768, person and garment of one name.

    SOURCE/{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}
    SOURCE/{train,test}_pairs.txt

or, as in its older samples, image-parse and openpose-json. Poses hold 18 or 25
joints. Parse maps are CIHP's, where 10 is the neck. Reference: Choi et al.,
"VITON-HD", CVPR 2021.
"""

import os

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.inputs import labels

_PARSES = ('image-parse-v3', 'image-parse')
_POSES = ('openpose-json', 'openpose_json')


def _folder(source: str, split: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, split)
  parses = pair_lists.existing(root, _PARSES)
  poses = pair_lists.existing(root, _POSES)

  def person_of(name: str) -> examples.Person:
    stem = pair_lists.bare(name)
    return examples.Person(
      pair_lists.like(os.path.join(root, 'image'), name),
      pair_lists.like(parses, f'{stem}.png'),
      pair_lists.like(poses, f'{stem}_keypoints.json'),
      parsing,
    )

  def example(person: str, garment: str) -> examples.Example:
    return examples.Example(
      f'{person} {garment}',
      person_of(person),
      examples.Garment(
        pair_lists.like(os.path.join(root, 'cloth'), garment),
        pair_lists.like(os.path.join(root, 'cloth-mask'), garment),
        alternatives=(labels.DRESS, labels.COAT),
        worn=person_of(garment),
      ),
    )

  return pair_lists.Folder(
    images=os.path.join(root, 'image'),
    garments=os.path.join(root, 'cloth'),
    own=lambda person: person,
    example=example,
  )


DATA_SET = folder_structure.DataSet(
  name='viton_hd',
  task='try_on',
  size=images.Size(256, 192),
  parsing='cihp',
  structure=(
    '{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}, '
    '{train,test}_pairs*.txt'
  ),
  listings=pair_lists.listings_of_splits(_folder),
  pairs=pair_lists.pairs_of_split(_folder),
)
