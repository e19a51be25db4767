# SPDX-License-Identifier: Apache-2.0
"""Tells whether a folder of photographs is as it was when it was converted."""

from collections.abc import Iterator
import functools
import hashlib
import os

from clothflow_tf.data.photographs import examples


def digest(found: dict[str, examples.Listing]) -> str:
  """Returns a digest of what is listed: names, sizes, times of change.

  Files that no list names do not count.

  Args:
    found: split to examples.
  """
  state, stat = hashlib.sha256(), functools.cache(_stat)
  for split, listing in found.items():
    state.update(repr((split, listing.flaws)).encode())
    for example in listing.examples:
      paths = [*_paths(example.target), *_paths(example.source)]
      state.update(repr((example, [*map(stat, paths)])).encode())
  return state.hexdigest()


def _paths(part: examples.Person | examples.Garment | None) -> Iterator[str]:
  if isinstance(part, examples.Garment):
    yield from (part.image, part.mask)
    yield from _paths(part.worn)
  elif part:
    yield from (part.image, part.parse, part.pose)


def _stat(path: str) -> tuple[int, int] | None:
  try:
    found = os.stat(path)
  except OSError:
    return None  # Missing; it may be put there.
  return found.st_size, found.st_mtime_ns
