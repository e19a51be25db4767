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

from collections.abc import Callable
import dataclasses
import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import file_names
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw


def own_garment(person: str) -> str:
  """Returns the name ID_1.jpg of the garment that ID_0.jpg wears.

  A name without an ending, ID_0, gives ID_1.
  """
  return re.sub(r'_0(\.\w+)?$', r'_1\1', person)


def wearer(garment: str) -> str:
  """Returns the name ID_0.jpg of the person who wears ID_1.jpg."""
  return re.sub(r'_1(\.\w+)?$', r'_0\1', garment)


@dataclasses.dataclass(frozen=True)
class SplitFolders:
  """SOURCE/SPLIT/{image,cloth,...} with lists SOURCE/SPLIT_pairs*.txt.

  Attributes:
    parses: names of the folder of parse maps; the first that exists counts.
    poses: of poses, NAME_keypoints.json.
    masks: of garments' masks.
    own: the garment that a person wears, by name.
    wearer: the person who wears a garment, by name.
  """

  parses: tuple[str, ...]
  poses: tuple[str, ...]
  masks: tuple[str, ...]
  own: Callable[[str], str]
  wearer: Callable[[str], str]

  def listings(self, source: str, parsing: str) -> dict[str, examples.Listing]:
    """Returns split to examples; implements `DataSet.listings`."""
    folders = {
      split: self._folder(source, split, parsing)
      for split in pair_lists.SPLITS
      if os.path.isdir(os.path.join(source, split))
    }
    paths = {split: pair_lists.lists(source, split) for split in folders}
    return pair_lists.listings(folders, paths)

  def pairs(
    self, source: str, path: str, split: str, parsing: str
  ) -> examples.Listing:
    """Returns the pairs of one list; implements `DataSet.pairs`."""
    return pair_lists.of_list(path, self._folder(source, split, parsing))

  def _folder(self, source: str, split: str, parsing: str) -> pair_lists.Folder:
    root = os.path.join(source, split)
    image, cloth = os.path.join(root, 'image'), os.path.join(root, 'cloth')
    parses, poses, masks = (
      file_names.existing(root, names)
      for names in (self.parses, self.poses, self.masks)
    )

    def person(name: str) -> examples.Person:
      pose = file_names.like(poses, f'{file_names.bare(name)}_keypoints.json')
      parse = file_names.like(parses, f'{file_names.bare(name)}.png')
      return examples.Person(file_names.like(image, name), parse, pose, parsing)

    def example(name: str, garment: str) -> examples.Example:
      product = examples.Garment(
        file_names.like(cloth, garment),
        file_names.like(masks, garment),
        alternatives=(labels.DRESS, labels.COAT),
        worn=person(self.wearer(garment)),
      )
      return examples.Example(f'{name} {garment}', person(name), product)

    return pair_lists.Folder(image, cloth, self.own, example)


_FOLDERS = SplitFolders(
  parses=('image-parse-new', 'image_parse_new', 'image_parse', 'image-parse'),
  poses=('pose',),
  masks=('cloth_mask', 'cloth-mask'),
  own=own_garment,
  wearer=wearer,
)
DATA_SET = folder_structure.DataSet(
  name='viton',
  task='try_on',
  size=raw.Size(256, 192),
  parsing='lip',
  structure=(
    '{train,test}/{image,cloth,cloth-mask,image-parse,pose}, '
    '{train,test}_pairs*.txt'
  ),
  listings=_FOLDERS.listings,
  pairs=_FOLDERS.pairs,
)
