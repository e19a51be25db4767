# SPDX-License-Identifier: Apache-2.0
"""Names of pictures in lists and in folders, which need not be spelt alike."""

from collections.abc import Iterable
import os
import re
import unicodedata

_FORMS = ('NFC', 'NFD')
_SUFFIXES = ('.jpg', '.png', '.jpeg', '.JPG', '.PNG', '.JPEG')
_ENDS_LIKE_A_PICTURE = re.compile(r'.+\.(jpe?g|png)$', re.IGNORECASE)
_ENDING = re.compile(r'(?<=.)\.(jpe?g|png)$', re.IGNORECASE)


def is_picture(name: str) -> bool:
  """Says whether a name ends like a picture's."""
  return bool(_ENDS_LIKE_A_PICTURE.match(name))


def pictures(folder: str) -> list[str]:
  """Returns the names of a folder's pictures, sorted; [] without a folder."""
  if not os.path.isdir(folder):
    return []
  names = filter(is_picture, os.listdir(folder))
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
