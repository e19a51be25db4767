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
import unicodedata

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import raw_files

SPLITS = ('train', 'validation', 'test')
_EXPECTED = 'PERSON GARMENT'
_COMMENT = re.compile(r'\s*#(?!.*\.(jpe?g|png)\s*$)', re.IGNORECASE)
_FORMS = ('NFC', 'NFD')
_SUFFIXES = ('.jpg', '.png', '.jpeg', '.JPG', '.PNG', '.JPEG')
_ENDS_LIKE_A_PICTURE = re.compile(r'.+\.(jpe?g|png)$', re.IGNORECASE)
_ENDING = re.compile(r'(?<=.)\.(jpe?g|png)$', re.IGNORECASE)
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
    raw_files.InputError: there is no such file, or no text in it.
  """
  text = raw_files.text_of(path, f'{_EXPECTED} lines')
  lines = [*enumerate(text.text.split('\n'), start=1)]
  comments = [number for number, line in lines if _COMMENT.match(line)]
  if comments:
    text.remarks.append(
      f'has {len(comments)} comments, such as line {comments[0]}'
    )
  listing.note(path, text)
  pairs = {}
  for number, line in lines:
    if line.strip() and number not in comments:
      pair, problem = _pair(line)
      if pair in pairs:
        problem = f'repeats line {pairs[pair]}'
      if problem:
        reason = f'line {number} is {line.strip()!r}, {problem}'
        listing.problems.append(examples.Problem(path, 'pair', reason))
      else:
        pairs[pair] = number
  if not pairs and not listing.problems:
    raise raw_files.InputError(
      path, f'has no pairs; expected {_EXPECTED} lines'
    )
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
    likely = [x for x in ways if all(map(_ENDS_LIKE_A_PICTURE.match, x))]
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
    pictures_there = _or_note(pictures, folder.images, paired)
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
      paired.remarks.append(examples.Problem(folder.images, 'pair', reason))
    by_split[split] = paired
    by_split[f'{split}_unpaired'] = _sort(split, folder, pairs, paired)
    _remark_unnamed(folder, {*map(bare, pictures_there)}, pairs, paired)
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
  except raw_files.InputError as error:
    reason = error.problem
  except OSError as error:
    reason = f'cannot be looked into ({error.strerror})'
  listing.problems.append(examples.Problem(path, 'list', reason))
  return []


FolderOf = Callable[[str, str, str], Folder]  # Of source, split and parsing.


def listings_of_splits(
  folder_of: FolderOf,
) -> Callable[[str, str], dict[str, examples.Listing]]:
  """Returns `DataSet.listings` of SOURCE/SPLIT, SOURCE/SPLIT_pairs*.txt."""

  def by_split(source: str, parsing: str) -> dict[str, examples.Listing]:
    folders = {
      split: folder_of(source, split, parsing)
      for split in SPLITS
      if os.path.isdir(os.path.join(source, split))
    }
    return listings(folders, {split: lists(source, split) for split in folders})

  return by_split


def pairs_of_split(
  folder_of: FolderOf,
) -> Callable[[str, str, str, str], examples.Listing]:
  """Returns `DataSet.pairs` of SOURCE/SPLIT."""
  return lambda source, path, split, parsing: of_list(
    path, folder_of(source, split, parsing)
  )


def of_list(path: str, folder: Folder) -> examples.Listing:
  """Returns the pairs of one list, whatever outfits they are of.

  Raises:
    raw_files.InputError: there is no such file, or no pair in it.
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
    bare(person): garment
    for (person, garment), path in pairs.items()
    if _is_of_one_outfit(path)
  }
  worn = {}  # Pairs of one outfit, in the order of their persons.
  for (person, garment), path in pairs.items():
    own = stated.get(bare(person)) or folder.own(person)
    own_is_there = os.path.exists(like(folder.garments, own))
    is_own = bare(garment) == bare(own) or _is_of_one_outfit(path)
    if is_own or (split == 'train' and not own_is_there):
      worn[bare(person), bare(garment)] = (person, garment)
    elif split == 'train':
      reason = f'pairs {person} with {garment}; expected its own, {own}'
      paired.problems.append(examples.Problem(path, 'pair', reason))
    else:
      unpaired.examples.append(folder.example(person, garment))
      if own_is_there:
        worn.setdefault((bare(person), bare(own)), (person, own))
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
  unnamed = there - {bare(person) for person, _ in pairs}
  if unnamed and len(unnamed) < len(there):
    reason = f'{len(unnamed)} of {len(there)} pictures are in no pair'
    listing.remarks.append(examples.Problem(folder.images, UNNAMED, reason))


def lists(source: str, split: str) -> list[str]:
  """Returns the files of a folder that list pairs of a split."""
  pattern = os.path.join(glob.escape(source), f'{split}_pairs*.txt')
  return sorted(glob.glob(pattern))


def pictures(folder: str) -> list[str]:
  """Returns the names of a folder's pictures, sorted; [] without a folder."""
  if not os.path.isdir(folder):
    return []
  names = filter(_ENDS_LIKE_A_PICTURE.match, os.listdir(folder))
  # Hidden are what macOS leaves in archives: ._NAME.jpg, which is no picture.
  return sorted(name for name in names if not name.startswith('.'))


def existing(folder: str, names: Iterable[str]) -> str:
  """Returns the first of some folders in a folder that exists, or the last."""
  paths = [os.path.join(folder, name) for name in names]
  return next(filter(os.path.isdir, paths), paths[-1])


def like(folder: str, name: str) -> str:
  """Returns the picture of a folder that has a name, or its stem.

  Lists may leave endings out, or spell them otherwise than the files, and may
  compose letters and accents otherwise (NFC, NFD: macOS takes names apart).
  Without any such file, the name itself, for whoever reports it.
  """
  spelt = (name, *(unicodedata.normalize(form, name) for form in _FORMS))
  names = [*dict.fromkeys(spelt)]
  names += [_ENDING.sub('', x) + suffix for x in names for suffix in _SUFFIXES]
  paths = [os.path.join(folder, x) for x in names]
  return next(filter(os.path.lexists, paths), paths[0])


def bare(name: str) -> str:
  """Returns a name, composed (NFC), without the ending of a picture."""
  return unicodedata.normalize('NFC', _ENDING.sub('', name))
