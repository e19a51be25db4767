# SPDX-License-Identifier: Apache-2.0
"""The dressed person's outline: `inference.silhouette`, in a graph."""

import tensorflow as tf

from clothflow_tf.inference import silhouette as reference
from export.serving.graph import edges
from export.serving.graph import resampling


def plane(bare: tf.Tensor, uncovered: tf.Tensor) -> tf.Tensor:
  """Returns how much is background, smooth, along limbs more so, [H, W, 1].

  Args:
    bare: how much of the result is background, [H, W].
    uncovered: 1.0 where the result has skin that the old garment hid, [H, W].
  """
  place, straight = (
    distance(resampling.smooth(bare[..., tf.newaxis], x), x)
    for x in (reference.SMOOTH, reference.LIMB)
  )
  place += _bare_skin(bare, uncovered) * (straight - place)
  return tf.sigmoid(place / (reference.LOGIT * reference.SMOOTH))


def _bare_skin(bare: tf.Tensor, uncovered: tf.Tensor) -> tf.Tensor:
  """Returns how much of the person nearby is uncovered skin, [H, W, 1]."""
  person, skin = (
    resampling.smooth(x[..., tf.newaxis], reference.ACROSS)
    for x in (1.0 - bare, uncovered)
  )
  return skin / tf.maximum(person, reference.LEAST)


def agreement(
  new: tf.Tensor, old: tf.Tensor, clear: tf.Tensor, uncovered: tf.Tensor
) -> tf.Tensor:
  """Returns where the old outline is the new one, [H, W], 0 to 1.

  Args:
    new: how much of the result is background, [H, W].
    old: 1.0 where the photo is background, [H, W].
    clear: how clearly the photo shows the old outline, [H, W].
    uncovered: 1.0 where the result has skin that the old garment hid, [H, W].
  """
  sigma = reference.COMPARED
  places = [
    distance(resampling.smooth(x[..., tf.newaxis], sigma), sigma)
    for x in (new, old)
  ]
  skin = _bare_skin(new, uncovered)
  one, two = (
    usual + skin * (bare - usual)
    for usual, bare in (
      (reference.ONE, reference.UNCOVERED_ONE),
      (reference.TWO, reference.UNCOVERED_TWO),
    )
  )
  apart = (tf.abs(places[0] - places[1]) - one) / (two - one)
  apart = tf.clip_by_value(apart, 0.0, 1.0)
  same = clear[..., tf.newaxis] * (1.0 - apart)
  nearest = tf.minimum(*(tf.abs(x) for x in places))
  weight = tf.exp(-0.5 * tf.square(nearest)) + reference.LEAST
  total, weight = (
    resampling.smooth(x, reference.ACROSS) for x in (same * weight, weight)
  )
  return (total / weight)[..., 0]


def background(
  plane: tf.Tensor, same: tf.Tensor, here: edges.Around, scale: tf.Tensor
) -> tf.Tensor:
  """Returns how much of a part of the result is background, [h, w].

  Args:
    plane: of the model's result, smooth, enlarged to the part, [h, w].
    same: `agreement`, enlarged to the part.
    here: what the photo's layout says.
    scale: pixels of the photo for one of the model.
  """
  new = distance(plane, reference.SMOOTH)
  old = distance(here.near_free, reference.FINE)
  place = new + same * (old - new)
  share = 0.5 + 0.5 * place * tf.cast(scale, tf.float32)
  return tf.clip_by_value(share, 0.0, 1.0)


def distance(plane: tf.Tensor, sigma: float) -> tf.Tensor:
  """Returns the distance from the edge of a plane that is smooth by sigma."""
  least = reference.LEAST
  plane = tf.clip_by_value(plane, least, 1.0 - least)
  return reference.LOGIT * sigma * tf.math.log(plane / (1.0 - plane))
