# SPDX-License-Identifier: Apache-2.0
"""The layout of ACGPN and PF-AFN: try-on at 256x192, matched by order.

    SOURCE/{train,test}_{img,label,color,edge,pose}

The n-th files of the sorted folders belong together; `color` (`clothes` in
PF-AFN) holds garments, `edge` their filled masks, `label` parse maps of ACGPN's
own numbering. Where all names of a split start with an identity (ID_0.jpg,
ID_1.jpg, ID_0_keypoints.json) they are matched by it, which is the same as long
as no file is missing, and does not shift all that follow where one is.
SOURCE/{train,test}_pairs.txt pairs other garments. Reference: Yang et al.,
"Towards Photo-Realistic Virtual Try-On", CVPR 2020.
"""

import os
import re

from clothflow_tf.data import pair_files
from clothflow_tf.data import tuples

TASK = 'try_on'
SIZE = (256, 192)
PARSING = 'acgpn'
LAYOUT = '{train,test}_{img,label,color,edge,pose}'
_ROLES = {
  'img': ('img',),
  'label': ('label',),
  'color': ('color', 'clothes', 'cloth'),
  'edge': ('edge',),
  'pose': ('pose',),
}
_IDENTITY = re.compile(r'(.+?)(_[01])?(_keypoints)?\.\w+')


def listings(source: str, parsing: str = PARSING) -> dict[str, tuples.Listing]:
  """Returns the examples of each split of a folder."""
  found = {}
  for split in pair_files.SPLITS:
    if not os.path.isdir(os.path.join(source, f'{split}_img')):
      continue
    listing = tuples.Listing()
    sets = _matched(source, split, listing)
    for files_of in sets.values():
      listing.examples.append(_example(parsing, files_of, files_of))
    found[split] = listing
    if lists := pair_files.lists(source, split):
      folder = _folder(source, split, sets, parsing)
      listed = pair_files.listings({split: folder}, {split: lists})
      listing.flaws += listed.get(split, tuples.Listing()).flaws
      name = f'{split}_unpaired'
      found |= {name: listed[name]} if name in listed else {}
  return found


def pairs(
  source: str, path: str, split: str = 'test', parsing: str = PARSING
) -> tuples.Listing:
  """Returns the pairs of one file, of persons and garments of a split."""
  unmatched = tuples.Listing()
  sets = _matched(source, split, unmatched)
  listing = pair_files.of_list(path, _folder(source, split, sets, parsing))
  listing.flaws += unmatched.flaws
  return listing


def _matched(
  source: str, split: str, listing: tuples.Listing
) -> dict[str, dict[str, str]]:
  """Returns role to file of each set that belongs together, by its key."""
  folders = {
    role: pair_files.existing(source, [f'{split}_{n}' for n in reversed(names)])
    for role, names in _ROLES.items()
  }
  names = {
    role: [name for name in _names(folder) if not name.startswith('.')]
    for role, folder in folders.items()
  }
  by_identity = {role: _identities(listed) for role, listed in names.items()}
  if set.intersection(*map(set, by_identity.values())):
    return _by_identity(folders, by_identity)
  counts = {folders[role]: len(listed) for role, listed in names.items()}
  if len(set(counts.values())) > 1:
    reason = f'files are matched by order, but their numbers differ: {counts}'
    listing.flaws.append(tuples.Flaw(folders['img'], 'pair', reason))
    return {}
  rows = zip(*(names[role] for role in _ROLES), strict=True)
  return {
    row[0]: {
      role: os.path.join(folders[role], name)
      for role, name in zip(_ROLES, row, strict=True)
    }
    for row in rows
  }


def _names(folder: str) -> list[str]:
  return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _identities(names: list[str]) -> dict[str, str]:
  """Returns names by their identities; {} if one has none, or two share it."""
  matches = [_IDENTITY.fullmatch(name) for name in names]
  if not all(matches):
    return {}
  found = {match[1]: match[0] for match in matches}
  return found if len(found) == len(names) else {}


def _by_identity(
  folders: dict[str, str], names: dict[str, dict[str, str]]
) -> dict[str, dict[str, str]]:
  endings = {'img': '_0.jpg', 'label': '_0.png', 'pose': '_0_keypoints.json'}
  every = sorted(set.union(*map(set, names.values())))
  return {
    identity: {
      role: os.path.join(
        folders[role],
        names[role].get(identity, identity + endings.get(role, '_1.jpg')),
      )
      for role in _ROLES
    }
    for identity in every
  }


def _folder(
  source: str, split: str, sets: dict[str, dict[str, str]], parsing: str
) -> pair_files.Folder:
  by_name = {
    os.path.basename(files_of[role]): files_of
    for files_of in sets.values()
    for role in ('color', 'img')
  }
  images = os.path.join(source, f'{split}_img')
  garments = next((os.path.dirname(s['color']) for s in sets.values()), images)

  def files_of(name: str, role: str) -> dict[str, str]:
    # A name that no set has: its files are missing, and reported as such.
    folder = garments if role == 'color' else images
    missing = dict.fromkeys(_ROLES, os.path.join(folder, name))
    return by_name.get(name, missing)

  return pair_files.Folder(
    images,
    garments,
    lambda name: os.path.basename(files_of(name, 'img')['color']),
    lambda person, garment: _example(
      parsing, files_of(person, 'img'), files_of(garment, 'color')
    ),
  )


def _example(
  parsing: str, person: dict[str, str], garment: dict[str, str]
) -> tuples.Example:
  return tuples.Example(
    ' '.join(map(os.path.basename, (person['img'], garment['color']))),
    tuples.Person(person['img'], person['label'], person['pose'], parsing),
    tuples.Garment(garment['color'], garment['edge']),
  )
