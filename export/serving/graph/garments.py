# SPDX-License-Identifier: Apache-2.0
"""A garment from bytes: its photo, and a mask given, of alpha or cut out.

As `data.photographs.masks`: without a mask the alpha channel is taken, or what
differs from a plain backdrop. A garment on another backdrop is refused: to cut
it out by its colours takes more than a graph has.
"""

from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inference import limits
from clothflow_tf.inputs import raw
from export.serving.graph import composition
from export.serving.graph import headers
from export.serving.graph import maps
from export.serving.graph import people
from export.serving.graph import pictures
from export.serving.graph import regions
from export.serving.graph import resampling


class Product(NamedTuple):
  """A garment, and what is wrong with it: a text, '' if nothing is."""

  garment: composition.Garment
  problem: tf.Tensor


def read(
  image: tf.Tensor, mask: tf.Tensor, label: tf.Tensor, number: tf.Tensor
) -> Product:
  """Reads a garment.

  Args:
    image: bytes of the product photo.
    mask: bytes of its mask, or ''.
    label: its label, int32.
    number: place in the batch.
  """
  photo = pictures.photo(image)
  given = mask != ''
  kinds = [*map(int, raw.GARMENTS.values())]
  unknown = headers.when(
    ~tf.reduce_any(tf.equal(label, kinds)), 'is ', label, f'; expected {kinds}'
  )
  problem = people.first_of(
    ('garment_image', photo.problem),
    ('garment_label', unknown),
    number=number,
  )

  empty = tf.zeros([0, 0], tf.uint8)
  values, wrong = tf.cond(
    problem == '',
    lambda: tf.cond(
      given,
      lambda: _of_file(photo, mask, number),
      lambda: _of_photo(photo, number),
    ),
    lambda: (empty, problem),
  )
  return Product(composition.Garment(photo.pixels, values), wrong)


def _of_file(
  photo: pictures.Picture, mask: tf.Tensor, number: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns a mask of 0 and 255 from its bytes, and what is wrong."""
  picture = maps.mask(mask)
  sizes = people.check_frames(photo, picture.size, 'garment_image')
  wrong = headers.first([picture.problem, sizes])
  return _checked(picture.pixels, 'garment_mask', number, wrong)


def _of_photo(
  photo: pictures.Picture, number: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns a mask of 0 and 255 from a photo, and what is wrong."""
  values, wrong = tf.cond(
    tf.reduce_min(photo.alpha) < raw.THRESHOLD,
    lambda: (photo.alpha, ''),
    lambda: _cut_out(photo.pixels),
  )
  return _checked(values, 'garment_image', number, wrong)


def _checked(
  values: tf.Tensor, name: str, number: tf.Tensor, wrong: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  mask = _cut(values)
  useless = tf.cond(wrong == '', lambda: _check(mask), lambda: '')
  return mask, people.named(name, number, headers.first([wrong, useless]))


def _cut(values: tf.Tensor) -> tf.Tensor:
  """Returns grey values cut at the threshold: 0 or 255."""
  return tf.cast(values >= raw.THRESHOLD, tf.uint8) * 255


def framed(garment: composition.Garment, size: raw.Size) -> composition.Tensors:
  """Returns garment_image and garment_mask as the model sees them."""
  pixels, mask = garment.pixels, garment.mask
  inner, corner = composition.letterbox(tf.shape(mask), size)
  corners = [pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]]
  corners = tf.sort(tf.cast(tf.stack(corners), tf.int32), 0)
  backdrop = tf.cast((corners[1] + corners[2]) // 2, tf.uint8)
  image = resampling.pillow(pixels, inner, resampling.BICUBIC)
  plane = resampling.pillow(mask[..., tf.newaxis], inner, resampling.BOX)
  rest = tf.constant(size) - inner - corner
  paddings = tf.concat(
    [tf.stack([corner, rest], 1), tf.zeros([1, 2], tf.int32)], 0
  )
  inside = tf.pad(tf.ones_like(plane, tf.bool), paddings)
  image = tf.where(inside, tf.pad(image, paddings), backdrop)
  plane = _cut(tf.pad(plane, paddings)[..., 0])
  return {
    'garment_image': tf.ensure_shape(image, [*size, 3]),
    'garment_mask': tf.ensure_shape(plane, size),
  }


def check_framed(mask: tf.Tensor) -> tf.Tensor:
  """Returns what is wrong with a mask at the model's size."""
  return headers.when(
    ~tf.reduce_any(mask > 0),
    'has a garment too small to be seen; expected a larger one',
  )


def _check(mask: tf.Tensor) -> tf.Tensor:
  corners = [mask[0, 0], mask[0, -1], mask[-1, 0], mask[-1, -1]]
  expected = 'expected 255 on the garment and 0 around it'
  return headers.first(
    [
      headers.when(~tf.reduce_any(mask > 0), 'has an empty mask; ' + expected),
      headers.when(
        tf.reduce_all(tf.stack(corners) > 0),
        'has a mask that covers all four corners; ' + expected,
      ),
    ]
  )


def _cut_out(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns a mask, uint8 [h, w], and what is wrong with the photo.

  All that is like the border's median and connected with the border is
  backdrop. (The reader's search turns a corner sixteen times at most, this one
  as often as it has to.)
  """
  size = tf.cast(tf.shape(image)[:2], tf.float64)
  scale = tf.minimum(limits.BACKDROP_ROWS / size[0], 1.0)
  few = tf.cast(tf.maximum(tf.round(size * scale), 1.0), tf.int32)
  small = resampling.pillow(image, few, resampling.BOX)
  levels = tf.sort(tf.cast(_border(small), tf.int32), 0)
  count = tf.shape(levels)[0]
  # Twice the median, which lies between two levels where they are even.
  twice = levels[(count - 1) // 2] + levels[count // 2]
  apart = tf.abs(2 * tf.cast(small, tf.int32) - twice)
  like = tf.reduce_max(apart, -1) <= 2 * limits.BACKDROP_LEVELS
  inside = tf.cast(~_outside(like), tf.uint8) * 255
  mask = resampling.pillow(
    inside[..., tf.newaxis], tf.shape(image)[:2], resampling.BILINEAR
  )[..., 0]
  shown = tf.cast(mask >= raw.THRESHOLD, tf.float64)
  plain = tf.reduce_mean(shown) <= limits.MOST_GARMENT
  border = _border(shown[..., tf.newaxis])
  plain &= tf.reduce_mean(border) <= limits.MOST_AT_BORDER
  return mask, headers.when(
    ~plain,
    'has no plain backdrop; expected one, an alpha channel or garment_mask',
  )


def _border(image: tf.Tensor) -> tf.Tensor:
  """Returns the outermost pixels [n, c] of [h, w, c], corners twice."""
  return tf.concat([image[0], image[-1], image[:, 0], image[:, -1]], 0)


def _outside(like: tf.Tensor) -> tf.Tensor:
  """Returns the part of bool [h, w] that is connected with the border."""
  runs = regions.runs(like, diagonal=False)
  rows, columns = tf.shape(like)[0], tf.shape(like)[1]
  touches = (runs.rows == 0) | (runs.rows == rows - 1)
  touches |= (runs.starts == 0) | (runs.stops == columns - 1)
  touches &= runs.real
  pieces = tf.math.unsorted_segment_max(
    tf.cast(touches, tf.int32), runs.pieces, runs.count
  )
  grid = tf.meshgrid(tf.range(rows), tf.range(columns), indexing='ij')
  run = runs.at(*(tf.reshape(x, [-1]) for x in grid))
  piece = tf.gather(runs.pieces, tf.maximum(run, 0))
  reached = (run >= 0) & (tf.gather(pieces, piece) > 0)
  return tf.reshape(reached, tf.shape(like))
