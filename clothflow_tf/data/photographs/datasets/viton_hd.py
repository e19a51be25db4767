# SPDX-License-Identifier: Apache-2.0
"""VITON-HD: try-on at 1024x768, person and garment of one name.

    SOURCE/{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}
    SOURCE/{train,test}_pairs.txt

or, as in its older samples, image-parse and openpose-json. Poses hold 18 or 25
joints. Parse maps are CIHP's, where 10 is the neck. Reference: Choi et al.,
"VITON-HD", CVPR 2021.
"""

from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.inputs import raw

_FOLDERS = viton.SplitFolders(
  parses=('image-parse-v3', 'image-parse'),
  poses=('openpose-json', 'openpose_json'),
  masks=('cloth-mask',),
  own=lambda person: person,
  wearer=lambda garment: garment,
)
DATA_SET = folder_structure.DataSet(
  name='viton_hd',
  task='try_on',
  size=raw.Size(256, 192),
  parsing='cihp',
  structure=(
    '{train,test}/{image,cloth,cloth-mask,image-parse-v3,openpose_json}, '
    '{train,test}_pairs*.txt'
  ),
  listings=_FOLDERS.listings,
  pairs=_FOLDERS.pairs,
)
