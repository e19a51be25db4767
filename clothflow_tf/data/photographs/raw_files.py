# SPDX-License-Identifier: Apache-2.0
"""A user's files as bytes and text, and the pictures that programs write.

Whatever is wrong with a file is an `InputError`: one sentence that names the
file, says what came and what was expected. Only numpy and Pillow are needed,
because this also runs on the device.
"""

import codecs
import dataclasses
import os
import stat

import numpy as np
from PIL import Image

_FORMATS = {'.png': 'PNG', '.jpg': 'JPEG', '.jpeg': 'JPEG'}


class InputError(ValueError):
  """A user's file or array that cannot be used.

  Attributes:
    name: the file or array.
    problem: what came and what was expected.
    kind: 'missing', 'unreadable', 'size', 'labels', 'mask', 'keypoints' or
      'garment'.
  """

  def __init__(self, name: str, problem: str, kind: str = 'unreadable'):
    super().__init__(f'{name}: {problem}')
    self.name, self.problem, self.kind = name, problem, kind


def content_of(path: str, expected: str) -> bytes:
  """Returns the bytes of a file that must not be empty."""
  try:
    mode = os.stat(path).st_mode
    # Opening a named pipe would wait for ever. A folder cannot be opened.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
      raise InputError(
        path, f'is no file but a pipe or a device; expected {expected}'
      )
    with open(path, 'rb') as file:
      content = file.read()
  except OSError as error:
    came = error.strerror or error
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    kind = 'missing' if missing else 'unreadable'
    raise InputError(path, f'{came}; expected {expected}', kind) from error
  if not content:
    raise InputError(path, f'is an empty file; expected {expected}')
  return content


@dataclasses.dataclass
class Text:
  """The text of a list.

  Attributes:
    text: its lines; a line that is not UTF-8 is empty.
    remarks: oddities of the file that do no harm.
    problems: one message for each line that is not UTF-8.
  """

  text: str
  remarks: list[str]
  problems: list[str]


def text_of(path: str, expected: str) -> Text:
  """Returns a file's UTF-8 text, decoded line by line.

  Raises:
    InputError: there is no such file, or no text in it.
  """
  content, remarks = content_of(path, expected), []
  lines, problems = [], []
  for number, line in enumerate(
    content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1
  ):
    try:
      lines.append(line.decode())
    except UnicodeDecodeError:
      lines.append('')
      problems.append(f'line {number} is no UTF-8 text: {line!r}')
  # Zero bytes mean UTF-16; half of its lines would pass for UTF-8.
  if b'\0' in content or (problems and not any(map(str.strip, lines))):
    raise InputError(path, f'is no UTF-8 text; expected {expected}')
  if content.startswith(codecs.BOM_UTF8):
    remarks.append('has a byte-order mark; read without it')
  if b'\r' in content:
    remarks.append('has Windows line ends; read without them')
  return Text('\n'.join(lines), remarks, problems)


def write_image(path: str, image: np.ndarray) -> None:
  """Writes uint8 [h, w] or [h, w, 3] as PNG or JPEG: whole, or not at all.

  Raises:
    InputError: the name is no `.png`, `.jpg` or `.jpeg`, or cannot be written.
  """
  check_output(path)
  partial = f'{path}.{os.getpid()}.partial'
  kind = _FORMATS[os.path.splitext(path)[1].lower()]
  try:
    Image.fromarray(image).save(partial, kind, quality=95, subsampling=0)
    os.replace(partial, path)
  except OSError as error:
    raise InputError(path, f'cannot be written ({error})') from error
  finally:
    if os.path.exists(partial):
      os.remove(partial)


def check_output(path: str) -> None:
  """Raises `InputError` where `write_image` would, before any work."""
  if os.path.splitext(path)[1].lower() not in _FORMATS:
    raise InputError(path, f'unknown extension; expected one of {[*_FORMATS]}')
  if os.path.isdir(path):
    raise InputError(path, 'is a folder; expected the name of a picture')
  folder = os.path.dirname(path) or '.'
  if not os.path.isdir(folder):
    raise InputError(path, f'expected the folder {folder} to exist')
