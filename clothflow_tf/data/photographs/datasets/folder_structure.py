# SPDX-License-Identifier: Apache-2.0
"""Tells whether a folder has the layout of a data set, or which it has.

A folder fits if, in some split, it has the folders that its examples name files
of. One in another layout often has half of them: VITON-HD has VITON's pictures
and garments but other poses. Without this, each of its pairs would be reported
as incomplete, and nobody told why.
"""

import collections
from collections.abc import Iterable
import os
import types

from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import raw_files

_SHOWN = 12  # Names that an error lists, and folders that are looked into.


def require(
  dataset: str,
  modules: dict[str, types.ModuleType],
  source: str,
  listings: Iterable[examples_lib.Listing],
) -> None:
  """Raises unless a folder, listed as a data set's, is one.

  Args:
    dataset: the data set that it was listed as.
    modules: data sets by name, as `sources.MODULES`.
    source: the folder.
    listings: what was listed of it, by splits.

  Raises:
    files.InputError: it has no examples, or they name files of folders that it
      does not have; tells what was looked for, what is there and what it is.
  """
  listings = list(listings)
  gone = [_missing(x.examples) for x in listings if x.examples]
  broken_lists = not gone and any(listing.flaws for listing in listings)
  if broken_lists or not all(gone or [True]):
    return
  wanted = sorted({os.path.relpath(x, source) for y in gone for x in y})
  lacks = f'no folder {" or ".join(wanted)}' if wanted else 'no pairs'
  expected = f'the layout of --dataset={dataset}, {modules[dataset].LAYOUT}'
  came = f'has {lacks}, only {_content(source)}'
  raise raw_files.InputError(
    source, f'{came}; expected {expected}{_guess(modules, source)}'
  )


def _missing(examples: Iterable[examples_lib.Example]) -> list[str]:
  """Returns folders of which each example names a file, and none is there."""
  named = collections.defaultdict(set)
  for example in examples:
    for part in (example.target, example.source):
      for role, path in _files(part).items():
        named[role].add(os.path.dirname(path))
  return [
    min(folders)
    for folders in named.values()
    if not any(map(os.path.isdir, folders))
  ]


def _files(part: examples_lib.Person | examples_lib.Garment) -> dict[str, str]:
  if isinstance(part, examples_lib.Garment):
    mask = {'mask': part.mask} if part.mask else {}
    return {'garment': part.image, **mask}
  pose = {} if part.joints else {'pose': part.pose}
  return {'person': part.image, 'parse': part.parse, **pose}


def _guess(modules: dict[str, types.ModuleType], source: str) -> str:
  """Tells what layout a folder, one within it or the one above it fits."""
  inside = [os.path.join(source, name) for name in _names(source)]
  above = os.path.dirname(os.path.abspath(source))
  for place in (source, *inside[:_SHOWN], above):
    for name, module in modules.items():
      if os.path.isdir(place) and _fits(module, place):
        where = '' if place == source else f' --source={place}'
        return f'. It looks like --dataset={name}{where}'
  return ''


def _fits(module: types.ModuleType, place: str) -> bool:
  try:
    listings = module.listings(place, module.PARSING)
  except OSError:  # What cannot be looked into is no guess.
    return False
  return any(x.examples and not _missing(x.examples) for x in listings.values())


def _content(source: str) -> str:
  """Returns what is in a folder: files, and folders with those in them."""
  found = []
  for name in _names(source):
    path = os.path.join(source, name)
    below = _names(path) if os.path.isdir(path) else []
    below = [x for x in below if os.path.isdir(os.path.join(path, x))]
    found += [os.path.join(name, x) for x in below] or [name]
  more = f' and {len(found) - _SHOWN} more' if len(found) > _SHOWN else ''
  return ', '.join(found[:_SHOWN]) + more if found else 'an empty folder'


def _names(folder: str) -> list[str]:
  """Returns what is in a folder, but for what is hidden or closed."""
  try:
    names = os.listdir(folder)
  except OSError:
    return []
  return sorted(name for name in names if not name.startswith('.'))
