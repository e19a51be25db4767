# SPDX-License-Identifier: Apache-2.0
"""What a data set's folder looks like, and whether a folder is one.

A folder fits if, in some split, it has the folders that its examples name files
of. One of another data set often has half of them: VITON-HD has VITON's
pictures and garments but other poses. Without this check each of its pairs
would be reported as incomplete, and the user would not learn why.
"""

import collections
from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import os

from clothflow_tf import files
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.inputs import raw

_SHOWN = 12  # Names that an error lists, and folders that are searched.


@dataclasses.dataclass(frozen=True)
class DataSet:
  """A data set that is read from a folder.

  Attributes:
    name: as in --dataset.
    task: 'try_on' or 'pose_transfer'.
    size: of its records unless the user asks for another.
    parsing: label set of its parse maps, one of `label_sets.NAMES`.
    structure: the folders and lists that it has, in one line.
    listings: (folder, parsing) -> split to examples.
    pairs: (folder, list of pairs, split, parsing) -> its examples.
  """

  name: str
  task: str
  size: raw.Size
  parsing: str
  structure: str
  listings: Callable[[str, str], dict[str, examples_lib.Listing]]
  pairs: Callable[[str, str, str, str], examples_lib.Listing]


def require(
  data_set: DataSet,
  known: Iterable[DataSet],
  source: str,
  listings: Iterable[examples_lib.Listing],
) -> None:
  """Raises unless a folder, listed as a data set's, is one.

  Args:
    data_set: the data set that it was listed as.
    known: all data sets, of which an error names the one that fits.
    source: the folder.
    listings: its examples, by splits.

  Raises:
    files.InputError: it has no examples, or they name files of folders that
      it does not have; says what was looked for, what is there and what it is.
  """
  listings = list(listings)
  missing = [_missing(x.examples) for x in listings if x.examples]
  broken_lists = not missing and any(listing.problems for listing in listings)
  if broken_lists or not all(missing or [True]):
    return
  wanted = sorted({os.path.relpath(x, source) for y in missing for x in y})
  lacks = f'no folder {" or ".join(wanted)}' if wanted else 'no pairs'
  expected = f'the layout of --dataset={data_set.name}, {data_set.structure}'
  came = f'has {lacks}, only {_content(source)}'
  raise files.InputError(
    source, f'{came}; expected {expected}{_guess(known, source)}'
  )


def _missing(examples: Iterable[examples_lib.Example]) -> list[str]:
  """Returns folders of which each example names a file, and none is there."""
  named = collections.defaultdict(set)
  for example in examples:
    for part in example.parts:
      for role, path in _files(part).items():
        named[role].add(os.path.dirname(path))
  return [
    min(folders)
    for folders in named.values()
    if not any(map(os.path.isdir, folders))
  ]


def _files(part: examples_lib.Part) -> dict[str, str]:
  if isinstance(part, examples_lib.Garment):
    mask = {'mask': part.mask} if part.mask else {}
    return {'garment': part.image, **mask}
  pose = {} if part.joints else {'pose': part.pose}
  return {'person': part.image, 'parse': part.parse, **pose}


def _guess(known: Iterable[DataSet], source: str) -> str:
  """Returns which data set a folder, one within it or above it fits."""
  inside = [os.path.join(source, name) for name in _names(source)]
  above = os.path.dirname(os.path.abspath(source))
  for place in (source, *inside[:_SHOWN], above):
    for data_set in known:
      if os.path.isdir(place) and _fits(data_set, place):
        where = '' if place == source else f' --source={place}'
        return f'. It looks like --dataset={data_set.name}{where}'
  return ''


def _fits(data_set: DataSet, place: str) -> bool:
  try:
    listings = data_set.listings(place, data_set.parsing)
  except OSError:  # A closed folder is no guess.
    return False
  return any(x.examples and not _missing(x.examples) for x in listings.values())


def _content(source: str) -> str:
  """Returns what is in a folder: files, and folders with those in them."""
  content = []
  for name in _names(source):
    path = os.path.join(source, name)
    below = _names(path) if os.path.isdir(path) else []
    below = [x for x in below if os.path.isdir(os.path.join(path, x))]
    content += [os.path.join(name, x) for x in below] or [name]
  more = f' and {len(content) - _SHOWN} more' if len(content) > _SHOWN else ''
  return ', '.join(content[:_SHOWN]) + more if content else 'an empty folder'


def _names(folder: str) -> list[str]:
  """Returns what is in a folder, but for hidden and closed ones."""
  try:
    names = os.listdir(folder)
  except OSError:
    return []
  return sorted(name for name in names if not name.startswith('.'))
