# SPDX-License-Identifier: Apache-2.0
"""A person from bytes: photo, layout and pose, checked as the reader does.

`data.photographs.reader` refuses what would give a wrong picture, and so does
this: maps of another size than their photo, labels that do not exist, poses in
other units, poses beside the person. It does not try other label sets. The
first problem is returned, with the name of the input and its place in the
batch.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from clothflow_tf.inference import limits
from clothflow_tf.inputs import labels
from export.serving.graph import framing
from export.serving.graph import headers
from export.serving.graph import maps
from export.serving.graph import orientation
from export.serving.graph import pictures

_KEYPOINTS = 'person_keypoints'


class Person(NamedTuple):
  """A person, and what is wrong with it: a text, '' if nothing is."""

  photo: framing.Photo
  problem: tf.Tensor


def named(name: str, number: tf.Tensor, problem: tf.Tensor) -> tf.Tensor:
  """Returns a problem with its subject: 'person_image[2]: is broken'."""
  place = tf.strings.as_string(number)
  whole = tf.strings.join([name, '[', place, ']: ', problem])
  return tf.where(problem != '', whole, '')


def read(
  image: tf.Tensor, layout: tf.Tensor, keypoints: tf.Tensor, number: tf.Tensor
) -> Person:
  """Reads a person.

  Args:
    image: bytes of the photo.
    layout: bytes of its parse map.
    keypoints: float32 [18, 3], x, y in the photo's pixels, and confidence.
    number: place in the batch.
  """
  photo, parse_map = pictures.photo(image), maps.parse_map(layout)
  sizes = check_frames(photo, parse_map.size, 'person_image')
  numbers = first_of(
    ('person_image', photo.problem),
    ('person_layout', parse_map.problem),
    ('person_layout', sizes),
    ('person_layout', _check_labels(parse_map.pixels)),
    number=number,
  )
  present = (keypoints[:, 2] >= limits.LEAST_CONFIDENCE) & tf.reduce_any(
    keypoints[:, :2] != 0.0, 1
  )
  joints = tf.where(present[:, tf.newaxis], keypoints, 0.0)
  finite = tf.reduce_all(tf.math.is_finite(keypoints))
  infinite = headers.when(~finite, 'has NaN or infinity; expected numbers')
  joints = tf.where(finite, joints, 0.0)

  def pose() -> tf.Tensor:
    return headers.first(
      [
        infinite,
        _check_pose(joints, photo.size),
        _check_person(joints, parse_map.pixels),
      ]
    )

  wrong = tf.cond(numbers == '', pose, lambda: '')
  problem = headers.first([numbers, named(_KEYPOINTS, number, wrong)])
  inside = _inside(joints, photo.size)[:, tf.newaxis]
  joints = tf.where(inside, joints, 0.0)
  return Person(framing.Photo(photo.pixels, parse_map.pixels, joints), problem)


def first_of(*problems: tuple[str, tf.Tensor], number: tf.Tensor) -> tf.Tensor:
  """Returns the first of some inputs' problems, named."""
  return headers.first([named(name, number, x) for name, x in problems])


def check_frames(
  photo: pictures.Picture, size: tf.Tensor, name: str
) -> tf.Tensor:
  """Returns what is wrong with a map that should lie on its photo."""
  ours = headers.text_of(photo.size)
  other = tf.reduce_any(size != photo.size)
  turned = ~orientation.shows(photo.orientation, photo.size)
  return headers.first(
    [
      headers.when(
        other,
        'is ',
        headers.text_of(size),
        f'; expected the size of {name} (as EXIF turns it), ',
        ours,
      ),
      headers.when(
        turned,
        f'may be turned or not, as {name} is by its EXIF orientation ',
        photo.orientation,
        '; expected a photo without one',
      ),
    ]
  )


def _check_labels(layout: tf.Tensor) -> tf.Tensor:
  most = tf.reduce_max(tf.concat([tf.reshape(layout, [-1]), [0]], 0))
  last = labels.NUM_LABELS - 1
  return headers.first(
    [
      headers.when(
        most > last, 'has label ', most, f'; expected labels 0-{last}'
      ),
      headers.when(most == 0, 'is all background; expected a person'),
    ]
  )


def _inside(joints: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  """Returns which joints [18, 3] are present and within a photo."""
  # Not size[::-1]: TensorFlow's optimizer fails on it, and logs an error.
  limit = tf.cast(tf.stack([size[1], size[0]]), tf.float32)
  within = (joints[:, :2] >= 0.0) & (joints[:, :2] < limit)
  return tf.reduce_all(within, 1) & (joints[:, 2] > 0.0)


def _count(condition: tf.Tensor) -> tf.Tensor:
  return tf.math.count_nonzero(condition, dtype=tf.int32)


def _check_pose(joints: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
  """Returns what is wrong with joints that cannot be a photo's pixels."""
  present, inside = _count(joints[:, 2] > 0.0), _count(_inside(joints, size))
  corner = tf.reduce_max(tf.abs(joints[:, :2])) <= limits.CORNER
  expected = tf.strings.join(
    ['; expected pixels of person_image, ', headers.text_of(size)]
  )
  return headers.first(
    [
      headers.when(
        (present > 0) & corner,
        present,
        f' joints lie within {limits.CORNER} pixels of the corner',
        expected,
        ', not shares of width and height',
      ),
      headers.when(
        2 * inside < present,
        present - inside,
        ' of ',
        present,
        ' joints lie outside the picture',
        expected,
      ),
      headers.when(inside < 1, 'has no joint; expected a person'),
    ]
  )


def _check_person(joints: tf.Tensor, layout: tf.Tensor) -> tf.Tensor:
  """Returns what is wrong with joints that lie beside the person."""
  inside = _inside(joints, tf.shape(layout))
  columns, rows = tf.unstack(tf.cast(joints[:, :2], tf.int32), axis=1)
  places = tf.where(inside[:, tf.newaxis], tf.stack([rows, columns], 1), 0)
  under = tf.cast(tf.gather_nd(layout, places), tf.int32)
  bare = inside & (under == labels.BACKGROUND)
  head, wrong_head = _misplaced(under, inside, limits.HEAD, limits.ON_HEAD)
  _, shoulders = _misplaced(
    under, inside, limits.SHOULDERS, limits.ON_SHOULDERS
  )
  contradicts = 2 * _count(wrong_head) > _count(head)
  beside = _count(shoulders) == len(limits.SHOULDERS)
  beside &= ~tf.reduce_any(tf.gather(under, limits.SHOULDERS) > 0)
  expected = (
    '; expected the joints of the person in person_layout, x before y, in '
    'pixels of person_image'
  )
  return headers.first(
    [
      headers.when(
        2 * _count(bare) > _count(inside),
        _count(bare),
        ' of ',
        _count(inside),
        ' joints lie on the background',
        expected,
      ),
      headers.when(
        contradicts & (_count(wrong_head) > 1),
        'has nose and eyes on no head',
        expected,
      ),
      headers.when(
        ~contradicts & beside, 'has shoulders on the background', expected
      ),
    ]
  )


def _misplaced(
  under: tf.Tensor,
  inside: tf.Tensor,
  joints: tuple[int, ...],
  right: tuple[int, ...],
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns which of some joints are there, and which on a wrong label."""
  here = tf.gather(inside, joints)
  table = np.isin(np.arange(labels.NUM_LABELS), right)
  fits = tf.gather(tf.constant(table), tf.gather(under, joints))
  return here, here & ~fits
