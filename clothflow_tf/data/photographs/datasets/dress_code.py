# SPDX-License-Identifier: Apache-2.0
"""Dress Code: try-on of upper, lower and whole-body garments, at 1024x768.

    SOURCE/{upper_body,lower_body,dresses}/{images,keypoints,label_maps}
    SOURCE/CATEGORY/train_pairs.txt, test_pairs_{paired,unpaired}.txt

ID_0.jpg is the person, ID_1.jpg the garment, ID_2.json its 18 joints in units
of a 384x512 picture, ID_4.png its parse map with ATR's labels. A lower garment
counts as skirt or pants by what its own person's parse map has more of. The
data set has no garment masks: CATEGORY/cloth_masks/ID_1.png is taken if it is
there, else the garment is cut from its light backdrop (`cutout`). Reference:
Morelli et al., "Dress Code", ECCV 2022.
"""

import functools
import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.data.photographs.datasets import viton
from clothflow_tf.inputs import labels

TASK = 'try_on'
SIZE = (256, 192)
PARSING = 'atr'
LAYOUT = (
  '{upper_body,lower_body,dresses}/{images,keypoints,label_maps}, '
  'CATEGORY/{train,test}_pairs*.txt'
)
_UNITS = (512, 384)  # Rows and columns of the frame of keypoints.
_MASKS = ('cloth_masks', 'cloth-masks', 'cloth_mask', 'cloth-mask', 'masks')
# Category -> label of its garments, and what else they may be.
CATEGORIES = {
  'upper_body': (labels.UPPER_CLOTHES, 0),
  'lower_body': (labels.PANTS, labels.SKIRT),
  'dresses': (labels.DRESS, 0),
}


def listings(
  source: str, parsing: str = PARSING
) -> dict[str, examples.Listing]:
  """Returns the examples of each split of a folder, all categories."""
  found = {}
  for category in CATEGORIES:
    root = os.path.join(source, category)
    lists = {
      split: pair_lists.lists(root, split) for split in pair_lists.SPLITS
    }
    lists = {split: paths for split, paths in lists.items() if paths}
    folder = _folder(source, category, parsing)
    folders = dict.fromkeys(lists, folder)
    for split, listing in pair_lists.listings(folders, lists).items():
      whole = found.setdefault(split, examples.Listing())
      whole.examples += listing.examples
      whole.flaws += listing.flaws
      # One folder holds all splits, so that no list names all its pictures.
      unnamed = pair_lists.UNNAMED
      whole.remarks += [x for x in listing.remarks if x.kind != unnamed]
  return found


def pairs(
  source: str, path: str, split: str = 'test', parsing: str = PARSING
) -> examples.Listing:
  """Returns the pairs of one file, which lies in its category's folder.

  Raises:
    ValueError: the file is in no category's folder.
  """
  del split  # One folder holds all of them.
  category = os.path.basename(os.path.dirname(os.path.abspath(path)))
  if category not in CATEGORIES:
    raise ValueError(
      f'{path}: expected a list in one of the folders {[*CATEGORIES]}, which '
      'tells what kind of garment it is'
    )
  return pair_lists.of_list(path, _folder(source, category, parsing))


def _folder(source: str, category: str, parsing: str) -> pair_lists.Folder:
  root = os.path.join(source, category)
  images = os.path.join(root, 'images')
  example = functools.partial(_example, root, parsing)
  return pair_lists.Folder(images, images, viton.own_garment, example)


def _example(
  root: str, parsing: str, person: str, garment: str
) -> examples.Example:
  category = os.path.basename(root)
  label, other_label = CATEGORIES[category]
  masks = pair_lists.existing(root, _MASKS)
  mask = ''
  if os.path.isdir(masks):
    mask = pair_lists.like(masks, garment)
  wearer = re.sub(r'_1(\.\w+)?$', r'_0\1', garment)
  return examples.Example(
    f'{category}/{person} {category}/{garment}',
    _person(root, person, parsing),
    examples.Garment(
      pair_lists.like(os.path.join(root, 'images'), garment),
      mask,
      label,
      other_label,
      _person(root, wearer, parsing),
    ),
  )


def _person(root: str, name: str, parsing: str) -> examples.Person:
  stem = re.sub(r'_0$', '', pair_lists.bare(name))
  return examples.Person(
    pair_lists.like(os.path.join(root, 'images'), name),
    pair_lists.like(os.path.join(root, 'label_maps'), f'{stem}_4.png'),
    pair_lists.like(os.path.join(root, 'keypoints'), f'{stem}_2.json'),
    parsing,
    units=_UNITS,
  )
