# SPDX-License-Identifier: Apache-2.0
"""What a model left undecided: `inference.settled`, in a graph."""

from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inference import settled as reference
from clothflow_tf.inputs import labels
from export.serving.graph import edges
from export.serving.graph import resampling

# Regions that are alike all around differ by what rounding leaves of nothing.
LEAST = 1e-5


class Settled(NamedTuple):
  """What each of the model's pixels is.

  Attributes:
    layout: labels of the result, uint8 [H, W].
    shares: of garment, photo and painted, float32 [H, W, 3].
  """

  layout: tf.Tensor
  shares: tf.Tensor


def of(
  place: edges.Place, outputs: dict[str, tf.Tensor], shares: tf.Tensor
) -> Settled:
  """Returns the result's labels and shares, each pixel being one thing.

  Args:
    place: the photo's layout, the window and the garment's label.
    outputs: of the model, without a batch dimension.
    shares: of garment, photo and painted, [H, W, 3].
  """
  layout, photo = outputs['layout'], place.window.layout(place.layout)
  taken_off = outputs['removed'] > 0
  garment, drawn = place.removed(layout) > 0, shares[..., 0] > reference.HALF
  near, beside = (
    edges.dilated(x, reference.SLIVER)
    for x in (layout == labels.BACKGROUND, drawn)
  )
  unknown = (garment | _new_head(layout, photo)) & ~drawn
  nothing = unknown & taken_off & near
  layout = tf.where(nothing, tf.constant(labels.BACKGROUND, tf.uint8), layout)
  hole = taken_off & ~drawn & ~near & beside
  hole &= _within(place, layout, photo)
  layout = tf.where(hole, tf.cast(place.label, tf.uint8), layout)
  shares = tf.where(hole[..., tf.newaxis], tf.constant([1.0, 0, 0]), shares)
  unknown &= ~hole & ~nothing
  lower = tf.reduce_any(tf.equal(place.label, (labels.PANTS, labels.SKIRT)))
  skin = tf.where(lower, labels.LEFT_LEG, labels.TORSO_SKIN)
  skin = tf.cast(skin, tf.uint8)
  layout = tf.where(unknown, tf.where(taken_off, skin, photo), layout)
  stays = (labels.BACKGROUND, labels.GLOVE, *labels.SKIN, *labels.HEAD)
  covered = ~edges.is_any(photo, stays) & edges.is_any(layout, labels.SKIN)
  covered &= (shares[..., 1] > reference.HALF) & (shares[..., 1] < 1.0)
  shares = tf.where(covered[..., tf.newaxis], tf.constant([0, 0, 1.0]), shares)
  return Settled(layout, shares)


def _within(
  place: edges.Place, layout: tf.Tensor, photo: tf.Tensor
) -> tf.Tensor:
  """Returns where most of what is around is garment, bool [H, W]."""
  garment = place.removed(layout) > 0
  rest = ~garment & ~_new_head(layout, photo)
  garment, rest = (
    resampling.smooth(
      tf.cast(x, tf.float32)[..., tf.newaxis], reference.STREAK
    )[..., 0]
    for x in (garment, rest)
  )
  return garment - rest > LEAST


def _new_head(layout: tf.Tensor, photo: tf.Tensor) -> tf.Tensor:
  """Returns where the result has a head that the photo has not, bool."""
  new, old = (edges.is_any(x, labels.HEAD) for x in (layout, photo))
  return new & ~old
