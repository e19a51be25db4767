# SPDX-License-Identifier: Apache-2.0
"""Photos from bytes and into bytes, as Pillow's and so to the bit.

A JPEG is decoded by the exact inverse DCT, what is transparent is put on white,
and the picture is turned as its EXIF tag says.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from export.serving.graph import headers
from export.serving.graph import orientation


class Picture(NamedTuple):
  """A picture, decoded and turned upright; empty if there is a problem.

  Attributes:
    pixels: uint8 [h, w, 3], or [h, w] of a map.
    alpha: uint8 [h, w], 255 where there is none; of a photo.
    orientation: its EXIF tag, int32.
    problem: a sentence without its subject, or ''.
  """

  pixels: tf.Tensor
  alpha: tf.Tensor
  orientation: tf.Tensor
  problem: tf.Tensor

  @property
  def size(self) -> tf.Tensor:
    return tf.shape(self.pixels)[:2]


def photo(content: tf.Tensor) -> Picture:
  """Decodes a photo: PNG, or grey or RGB JPEG."""
  head = headers.read(content)
  cmyk = head.is_jpeg & (head.color > 3)
  few = head.is_png & (head.depth < 8)
  problem = headers.first(
    [
      headers.when(~head.is_known, 'is no picture; expected a PNG or a JPEG'),
      head.too_large(),
      headers.when(cmyk, 'is a JPEG of four channels; expected grey or RGB'),
      headers.when(few, 'has fewer than 8 bits a sample; expected 8'),
    ]
  )
  empty = tf.zeros([0, 0, 4], tf.uint8)

  def decoded() -> tf.Tensor:
    return tf.cond(
      head.is_png,
      lambda: headers.attempt(_png_with_alpha, content, empty),
      lambda: headers.attempt(_jpeg_with_alpha, content, empty),
    )

  pixels, turn = tried(problem, decoded, content, empty)
  problem = headers.first(
    [problem, headers.when(tf.size(pixels) == 0, 'is broken')]
  )
  return Picture(_on_white(pixels), pixels[..., 3], turn, problem)


def encode(image: tf.Tensor, kind: str) -> tf.Tensor:
  """Returns uint8 [h, w, 3] as the bytes of a 'png' or of a 'jpeg'."""
  if kind == 'png':
    return tf.io.encode_png(image)
  return tf.io.encode_jpeg(image, 'rgb', quality=95, chroma_downsampling=False)


def tried(
  problem: tf.Tensor,
  decoded: Callable[[], tf.Tensor],
  content: tf.Tensor,
  empty: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns pixels, upright, and the orientation; empty where not decoded."""
  sound = problem == ''
  pixels = tf.cond(sound, decoded, lambda: empty)
  turn = tf.cond(sound, lambda: orientation.of(content), lambda: tf.constant(1))
  return orientation.upright(pixels, turn), turn


def _png_with_alpha(content: tf.Tensor) -> tf.Tensor:
  return tf.io.decode_png(content, channels=4)


def _jpeg_with_alpha(content: tf.Tensor) -> tf.Tensor:
  pixels = tf.io.decode_jpeg(content, 3, dct_method='INTEGER_ACCURATE')
  alpha = tf.fill(tf.concat([tf.shape(pixels)[:2], [1]], 0), 255)
  return tf.concat([pixels, tf.cast(alpha, tf.uint8)], -1)


def _on_white(pixels: tf.Tensor) -> tf.Tensor:
  """Returns RGB of RGBA on white, rounded as Pillow's alpha_composite."""
  colors, alpha = pixels[..., :3], pixels[..., 3:]

  def composed() -> tf.Tensor:
    share = tf.cast(alpha, tf.int32) * 128
    total = tf.cast(colors, tf.int32) * share + 255 * (255 * 128 - share)
    total += 128 * 128
    total = tf.bitwise.right_shift(tf.bitwise.right_shift(total, 8) + total, 8)
    return tf.cast(tf.bitwise.right_shift(total, 7), tf.uint8)

  return tf.cond(tf.reduce_any(alpha < 255), composed, lambda: colors)
