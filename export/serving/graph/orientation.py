# SPDX-License-Identifier: Apache-2.0
"""How a photo has to be turned: its EXIF or XMP tag, read in a graph.

TensorFlow decodes a picture as it is stored; a phone stores portraits lying,
with a tag that says so. The tag is read as Pillow does: EXIF's of a JPEG's
APP1 segment or a PNG's eXIf chunk, else XMP's.
"""

import tensorflow as tf

_TAG = 0x0112
_LONG = 4  # EXIF's number of a type of four bytes.
# Bytes of EXIF that are read, and entries: an IFD has a few dozen.
_MOST_BYTES, _MOST_ENTRIES = 1 << 16, 512
_MARKS = (b'Exif\0\0', b'eXIfII*\0', b'eXIfMM\0*')
_XMP = b'tiff:Orientation'


def of(content: tf.Tensor) -> tf.Tensor:
  """Returns the orientation of a picture's bytes, int32; 1 is upright."""
  exif = tf.reduce_max([_exif(content, mark) for mark in _MARKS])
  return tf.where(exif >= 0, exif, _xmp(content))


def _behind(content: tf.Tensor, mark: bytes) -> tf.Tensor:
  """Returns what stands behind the first of some bytes; '' if nowhere."""
  parts = tf.strings.split([content], mark, maxsplit=1).flat_values
  return tf.concat([parts, ['']], 0)[1]


def _exif(content: tf.Tensor, mark: bytes) -> tf.Tensor:
  """Returns the tag's value behind a mark; -1 if there is none."""
  rest = _behind(content, mark)
  # A PNG's mark holds the first bytes of what is counted from.
  rest = tf.strings.join([mark[4:] if mark.startswith(b'eXIf') else b'', rest])
  rest = tf.strings.substr(rest, 0, _MOST_BYTES)
  values = tf.cast(tf.io.decode_raw(rest, tf.uint8), tf.int32)
  size = tf.size(values)
  values = tf.concat([values, tf.zeros([16], tf.int32)], 0)
  little = values[0] == ord('I')

  def number(place: tf.Tensor) -> tf.Tensor:
    place = tf.clip_by_value(place, 0, size)
    low, high = tf.gather(values, place), tf.gather(values, place + 1)
    return tf.where(little, low + 256 * high, 256 * low + high)

  start = tf.where(little, number(4), number(6))
  count = tf.minimum(number(start), _MOST_ENTRIES)
  entries = start + 2 + 12 * tf.range(count)
  long = (number(entries + 2) == _LONG) & ~little
  value = number(entries + tf.where(long, 10, 8))
  here = (number(entries) == _TAG) & (entries + 12 <= size)
  return tf.reduce_max(tf.concat([tf.where(here, value, -1), [-1]], 0))


def _xmp(content: tf.Tensor) -> tf.Tensor:
  """Returns XMP's value, written `="6"` or `>6<`; 1 if there is none."""
  rest = tf.strings.substr(_behind(content, _XMP), 0, 3)
  values = tf.cast(tf.io.decode_raw(rest, tf.uint8), tf.int32)
  values = tf.concat([values, tf.zeros([3], tf.int32)], 0)
  digit = tf.where(values[0] == ord('>'), values[1], values[2])
  quoted = (values[0] == ord('=')) & (values[1] == ord('"'))
  known = (values[0] == ord('>')) | quoted
  known &= (digit >= ord('0')) & (digit <= ord('9'))
  return tf.where(known, digit - ord('0'), 1)


def upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
  """Returns a picture [h, w, c] turned as an orientation of 2 to 8 says."""
  for chosen, turn in (
    ((5, 6, 7, 8), lambda x: tf.transpose(x, [1, 0, 2])),
    ((3, 4, 7, 8), lambda x: tf.reverse(x, [0])),
    ((2, 3, 6, 7), lambda x: tf.reverse(x, [1])),
  ):
    applies = tf.reduce_any(tf.equal(orientation, chosen))
    image = tf.cond(
      applies, lambda turn=turn, x=image: turn(x), lambda x=image: x
    )
  return image


def shows(orientation: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  """Says whether a map's size tells that it was turned as its photo was.

  Args:
    orientation: of the photo.
    size: of the photo, int32 [2].
  """
  quarter = (orientation >= 5) & (orientation <= 8)
  half = (orientation >= 2) & (orientation <= 4)
  return tf.where(quarter, size[0] != size[1], ~half)
