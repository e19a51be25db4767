# SPDX-License-Identifier: Apache-2.0
"""Dress Code: try-on of upper, lower and whole-body garments, at 1024x768.

    SOURCE/{upper_body,lower_body,dresses}/{images,keypoints,label_maps}
    SOURCE/CATEGORY/train_pairs.txt, test_pairs_{paired,unpaired}.txt

ID_0.jpg is the person, ID_1.jpg the garment, ID_2.json its 18 joints in units
of a 384x512 picture, ID_4.png its parse map with ATR's labels. A lower garment
counts as skirt or pants by what its own person's parse map has more of. The
data set has no garment masks: CATEGORY/cloth_masks/ID_1.png is taken if it is
there, else the garment is cut from its light backdrop (`masks`). Reference:
Morelli et al., "Dress Code", ECCV 2022.
"""

import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import file_names
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

_MASKS = ('cloth_masks', 'cloth-masks', 'cloth_mask', 'cloth-mask', 'masks')
# Category -> label of its garments, and what else they may be.
_CATEGORIES = {
  'upper_body': (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT),
  'lower_body': (labels.PANTS, labels.SKIRT),
  'dresses': (labels.DRESS,),
}


def _listings(source: str, parsing: str) -> dict[str, examples.Listing]:
  """Returns the examples of each split of a folder, all categories."""
  by_split = {}
  for category in _CATEGORIES:
    root = os.path.join(source, category)
    lists = {
      split: pair_lists.lists(root, split) for split in pair_lists.SPLITS
    }
    lists = {split: paths for split, paths in lists.items() if paths}
    folder = _folder(source, category, parsing)
    folders = dict.fromkeys(lists, folder)
    for split, listing in pair_lists.listings(folders, lists).items():
      whole = by_split.setdefault(split, examples.Listing())
      # One folder holds all splits, so that no list names all its pictures.
      unnamed = pair_lists.UNNAMED
      listing.remarks = [x for x in listing.remarks if x.kind != unnamed]
      whole.merge(listing)
  return by_split


def _pairs(
  source: str, path: str, split: str, parsing: str
) -> examples.Listing:
  """Returns the pairs of one file, which lies in its category's folder.

  Raises:
    ValueError: the file is in no category's folder.
  """
  del split  # One folder holds all of them.
  category = os.path.basename(os.path.dirname(os.path.abspath(path)))
  if category not in _CATEGORIES:
    raise ValueError(
      f'{path}: expected a list in one of the folders {[*_CATEGORIES]}, which '
      'tells what kind of garment it is'
    )
  return pair_lists.of_list(path, _folder(source, category, parsing))


def _folder(source: str, category: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, category)
  pictures = os.path.join(root, 'images')
  masks = file_names.existing(root, _MASKS)
  has_masks = os.path.isdir(masks)
  label, *alternatives = _CATEGORIES[category]

  def person(name: str) -> examples.Person:
    stem = re.sub(r'_0$', '', file_names.bare(name))
    return examples.Person(
      file_names.like(pictures, name),
      file_names.like(os.path.join(root, 'label_maps'), f'{stem}_4.png'),
      file_names.like(os.path.join(root, 'keypoints'), f'{stem}_2.json'),
      parsing,
    )

  def example(name: str, garment: str) -> examples.Example:
    return examples.Example(
      f'{category}/{name} {category}/{garment}',
      person(name),
      examples.Garment(
        file_names.like(pictures, garment),
        file_names.like(masks, garment) if has_masks else '',
        label,
        tuple(alternatives),
        person(viton.wearer(garment)),
      ),
    )

  return pair_lists.Folder(pictures, pictures, viton.own_garment, example)


DATA_SET = folder_structure.DataSet(
  name='dress_code',
  task='try_on',
  size=raw.Size(256, 192),
  parsing='atr',
  structure=(
    '{upper_body,lower_body,dresses}/{images,keypoints,label_maps}, '
    'CATEGORY/{train,test}_pairs*.txt'
  ),
  listings=_listings,
  pairs=_pairs,
)
