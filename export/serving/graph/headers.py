# SPDX-License-Identifier: Apache-2.0
"""What is wrong in a graph, said in sentences; and the headers of pictures.

A decoder of TensorFlow ends the whole call where a picture is broken, and does
not say which of a batch it is. So each picture is decoded as a data set of one
element (`attempt`), whose error is dropped, and headers are read before. What
is wrong is a sentence without its subject, and '' if nothing is.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

# Larger pictures are refused before they are decoded.
MOST_PIXELS = 1 << 26
GREY, PALETTE = 0, 3  # PNG's numbers of its kinds of colour.
COLOR_AT = 25  # Where in a PNG the kind of colour stands.
_PNG, _JPEG = b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'
_HEAD = 64  # Bytes that a header is read of.


class Header(NamedTuple):
  """What the first bytes of a picture say; all int32 or bool scalars.

  Attributes:
    is_png: whether it begins as a PNG.
    is_jpeg: as a JPEG.
    size: rows and columns, [2].
    color: a PNG's kind of colour, a JPEG's channels.
    depth: bits of a PNG's sample, 8 of a JPEG.
  """

  is_png: tf.Tensor
  is_jpeg: tf.Tensor
  size: tf.Tensor
  color: tf.Tensor
  depth: tf.Tensor

  @property
  def is_known(self) -> tf.Tensor:
    return self.is_png | self.is_jpeg

  def too_large(self) -> tf.Tensor:
    """Returns what is wrong with the size."""
    pixels = tf.reduce_prod(tf.cast(self.size, tf.int64))
    large = (pixels > MOST_PIXELS) | tf.reduce_any(self.size < 0)
    expected = f' pixels; expected at most {MOST_PIXELS} in all'
    return when(large, 'has ', text_of(self.size), expected)


def attempt(
  function: Callable[[tf.Tensor], tf.Tensor],
  content: tf.Tensor,
  otherwise: tf.Tensor,
) -> tf.Tensor:
  """Returns function(content), or something else where that fails."""
  data = tf.data.Dataset
  tried = data.from_tensors(content).map(function).ignore_errors()
  result = tried.concatenate(data.from_tensors(otherwise)).take(1)
  return result.get_single_element()


def first(problems: list[tf.Tensor]) -> tf.Tensor:
  """Returns the first text that is not empty; '' if all are."""
  result = tf.constant('')
  for problem in problems:
    result = tf.where(result != '', result, problem)
  return result


def when(condition: tf.Tensor, *parts: str | tf.Tensor) -> tf.Tensor:
  """Returns a sentence of texts and numbers where a condition holds, or ''."""
  texts = [
    part if isinstance(part, str) else tf.strings.as_string(part)
    for part in parts
  ]
  return tf.where(condition, tf.strings.join(texts), '')


def text_of(size: tf.Tensor) -> tf.Tensor:
  """Returns a size [2] as people write it, the width first."""
  rows, columns = tf.unstack(tf.strings.as_string(size))
  return tf.strings.join([columns, 'x', rows])


def read(content: tf.Tensor) -> Header:
  """Reads the header of a picture's bytes."""
  start = tf.strings.substr(content, 0, _HEAD)
  is_png = tf.strings.substr(start, 0, len(_PNG)) == _PNG
  is_jpeg = tf.strings.substr(start, 0, len(_JPEG)) == _JPEG
  values = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int32)
  values = tf.concat([values, tf.zeros([_HEAD], tf.int32)], 0)
  powers = tf.constant([1 << 24, 1 << 16, 1 << 8, 1])
  width, height = (
    tf.reduce_sum(values[at : at + 4] * powers) for at in (16, 20)
  )
  png = tf.stack([height, width, values[COLOR_AT]])
  none = tf.zeros([3], tf.int32)
  jpeg = tf.cond(
    is_jpeg,
    lambda: attempt(tf.io.extract_jpeg_shape, content, none),
    lambda: none,
  )
  shape = tf.where(is_png, png, jpeg)
  depth = tf.where(is_png, values[COLOR_AT - 1], 8)
  return Header(is_png, is_jpeg, shape[:2], shape[2], depth)
