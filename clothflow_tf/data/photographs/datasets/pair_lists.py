# SPDX-License-Identifier: Apache-2.0
"""Lists of pairs, and the folders that they name files of.

A line is `PERSON GARMENT`. Read all the same, with a remark: Windows line ends,
a byte-order mark, comments after a #, commas or tabs, names with spaces (the
pair is cut where both parts end like pictures). A line that is no pair or no
UTF-8 text, names a path out of its folder, or came before is set aside.

Which pairs are of one outfit the name of the list says, if it has "_paired" or
"_same" in it, else the names do: `own(person)` names the garment that a person
wears. A split `test` holds such pairs, its twin
`test_unpaired` the others, which have no true result. A train line with another
garment than a person's own, which is there, would teach a wrong result: it is
set aside.
"""

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import functools
import glob
import os
import re

from clothflow_tf import files
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import user_files
from clothflow_tf.data.photographs.datasets import file_names

SPLITS = ('train', 'validation', 'test')
_EXPECTED = 'PERSON GARMENT'
_COMMENT = re.compile(r'\s*#(?!.*\.(jpe?g|png)\s*$)', re.IGNORECASE)
_OF_ONE_OUTFIT = re.compile(r'_(paired|same)(?![^_.])')
# Kind of the remark that some pictures of a folder are in no pair.
UNNAMED = 'unnamed'


@dataclasses.dataclass(frozen=True)
class Folder:
  """How one folder of persons and garments pairs up.

  Attributes:
    images: where the persons are.
    garments: where the garments are.
    own: the garment that a person wears, by name.
    example: makes the example of a person and a garment, by name.
  """

  images: str
  garments: str
  own: Callable[[str], str]
  example: Callable[[str, str], examples.Example]


def read(path: str, listing: examples.Listing) -> list[tuple[str, str]]:
  """Returns the pairs of a file; its problems and remarks go to the listing.

  Raises:
    files.InputError: there is no such file, or no text in it.
  """
  lines = user_files.lines_of(path, f'{_EXPECTED} lines', listing)
  lines = [*enumerate(lines, start=1)]
  comments = [number for number, line in lines if _COMMENT.match(line)]
  if comments:
    reason = f'has {len(comments)} comments, such as line {comments[0]}'
    listing.remark(path, 'pair', reason)
  pairs = {}
  for number, line in lines:
    if line.strip() and number not in comments:
      pair, problem = _pair(line)
      if pair in pairs:
        problem = f'repeats line {pairs[pair]}'
      if problem:
        reason = f'line {number} is {line.strip()!r}, {problem}'
        listing.refuse(path, 'pair', reason)
      else:
        pairs[pair] = number
  if not pairs and not listing.problems:
    raise files.InputError(path, f'has no pairs; expected {_EXPECTED} lines')
  return list(pairs)


def _pair(line: str) -> tuple[tuple[str, ...], str]:
  """Returns a line's two names, and what is wrong with them, or ''."""
  names = tuple(line.split())
  if len(names) != 2:
    ways = [tuple(x.strip() for x in re.split(r'[\t,;]', line))]
    words = line.strip().split(' ')
    ways += [
      (' '.join(words[:i]), ' '.join(words[i:])) for i in range(1, len(words))
    ]
    ways = [way for way in ways if len(way) == 2 and all(way)]
    likely = [x for x in ways if all(map(file_names.is_picture, x))]
    if len(set(likely)) != 1:
      return names, f'{len(names)} names; expected {_EXPECTED}'
    names = likely[0]
  if any(os.path.isabs(name) or '..' in name.split('/') for name in names):
    return names, f'a path out of the folder; expected {_EXPECTED}'
  return names, ''


def listings(
  folders: dict[str, Folder], paths: dict[str, list[str]]
) -> dict[str, examples.Listing]:
  """Returns the examples of each split: SPLIT, and SPLIT_unpaired.

  Args:
    folders: split to folder.
    paths: split to the files that list its pairs; without any, each person is
      paired with the garment that has its name.
  """
  by_split = {}
  for split, folder in folders.items():
    paired = examples.Listing()
    pictures_there = _or_note(file_names.pictures, folder.images, paired)
    pairs = {}  # To the list that has them.
    for path in paths[split]:
      for pair in _or_note(
        functools.partial(read, listing=paired), path, paired
      ):
        if pair not in pairs or _is_of_one_outfit(path):
          pairs[pair] = path
    if not paths[split]:
      pairs = {(x, folder.own(x)): folder.images for x in pictures_there}
      reason = 'no list of pairs; each person is paired with its own garment'
      paired.remark(folder.images, 'pair', reason)
    by_split[split] = paired
    by_split[f'{split}_unpaired'] = _sort(split, folder, pairs, paired)
    _remark_unnamed(
      folder, {*map(file_names.bare, pictures_there)}, pairs, paired
    )
  return {
    split: listing
    for split, listing in by_split.items()
    if listing.examples or listing.problems
  }


def _or_note(
  read_names: Callable[[str], list], path: str, listing: examples.Listing
) -> list:
  """Returns what a file or folder lists; [] and a problem if it is lost."""
  try:
    return read_names(path)
  except files.InputError as error:
    reason = error.problem
  except OSError as error:
    reason = f'cannot be looked into ({error.strerror})'
  listing.refuse(path, 'list', reason)
  return []


def of_list(path: str, folder: Folder) -> examples.Listing:
  """Returns the pairs of one list, whatever outfits they are of.

  Raises:
    files.InputError: there is no such file, or no pair in it.
  """
  listing = examples.Listing()
  for person, garment in read(path, listing):
    listing.examples.append(folder.example(person, garment))
  return listing


def _sort(
  split: str,
  folder: Folder,
  pairs: dict[tuple[str, str], str],
  paired: examples.Listing,
) -> examples.Listing:
  """Adds pairs of one outfit to `paired`; returns the listing of the others."""
  unpaired = examples.Listing()
  stated = {
    file_names.bare(person): garment
    for (person, garment), path in pairs.items()
    if _is_of_one_outfit(path)
  }
  worn = {}  # Pairs of one outfit, in the order of their persons.
  for (person, garment), path in pairs.items():
    own = stated.get(file_names.bare(person)) or folder.own(person)
    own_is_there = os.path.exists(file_names.like(folder.garments, own))
    is_own = file_names.bare(garment) == file_names.bare(
      own
    ) or _is_of_one_outfit(path)
    if is_own or (split == 'train' and not own_is_there):
      worn[file_names.bare(person), file_names.bare(garment)] = (
        person,
        garment,
      )
    elif split == 'train':
      reason = f'pairs {person} with {garment}; expected its own, {own}'
      paired.refuse(path, 'pair', reason)
    else:
      unpaired.examples.append(folder.example(person, garment))
      if own_is_there:
        worn.setdefault(
          (file_names.bare(person), file_names.bare(own)), (person, own)
        )
  paired.examples += [folder.example(*pair) for pair in worn.values()]
  return unpaired


def _is_of_one_outfit(path: str) -> bool:
  """Returns whether a list states that its pairs are of one outfit."""
  return bool(_OF_ONE_OUTFIT.search(os.path.basename(path)))


def _remark_unnamed(
  folder: Folder,
  there: set[str],
  pairs: Iterable[tuple[str, str]],
  listing: examples.Listing,
) -> None:
  unnamed = there - {file_names.bare(person) for person, _ in pairs}
  if unnamed and len(unnamed) < len(there):
    reason = f'{len(unnamed)} of {len(there)} pictures are in no pair'
    listing.remark(folder.images, UNNAMED, reason)


def lists(source: str, split: str) -> list[str]:
  """Returns the files of a folder that list pairs of a split."""
  pattern = os.path.join(glob.escape(source), f'{split}_pairs*.txt')
  return sorted(glob.glob(pattern))
