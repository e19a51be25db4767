# SPDX-License-Identifier: Apache-2.0
"""What is odd about a picture, and whether its maps were turned like it.

A picture is turned as its EXIF tag says. Where its maps (mask, parse map) do
not carry the same tag, only their sizes tell whether somebody turned them: they
tell a quarter turn of a picture that is no square, and nothing else.
"""

from PIL import Image

from clothflow_tf.data.photographs import images


def told(turn: int) -> str:
  """Returns the remark on a picture of an EXIF orientation but 1."""
  return f'is turned as its EXIF tag says (orientation {turn})'


def oddities(header: Image.Image) -> list[str]:
  """Returns the remarks on an opened picture."""
  depth = f'{header.mode} {header.tile}'  # Reading EXIF may empty the tiles.
  tag = header.getexif().get(images.ORIENTATION, 1)
  turn = images.turn_of(header)
  found = {
    told(turn): turn != 1,
    f'has the EXIF orientation {tag}, which is none; not turned': turn != tag,
    'is CMYK; converted without its colour profile': header.mode == 'CMYK',
    'has 16 bits a channel; cut to 8': ';16' in depth,
    'is transparent; put on white': header.has_transparency_data,
    'is grey': header.mode in ('1', 'L', 'LA', 'I;16', 'I;16B'),
  }
  return [reason for reason, is_so in found.items() if is_so]


def check(path: str, turn: int, shape: tuple[int, int]) -> None:
  """Refuses a person's turn if parse map and pose may be of either.

  Args:
    path: the picture.
    turn: its EXIF orientation.
    shape: (height, width) when it is turned.

  Raises:
    opening.InputError: their sizes do not tell.
  """
  if not _shows(turn, shape):
    raise images.InputError(
      path,
      f'{told(turn)}, so parse map and pose may be of either; expected no such '
      'tag',
    )


def check_map(
  path: str, image: str, both: tuple[int, int], shape: tuple[int, int]
) -> None:
  """Refuses a map that may be turned otherwise than its picture.

  Args:
    path: the map, which is as large as its picture.
    image: the picture.
    both: EXIF orientations of the picture and of the map.
    shape: (height, width) of both when they are turned.

  Raises:
    opening.InputError: the orientations differ, and the sizes do not tell.
  """
  sizes_tell = 1 in both and all(_shows(turn, shape) for turn in both)
  if both[0] != both[1] and not sizes_tell:
    raise images.InputError(
      path,
      f'has the EXIF orientation {both[1]} and {image} has {both[0]}, so it '
      'may be turned otherwise; expected no such tags',
    )


def _shows(turn: int, shape: tuple[int, int]) -> bool:
  return turn == 1 or (turn in images.QUARTER_TURNS and shape[0] != shape[1])
