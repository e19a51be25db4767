# SPDX-License-Identifier: Apache-2.0
"""Limits on what a request may hold, checked before anything is decoded.

A picture of a few kilobytes can claim a size that fills the memory, so its
header is read first; and a JPEG of a few kilobytes can paint all its pixels
thousands of times, so its scans are counted. Inputs whose names end as
`_PICTURES` does are pictures; other strings may be anything, and are held to
the limits if they are pictures.
"""

import dataclasses
import io
import itertools
import re

import numpy as np
from PIL import Image

from export.serving.wire import errors
from export.serving.wire import signatures

_PICTURES = ('_image', '_layout', '_mask')
_OPTIONAL = '_mask'
_KEYPOINTS = '_keypoints'
# All that TensorFlow's decoders take, for Pillow to open.
_DECODED = ('PNG', 'JPEG', 'GIF', 'BMP')
# MPO: JPEGs of telephones, with a second picture behind the first.
_EXPECTED = ('PNG', 'JPEG', 'MPO')
_MEGA = 1_000_000
# Each scan of a JPEG is a pass over all pixels that nothing can stop: 90 of 33
# bytes took 2 seconds at 12.5 million. Encoders write about ten.
_MOST_SCANS = 100
_JPEG, _SCAN, _END = b'\xff\xd8\xff', b'\xff\xda', b'\xff\xd9'
# A marker with a length behind it. Decoders pass over the others, which are
# 0xFF and a number below 0xC0 or of a restart, 0xD0 to 0xD7.
_MARKER = re.compile(rb'\xff[\xc0-\xcf\xd8-\xfe]')
# Readers go from marker to marker; millions of empty segments take seconds. By
# chance a film of 16 MB behind a photo has 13,000.
_MOST_MARKERS = 20_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
  """The limits.

  Attributes:
    max_body_mb: of a request, in millions of bytes.
    max_image_mb: of one encoded picture.
    max_pixels: of one picture, width x height.
    max_total_pixels: of all pictures of a request.
  """

  max_body_mb: float = 64.0
  max_image_mb: float = 16.0
  max_pixels: int = 13_500_000
  max_total_pixels: int = 64_000_000

  @property
  def max_body_bytes(self) -> int:
    return int(self.max_body_mb * _MEGA)

  def check_body(self, size: int) -> None:
    """Refuses a request of so many bytes."""
    if size > self.max_body_bytes:
      raise errors.too_large(
        f'the request has {size:,} bytes; expected at most '
        f'{self.max_body_bytes:,} (--max_body_mb)'
      )

  def check(self, arrays: signatures.Arrays) -> int:
    """Refuses pictures that are too large, or none, and keypoints of NaN.

    Returns:
      How many pixels all pictures have.

    Raises:
      errors.ServingError: names the input and its place in the batch.
    """
    total = 0
    for name, array in arrays.items():
      if array.dtype.kind == 'O':
        for index, content in enumerate(array.ravel()):
          total += self._check_text(f'input {name}[{index}]', name, content)
      elif name.endswith(_KEYPOINTS) and array.dtype.kind == 'f':
        wrong = np.argwhere(~np.isfinite(array))
        if len(wrong):
          raise errors.invalid(
            f'input {name}{wrong[0].tolist()} is '
            f'{array[tuple(wrong[0])]}; expected a finite number'
          )
    if total > self.max_total_pixels:
      raise errors.too_large(
        f'the pictures of the request have {total:,} pixels; expected at most '
        f'{self.max_total_pixels:,} (--max_total_pixels)'
      )
    return total

  def _check_text(self, place: str, name: str, content: bytes) -> int:
    """Checks a string; returns how many pixels it has, if it is a picture."""
    if len(content) > self.max_image_mb * _MEGA:
      raise errors.too_large(
        f'{place} has {len(content):,} bytes; expected at most '
        f'{int(self.max_image_mb * _MEGA):,} (--max_image_mb)'
      )
    is_picture = name.endswith(_PICTURES)
    if not content and (not is_picture or name.endswith(_OPTIONAL)):
      return 0
    if content.startswith(_JPEG) and _has_too_many_markers(content):
      raise errors.invalid(
        f'{place} is a JPEG of more than {_MOST_MARKERS:,} markers; expected '
        f'at most {_MOST_MARKERS:,}'
      )
    picture = _header(place, content)
    if picture is None and not is_picture:
      return 0
    if picture is None or (is_picture and picture.format not in _EXPECTED):
      kind = f'is a {picture.format}' if picture else 'is no picture'
      raise errors.invalid(f'{place} {kind}; expected a PNG or a JPEG')
    width, height = picture.size
    if width * height > self.max_pixels:
      raise errors.too_large(
        f'{place} has {width} x {height} pixels; expected at most '
        f'{self.max_pixels:,} (--max_pixels)'
      )
    if _has_too_many_scans(content):
      raise errors.invalid(
        f'{place} is a JPEG of more than {_MOST_SCANS} scans; expected at most '
        f'{_MOST_SCANS}'
      )
    return width * height


def _header(place: str, content: bytes) -> Image.Image | None:
  """Returns a picture whose pixels are not decoded, or None for no picture."""
  try:
    return Image.open(io.BytesIO(content), formats=_DECODED)
  except Image.UnidentifiedImageError:
    return None
  except Image.DecompressionBombError as error:
    raise errors.too_large(f'{place}: {error}') from error
  # Pillow raises whatever it stumbles over in a broken header.
  except Exception as error:
    raise errors.invalid(f'{place} is broken ({error})') from error


def _has_too_many_markers(content: bytes) -> bool:
  markers = _MARKER.finditer(content)
  return next(itertools.islice(markers, _MOST_MARKERS, None), None) is not None


def _has_too_many_scans(content: bytes) -> bool:
  """Says whether a JPEG has more than `_MOST_SCANS`; False of other pictures.

  Segments are followed as libjpeg does, so that no scan is missed, and those
  of a thumbnail, or of what stands behind the picture, do not count.
  """
  if not content.startswith(_JPEG) or content.count(_SCAN) <= _MOST_SCANS:
    return False
  count, at = 0, len(_JPEG) - 1
  while (marker := _MARKER.search(content, at)) and marker[0] != _END:
    count += marker[0] == _SCAN
    if count > _MOST_SCANS:
      return True
    # A length counts its own two bytes, which are there whatever it says.
    size = int.from_bytes(content[marker.end() : marker.end() + 2])
    at = marker.end() + max(size, 2)
  return False
