# SPDX-License-Identifier: Apache-2.0
"""What programs write: whole, or not at all; and how input is refused.

Only the standard library is imported with this module, because it also runs on
the device and before a program has said `--help`.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import json
import os
import shutil
from typing import TYPE_CHECKING
from typing import Any
import uuid

if TYPE_CHECKING:
  import numpy as np

_PICTURES = {'.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG'}


class InputError(ValueError):
  """A user's file or array that cannot be used: one sentence.

  Attributes:
    name: the file or array.
    problem: what came and what was expected.
    kind: 'missing', 'unreadable', 'size', 'labels', 'mask', 'keypoints' or
      'garment'.
  """

  def __init__(self, name: str, problem: str, kind: str = 'unreadable'):
    super().__init__(f'{name}: {problem}')
    self.name, self.problem, self.kind = name, problem, kind


@contextlib.contextmanager
def replacing(path: str) -> Iterator[str]:
  """Yields a name to write a file or folder under; renames it at the end.

  Raises:
    OSError: it cannot be written; names it. What was there is kept.
  """
  # Not the process's number: two machines that share a run may both use it.
  partial = f'{path}.{uuid.uuid4().hex}.partial'
  try:
    yield partial
    os.replace(partial, path)
  except OSError as error:
    raise type(error)(f'{path}: cannot be written ({error})') from error
  finally:
    if os.path.isdir(partial):
      shutil.rmtree(partial)
    elif os.path.exists(partial):
      os.remove(partial)


def write_text(path: str, text: str) -> None:
  """Writes a text file, and makes its folder if missing."""
  with replacing(path) as partial:
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(partial, 'w', encoding='utf-8') as file:
      file.write(text)


def write_json(path: str, value: Any) -> None:
  """Writes a JSON file, and makes its folder if missing."""
  write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + '\n')


def write_image(path: str, image: 'np.ndarray') -> None:
  """Writes uint8 [h, w] or [h, w, 3] as PNG or JPEG.

  Raises:
    InputError: as `check_image`.
    OSError: it cannot be written; names it.
  """
  from PIL import Image

  check_image(path)
  kind = _PICTURES[os.path.splitext(path)[1].lower()]
  with replacing(path) as partial:
    Image.fromarray(image).save(partial, kind, quality=95, subsampling=0)


def check_text(path: str) -> None:
  """Raises `OSError` where `write_text` would, before any work.

  Folders on the way to the file that are missing will be made.
  """
  if os.path.isdir(path):
    raise IsADirectoryError(f'{path}: is a folder; expected the name of a file')
  above = os.path.dirname(os.path.abspath(path))
  while not os.path.lexists(above):
    above = os.path.dirname(above)
  if not os.path.isdir(above):
    raise NotADirectoryError(f'{path}: {above} is no folder')
  if not os.access(above, os.W_OK):
    raise PermissionError(f'{path}: cannot be written in {above}')


def check_image(path: str) -> None:
  """Raises `InputError` where `write_image` would, before any work."""
  if os.path.splitext(path)[1].lower() not in _PICTURES:
    came = f'unknown extension; expected one of {[*_PICTURES]}'
    raise InputError(path, came)
  if os.path.isdir(path):
    raise InputError(path, 'is a folder; expected the name of a picture')
  folder = os.path.dirname(path) or '.'
  if not os.path.isdir(folder):
    raise InputError(path, f'expected the folder {folder} to exist')


def check_outside(path: str, source: str, name: str) -> None:
  """Raises `ValueError` if an output would lie in a folder of photographs.

  Args:
    path: the output.
    source: the folder.
    name: the flag that the output is given by.
  """
  inner, outer = os.path.realpath(path), os.path.realpath(source)
  if os.path.commonpath([inner, outer]) == outer:
    raise ValueError(
      f'--{name}={path} lies in {source}, in which nothing is written; give a '
      'place outside it'
    )


def check_apart(path: str, sources: Mapping[str, str]) -> None:
  """Raises `InputError` if an output is one of the files that are read.

  Also by another name: a link, or another spelling of its path.

  Args:
    path: the output; it need not exist.
    sources: the flags that the files are given by, and the files.
  """
  for flag, source in sources.items():
    if not (os.path.exists(path) and os.path.exists(source)):
      continue
    if os.path.samefile(path, source):
      problem = f'is the file of --{flag}, too; expected another place'
      raise InputError(path, problem)


def check_same(
  place: str, before: Mapping[str, Any], wanted: Mapping[str, Any], flag: str
) -> None:
  """Raises `ValueError` unless settings are those that a folder was made with.

  Args:
    place: the folder, or the file in it that holds the settings.
    before: the settings there; others may be among them.
    wanted: those that are asked for; the first that differs is named.
    flag: what names another folder.
  """
  settings = {key: (before.get(key), value) for key, value in wanted.items()}
  # JSON has no tuples.
  for key, (old, new) in json.loads(json.dumps(settings)).items():
    if old != new:
      raise ValueError(
        f'{place}: {key} is {old!r} in this folder but {new!r} is asked for; '
        f'give another --{flag}, or the same settings'
      )
