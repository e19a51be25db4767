# SPDX-License-Identifier: Apache-2.0
"""Opens a user's files to their end, or says what is wrong with them."""

import codecs
from collections.abc import Callable
import dataclasses
import io
import os
import stat

from PIL import Image
from PIL import ImageOps

ORIENTATION = 0x0112  # EXIF's tag.
QUARTER_TURNS = (5, 6, 7, 8)
_TURNS = range(1, 9)  # Others have no meaning; 0 is common for "unknown".
PICTURE = 'a PNG or JPEG picture'

# Is shown a file's bytes, and its picture before that is decoded.
Look = Callable[[bytes, Image.Image], None]


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


def turn_of(header: Image.Image) -> int:
  """Returns the EXIF orientation of an opened picture; 1 is upright."""
  turn = header.getexif().get(ORIENTATION, 1)
  return turn if turn in _TURNS else 1


def shape_of(header: Image.Image) -> tuple[int, int]:
  """Returns (height, width) of an opened picture when it is turned."""
  turned = turn_of(header) in QUARTER_TURNS
  return header.size if turned else header.size[::-1]


def content_of(path: str, expected: str) -> bytes:
  """Returns the bytes of a file that must not be empty."""
  try:
    mode = os.stat(path).st_mode
    # A named pipe would be waited for, for ever. A folder cannot be opened.
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
  """A list's text.

  Attributes:
    text: its lines; those that are no UTF-8 are empty.
    odd: what was odd about the file.
    broken: what is wrong with lines that are no UTF-8.
  """

  text: str
  odd: list[str]
  broken: list[str]


def text_of(path: str, expected: str) -> Text:
  """Returns a file's UTF-8 text, line by line.

  Raises:
    InputError: there is no such file, or no text in it.
  """
  content, odd = content_of(path, expected), []
  lines, broken = [], []
  for number, line in enumerate(
    content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1
  ):
    try:
      lines.append(line.decode())
    except UnicodeDecodeError:
      lines.append('')
      broken.append(f'line {number} is no UTF-8 text: {line!r}')
  # Zeros are UTF-16, half of whose lines would pass for text.
  if b'\0' in content or (broken and not any(map(str.strip, lines))):
    raise InputError(path, f'is no UTF-8 text; expected {expected}')
  if content.startswith(codecs.BOM_UTF8):
    odd.append('has a byte-order mark; read without it')
  if b'\r' in content:
    odd.append('has Windows line ends; read without them')
  return Text('\n'.join(lines), odd, broken)


def picture(
  path: str,
  expected: str = PICTURE,
  least: tuple[int, int] | None = None,
  look: Look | None = None,
) -> Image.Image:
  """Returns a picture, decoded to its end and turned as EXIF says.

  Args:
    path: the picture.
    expected: what it should have been, for an error.
    least: (height, width) that a JPEG may be reduced to as it is decoded.
    look: what else to learn of the file, so that it is opened once.
  """
  content = content_of(path, expected)
  try:
    image = Image.open(io.BytesIO(content))
    if look:
      look(content, image)
    kind, turn = image.format, turn_of(image)
    if kind == 'PNG':
      # Decoding alone takes a file whose end is zeros, as downloads leave it,
      # for one that ends in black; its check sums do not.
      Image.open(io.BytesIO(content)).verify()
    # A side that is no multiple of 8 is rounded up, which after a turn would
    # be rows or columns too many at the other end.
    if least and (turn == 1 or not any(side % 8 for side in image.size)):
      wanted = least if turn in QUARTER_TURNS else least[::-1]
      image.draft(image.mode, wanted)
    image.load()
    if turn != 1:
      image = ImageOps.exif_transpose(image)
  except Image.UnidentifiedImageError as error:
    raise InputError(path, f'is no picture; expected {expected}') from error
  # Pillow's decoders raise whatever they stumble over in a broken file.
  except Exception as error:
    came = f'is broken ({error})'
    raise InputError(path, f'{came}; expected {expected}') from error
  image.format = kind  # A copy does not keep it.
  return image


def extent(shape: tuple[int, int]) -> str:
  """Returns a size (height, width) as an error tells it."""
  return f'{shape[1]}x{shape[0]} (width x height)'
