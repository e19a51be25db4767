# SPDX-License-Identifier: Apache-2.0
"""Opens a picture once, into a value that tells all there is to know of it.

Three kinds of pictures are read: a `photo` (of a person or a garment), a
`parse_map` (numbers of a parser's labels) and a `mask` (of a garment).

Conventions owned here:

- A photo is turned as its EXIF tag says, put on white where it is transparent,
  and made 8-bit RGB. Parse map, mask and pose refer to the photo so turned. A
  parse map or mask with such a tag is refused: whether the program that made it
  had turned it already cannot be known.
- A JPEG may be reduced by 2, 4 or 8 as it is decoded (libjpeg's scaled inverse
  DCT, which does not alias), never below the wanted size. `Picture.size` is the
  size before that.
"""

from collections.abc import Callable
import dataclasses
import hashlib
import io

import numpy as np
from PIL import Image
from PIL import ImageOps

from clothflow_tf import files
from clothflow_tf.data.photographs import user_files
from clothflow_tf.inputs import raw

_ORIENTATION = 0x0112  # EXIF's tag.
_TURNS = range(2, 9)  # 1 is upright, others have no meaning.
_QUARTER_TURNS = (5, 6, 7, 8)
_GREY = ('1', 'L', 'LA', 'I;16', 'I;16B')
_MODES = (*_GREY, 'P', 'PA', 'RGB', 'RGBA', 'CMYK', 'YCbCr')
_PHOTO = 'a PNG or JPEG picture'
_MASK = 'a grey mask (mode 1 or L), 255 on the garment and 0 around it'


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
  """A picture that was opened, decoded to its end and turned upright.

  Attributes:
    path: its file.
    pixels: uint8; [h, w, 3] of a photo, [h, w] of a parse map (its numbers) or
      a mask (grey values). A JPEG's may be fewer than `size`.
    size: its true size, after turning.
    orientation: its EXIF tag; 1 is upright, 2 to 8 was turned.
    digest: SHA-256 of the file.
    warnings: what was done to it that deserves a look.
    alpha: uint8 [h, w], of a photo that has transparent pixels.
  """

  path: str
  pixels: np.ndarray
  size: raw.Size
  orientation: int
  digest: str
  warnings: tuple[str, ...]
  alpha: np.ndarray | None = None

  @property
  def size_shows_turn(self) -> bool:
    """Whether a map of the same size must have been turned like this one."""
    if self.orientation in _QUARTER_TURNS:
      return self.size.height != self.size.width
    return self.orientation not in _TURNS


def photo(path: str, at_least: raw.Size | None = None) -> Picture:
  """Opens a photo of any mode.

  Args:
    path: the file.
    at_least: a JPEG may be reduced to this size as it is decoded; None decodes
      it whole.

  Raises:
    files.InputError: the file cannot be used.
  """

  def rgb(image: Image.Image) -> np.ndarray:
    _require_mode(path, image, _MODES, 'at most 16 bits a channel')
    return _rgb(image)

  picture = _open(path, _PHOTO, rgb, at_least)
  if picture.pixels.shape[2] == 3:
    return picture
  colors = np.ascontiguousarray(picture.pixels[:, :, :3])
  alpha = picture.pixels[:, :, 3]
  return dataclasses.replace(picture, pixels=colors, alpha=alpha)


def parse_map(path: str, expected: str) -> Picture:
  """Opens a parse map: a PNG's palette indices or grey values.

  Args:
    path: the file.
    expected: what it should be, for an error.

  Raises:
    files.InputError: the file cannot be used.
  """

  def numbers(image: Image.Image) -> np.ndarray:
    if image.format == 'JPEG':
      raise files.InputError(
        path, f'is a JPEG, which is lossy; expected {expected}'
      )
    _require_mode(path, image, ('P', 'L'), expected)
    return np.asarray(image)

  return _upright(_open(path, expected, numbers))


def mask(path: str, at_least: raw.Size | None = None) -> Picture:
  """Opens a garment's mask; arguments and errors as of `photo`."""

  def grey(image: Image.Image) -> np.ndarray:
    _require_mode(path, image, ('1', 'L'), _MASK)
    return np.asarray(image if image.mode == 'L' else image.convert('L'))

  return _upright(_open(path, _MASK, grey, at_least))


def _open(
  path: str,
  expected: str,
  to_pixels: Callable[[Image.Image], np.ndarray],
  at_least: raw.Size | None = None,
) -> Picture:
  content = user_files.content_of(path, expected)
  try:
    image = Image.open(io.BytesIO(content))
    warnings = tuple(_warnings(image))
    kind, tag = image.format, _tag_of(image)
    sideways = tag in _QUARTER_TURNS
    size = raw.Size(*(image.size if sideways else image.size[::-1]))
    if kind == 'PNG':
      # A download that reserved its space may end in zeros. Decoding takes them
      # for black; only the check sums tell.
      Image.open(io.BytesIO(content)).verify()
    # A side that is no multiple of 8 is rounded up, which after a turn would
    # be rows or columns too many at the other end.
    whole_blocks = not any(side % 8 for side in image.size)
    if at_least and (tag not in _TURNS or whole_blocks):
      image.draft(image.mode, at_least if sideways else at_least[::-1])
    image.load()
    if tag in _TURNS:
      image = ImageOps.exif_transpose(image)
  except Image.UnidentifiedImageError as error:
    raise files.InputError(
      path, f'is no picture; expected {expected}'
    ) from error
  # Pillow's decoders raise whatever they stumble over in a broken file.
  except Exception as error:
    raise files.InputError(
      path, f'is broken ({error}); expected {expected}'
    ) from error
  image.format = kind  # A turned copy does not keep it.
  digest = hashlib.sha256(content).hexdigest()
  return Picture(path, to_pixels(image), size, tag, digest, warnings)


def _upright(picture: Picture) -> Picture:
  """Returns a map, or refuses one with an EXIF orientation but 1."""
  if picture.orientation != 1:
    raise files.InputError(
      picture.path,
      f'has the EXIF orientation {picture.orientation}, so it may be turned '
      'otherwise than its picture; expected none, or 1',
    )
  return picture


def check_frames(photo: Picture, its_map: Picture, others: str) -> None:
  """Refuses a map that may not lie on its photo, pixel on pixel."""
  if its_map.size != photo.size:
    raise files.InputError(
      its_map.path,
      f'is {its_map.size}; expected the size of {photo.path} (as EXIF turns '
      f'it), {photo.size}',
      'size',
    )
  if not photo.size_shows_turn:
    raise files.InputError(
      photo.path,
      f'is turned as its EXIF tag says (orientation {photo.orientation}), and '
      f'its {others} may be turned or not; expected no such tag',
    )


def _tag_of(image: Image.Image) -> int:
  return image.getexif().get(_ORIENTATION, 1)


def _warnings(image: Image.Image) -> list[str]:
  """Returns what will be done to a picture that is opened, not yet decoded."""
  depth = f'{image.mode} {image.tile}'  # Reading EXIF may empty the tiles.
  tag = _tag_of(image)
  reasons = {
    f'is turned as its EXIF tag says (orientation {tag})': tag in _TURNS,
    f'has the EXIF orientation {tag}, which is none; not turned': tag != 1
    and tag not in _TURNS,
    'is CMYK; converted without its colour profile': image.mode == 'CMYK',
    'has 16 bits a channel; cut to 8': ';16' in depth,
    'is transparent; put on white': image.has_transparency_data,
    'is grey': image.mode in _GREY,
  }
  return [reason for reason, applies in reasons.items() if applies]


def _require_mode(
  path: str, image: Image.Image, modes: tuple[str, ...], expected: str
) -> None:
  if image.mode not in modes:
    raise files.InputError(path, f'has mode {image.mode}; expected {expected}')


def _rgb(image: Image.Image) -> np.ndarray:
  """Returns [h, w, 3] on white, with alpha as fourth if there is any."""
  if image.mode in ('I;16', 'I;16B'):
    # 65535 = 255 * 257. (Pillow itself cuts 16-bit RGB to 8 bits.)
    grey = (np.asarray(image).astype(np.uint32) + 128) // 257
    image = Image.fromarray(grey.astype(np.uint8))
  if image.has_transparency_data:
    image = image.convert('RGBA')
    white = Image.new('RGBA', image.size, 'white')
    over = np.array(Image.alpha_composite(white, image))
    over[:, :, 3] = np.asarray(image)[:, :, 3]
    return over
  return np.asarray(image if image.mode == 'RGB' else image.convert('RGB'))
