# SPDX-License-Identifier: Apache-2.0
"""The layout of ACGPN and PF-AFN: try-on at 256x192, matched by order.

    SOURCE/{train,test}_{img,label,color,edge,pose}

The n-th files of the sorted folders belong together; `color` (`clothes` in
PF-AFN) holds garments, `edge` their filled masks, `label` parse maps of ACGPN's
own numbering. Folders whose names share identities (ID_0.jpg, ID_1.jpg,
ID_0_keypoints.json) or stems are matched by them, which is the same as long as
no file is missing, and does not shift all that follow where one is. What is
left is matched by order alone: only if the numbers of files are equal, and with
a remark, since nothing else tells whether it fits.
SOURCE/{train,test}_pairs.txt pairs other garments. Reference: Yang et al.,
"Towards Photo-Realistic Virtual Try-On", CVPR 2020.
"""

import os
import re

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs.datasets import file_names
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.inputs import raw

_ROLES = {
  'img': ('img',),
  'label': ('label',),
  'color': ('color', 'clothes', 'cloth'),
  'edge': ('edge',),
  'pose': ('pose',),
}
# What files that belong together have in common: an identity, else the stem;
# or nothing. The first is taken in which no two files of a folder are the same.
_WAYS = [
  re.compile(pattern)
  for pattern in (
    r'(.+?)(?:_[01])?(?:_keypoints)?\.\w+',
    r'(.+?)(?:_keypoints)?\.\w+',
    r'(.+)',
  )
]


def _listings(source: str, parsing: str) -> dict[str, examples.Listing]:
  """Returns the examples of each split of a folder."""
  by_split = {}
  for split in pair_lists.SPLITS:
    if not os.path.isdir(os.path.join(source, f'{split}_img')):
      continue
    listing = examples.Listing()
    sets = _matched(source, split, listing)
    for files_of in sets:
      listing.examples.append(_example(parsing, files_of, files_of))
    by_split[split] = listing
    if lists := pair_lists.lists(source, split):
      folder = _folder(source, split, sets, parsing)
      listed = pair_lists.listings({split: folder}, {split: lists})
      paired = listed.get(split, examples.Listing())
      listing.problems += paired.problems
      # A list may state other pairs of one outfit than names or order do.
      known = set(listing.examples)
      listing.examples += [x for x in paired.examples if x not in known]
      name = f'{split}_unpaired'
      by_split |= {name: listed[name]} if name in listed else {}
  return by_split


def _pairs(
  source: str, path: str, split: str, parsing: str
) -> examples.Listing:
  """Returns the pairs of one file, of persons and garments of a split."""
  unmatched = examples.Listing()
  sets = _matched(source, split, unmatched)
  listing = pair_lists.of_list(path, _folder(source, split, sets, parsing))
  listing.add(unmatched)
  return listing


def _matched(
  source: str, split: str, listing: examples.Listing
) -> list[dict[str, str]]:
  """Returns role to file of each set that belongs together, in order."""
  folders = {
    role: file_names.existing(source, [f'{split}_{n}' for n in reversed(names)])
    for role, names in _ROLES.items()
  }
  try:
    names = {role: _names(role, folder) for role, folder in folders.items()}
  except OSError as error:
    reason = f'cannot be looked into ({error.strerror})'
    listing.refuse(error.filename, 'list', reason)
    return []
  by_key = next(filter(None, (_keyed(names, way) for way in _WAYS)))
  roles = _alike(by_key)
  groups = [_rows(group, folders, by_key) for group in roles]
  if len({*map(len, groups)}) > 1:
    counts = {folders[role]: len(listed) for role, listed in names.items()}
    reason = f'files are matched by order, but their numbers differ: {counts}'
    listing.refuse(folders['img'], 'list', reason)
    return []
  for group in roles[1:]:
    inside = ' and '.join(os.path.basename(folders[role]) for role in group)
    reason = f'{inside} are matched to it by order alone; look at --preview'
    listing.remark(folders['img'], 'order', reason)
  return [
    {role: path for part in parts for role, path in part.items()}
    for parts in zip(*groups, strict=True)
  ]


def _names(role: str, folder: str) -> list[str]:
  """Returns the files of a role, without what systems leave beside them."""
  if role != 'pose':
    return file_names.pictures(folder)
  names = os.listdir(folder) if os.path.isdir(folder) else []
  return sorted(
    x for x in names if re.match(r'[^.].*\.json$', x, re.IGNORECASE)
  )


def _keyed(
  names: dict[str, list[str]], way: re.Pattern
) -> dict[str, dict[str, str]]:
  """Returns role to files by what a way makes of names; {} if two share it."""
  keys = {
    role: {way.fullmatch(name)[1]: name for name in listed}
    for role, listed in names.items()
  }
  distinct = all(len(keys[role]) == len(names[role]) for role in names)
  return keys if distinct else {}


def _alike(by_key: dict[str, dict[str, str]]) -> list[list[str]]:
  """Returns groups of roles that share at least half of their keys.

  Persons' is the first.
  """
  groups = []
  for role, keys in by_key.items():
    joined = [role]
    for group in [*groups]:
      others = [by_key[other].keys() for other in group]
      shared = [2 * len(keys & x) >= min(len(keys), len(x)) > 0 for x in others]
      if any(shared):
        groups.remove(group)
        joined = sorted(group + joined, key=[*_ROLES].index)
    groups.append(joined)
  return sorted(groups, key=lambda group: [*_ROLES].index(group[0]))


def _rows(
  roles: list[str],
  folders: dict[str, str],
  by_key: dict[str, dict[str, str]],
) -> list[dict[str, str]]:
  """Returns role to file of roles that share keys, in the order of names.

  A file that is missing has the name that it would have, for whoever reports
  it.
  """
  first = {}
  for role in reversed(roles):
    first |= by_key[role]
  ends = {
    role: next((name[len(k) :] for k, name in by_key[role].items()), '')
    for role in roles
  }
  return [
    {
      role: os.path.join(folders[role], by_key[role].get(key, key + ends[role]))
      for role in roles
    }
    for key in sorted(first, key=first.get)
  ]


def _folder(
  source: str, split: str, sets: list[dict[str, str]], parsing: str
) -> pair_lists.Folder:
  by_name = {
    file_names.bare(os.path.basename(files_of[role])): files_of
    for files_of in sets
    for role in ('color', 'img')
  }
  images = os.path.join(source, f'{split}_img')
  garments = next((os.path.dirname(s['color']) for s in sets), images)

  def files_of(name: str, role: str) -> dict[str, str]:
    # A name that no set has: its files are missing, and reported as such.
    folder = garments if role == 'color' else images
    missing = dict.fromkeys(_ROLES, os.path.join(folder, name))
    return by_name.get(file_names.bare(name), missing)

  return pair_lists.Folder(
    images,
    garments,
    lambda name: os.path.basename(files_of(name, 'img')['color']),
    lambda person, garment: _example(
      parsing, files_of(person, 'img'), files_of(garment, 'color')
    ),
  )


def _example(
  parsing: str, person: dict[str, str], garment: dict[str, str]
) -> examples.Example:
  return examples.Example(
    ' '.join(map(os.path.basename, (person['img'], garment['color']))),
    examples.Person(person['img'], person['label'], person['pose'], parsing),
    examples.Garment(garment['color'], garment['edge']),
  )


DATA_SET = folder_structure.DataSet(
  name='acgpn',
  task='try_on',
  size=raw.Size(256, 192),
  parsing='acgpn',
  structure='{train,test}_{img,label,color,edge,pose}',
  listings=_listings,
  pairs=_pairs,
)
