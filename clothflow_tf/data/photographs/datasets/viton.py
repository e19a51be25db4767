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

import re

from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists


def own_garment(person: str) -> str:
  """Returns the name ID_1.jpg of the garment that ID_0.jpg wears.

  A name without an ending, ID_0, gives ID_1.
  """
  return re.sub(r'_0(\.\w+)?$', r'_1\1', person)


def wearer(garment: str) -> str:
  """Returns the name ID_0.jpg of the person who wears ID_1.jpg."""
  return re.sub(r'_1(\.\w+)?$', r'_0\1', garment)


_FOLDERS = pair_lists.SplitFolders(
  parses=('image-parse-new', 'image_parse_new', 'image_parse', 'image-parse'),
  poses=('pose',),
  masks=('cloth_mask', 'cloth-mask'),
  own=own_garment,
  wearer=wearer,
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
  listings=_FOLDERS.listings,
  pairs=_FOLDERS.pairs,
)
