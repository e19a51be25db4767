# SPDX-License-Identifier: Apache-2.0
"""Parse maps and masks from bytes.

A parse map's labels are the indices of a PNG's palette, which TensorFlow
replaces by colours; so its header is made to say that they are grey values.
"""

from collections.abc import Callable

import tensorflow as tf

from clothflow_tf.inputs import labels
from export.serving.graph import headers
from export.serving.graph import pictures

# Where in a PNG the check sum of its header stands.
_SUM_AT, _SUM_END = 29, 33
# CRC-32 is linear: so much it changes if the kind of colour does, from 3 to 0.
_SUM_CHANGE = b'\x12\xb5\xaf\xee'
_BYTES = [bytes([number]) for number in range(256)]


def parse_map(content: tf.Tensor) -> pictures.Picture:
  """Decodes the labels of a PNG: its palette's indices, or its grey values."""
  head = headers.read(content)
  expected = (
    f'; expected a PNG of mode P or L, labels 0-{labels.NUM_LABELS - 1}'
  )
  grey = (head.color == headers.GREY) & (head.depth == 8)
  problem = headers.first(
    [
      headers.when(head.is_jpeg, 'is a JPEG, which is lossy' + expected),
      headers.when(~head.is_png, 'is no PNG' + expected),
      headers.when(
        ~grey & (head.color != headers.PALETTE), 'has other colours' + expected
      ),
      head.too_large(),
    ]
  )
  empty = tf.zeros([0, 0, 1], tf.uint8)

  def indices() -> tf.Tensor:
    values = headers.attempt(_png_indices, content, empty)
    most = tf.bitwise.left_shift(1, tf.minimum(head.depth, 8)) - 1
    # A palette of fewer colours has fewer bits, which grey values spread.
    return values // tf.cast(255 // tf.maximum(most, 1), tf.uint8)

  def decoded() -> tf.Tensor:
    return tf.cond(
      grey, lambda: headers.attempt(_png_grey, content, empty), indices
    )

  return _map(problem, decoded, content, empty)


def mask(content: tf.Tensor) -> pictures.Picture:
  """Decodes a grey mask, PNG or JPEG."""
  head = headers.read(content)
  expected = '; expected a grey PNG or JPEG, 255 on the garment'
  grey = (head.color == headers.GREY) & (head.depth <= 8)
  colored = tf.where(head.is_png, ~grey, head.color > 1)
  problem = headers.first(
    [
      headers.when(~head.is_known, 'is no picture' + expected),
      head.too_large(),
      headers.when(colored, 'has colours or 16 bits' + expected),
    ]
  )
  empty = tf.zeros([0, 0, 1], tf.uint8)

  def decoded() -> tf.Tensor:
    return tf.cond(
      head.is_png,
      lambda: headers.attempt(_png_grey, content, empty),
      lambda: headers.attempt(_jpeg_grey, content, empty),
    )

  return _map(problem, decoded, content, empty)


def _map(
  problem: tf.Tensor,
  decoded: Callable[[], tf.Tensor],
  content: tf.Tensor,
  empty: tf.Tensor,
) -> pictures.Picture:
  """Returns a map; one that would have to be turned is refused."""
  pixels, turn = pictures.tried(problem, decoded, content, empty)
  turned = headers.when(
    turn != 1,
    'has the EXIF orientation ',
    turn,
    ', so it may be turned otherwise than its picture; expected none, or 1',
  )
  broken = headers.when(tf.size(pixels) == 0, 'is broken')
  problem = headers.first([problem, turned, broken])
  return pictures.Picture(pixels[..., 0], pixels[..., 0], turn, problem)


def _png_grey(content: tf.Tensor) -> tf.Tensor:
  return tf.io.decode_png(content, channels=1)


def _png_indices(content: tf.Tensor) -> tf.Tensor:
  return _png_grey(_indices(content))


def _jpeg_grey(content: tf.Tensor) -> tf.Tensor:
  return tf.io.decode_jpeg(content, 1, dct_method='INTEGER_ACCURATE')


def _indices(content: tf.Tensor) -> tf.Tensor:
  """Returns a PNG of a palette as one of grey values, for its decoder."""
  total = tf.strings.substr(content, _SUM_AT, _SUM_END - _SUM_AT)
  total = tf.bitwise.bitwise_xor(
    tf.io.decode_raw(total, tf.uint8),
    tf.constant(list(_SUM_CHANGE), tf.uint8),
  )
  total = tf.gather(tf.constant(_BYTES), tf.cast(total, tf.int32))
  return tf.strings.join(
    [
      tf.strings.substr(content, 0, headers.COLOR_AT),
      _BYTES[headers.GREY],
      tf.strings.substr(
        content, headers.COLOR_AT + 1, _SUM_AT - headers.COLOR_AT - 1
      ),
      tf.strings.reduce_join(total),
      tf.strings.substr(content, _SUM_END, tf.strings.length(content)),
    ]
  )
