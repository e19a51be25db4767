# SPDX-License-Identifier: Apache-2.0
"""Outlines as numbers: of a product, and of a person around the body's middle.

The estimate of a garment's ends (`models.ends`) rests on them. They do not
depend on a product's size in its photo, nor on where a person stands.
"""

from typing import Any

import tensorflow as tf

from clothflow_tf.inputs import channels
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import labels

layers = tf.keras.layers

_NECK = keypoints_lib.NAMES.index('neck')
# Places that an outline is sampled at.
_HEIGHTS = 16
# Of a coarse pixel: above, it is the garment.
_MOST = 0.5
# What a body's profile shows, from where to where (torsos below the neck), and
# half its width in torsos.
_SHOWN = (
  (labels.PANTS,),
  (labels.SKIRT,),
  (labels.TORSO_SKIN,),
  (labels.LEFT_ARM, labels.RIGHT_ARM),
  (labels.LEFT_LEG, labels.RIGHT_LEG),
  (labels.FACE,),
)
_BODY = (-0.3, 2.6)
_BAND = 0.35


@tf.keras.utils.register_keras_serializable('clothflow')
class ProductShape(layers.Layer):
  """A product's layout [B, h, w, 20] to the numbers of its outline [B, n].

  Whatever the product's size in its photo: how wide it is at `_HEIGHTS` heights
  from its top to its end, in lengths, once with sleeves and once without (the
  run through its middle); how much of it is in each of as many columns, and how
  deep they reach; its label.
  """

  def call(self, layout: tf.Tensor) -> tf.Tensor:
    mask = channels.total(layout, labels.CLOTHING)[..., 0]
    rows, columns = tf.reduce_sum(mask, 2), tf.reduce_sum(mask, 1)
    top, end = _span(rows)
    length = (end - top + 1.0)[:, tf.newaxis]
    parts = [
      _resampled(widths[..., tf.newaxis], top, end)[..., 0]
      for widths in (_through_middle(mask, columns), rows)
    ]
    parts = [tf.math.log((part + 0.5) / length) for part in parts]
    left, right = _span(columns)
    places = tf.range(mask.shape[1], dtype=tf.float32)[:, tf.newaxis]
    reached = tf.cast(mask > _MOST, tf.float32) * places
    depths = tf.maximum(tf.reduce_max(reached, 1) - top[:, tf.newaxis], 0.0)
    for values in (columns, depths):
      parts.append(_resampled(values[..., tf.newaxis], left, right)[..., 0])
      parts[-1] /= length
    parts.append(length / mask.shape[1])
    label = tf.gather(tf.reduce_max(layout, [1, 2]), labels.CLOTHING, axis=-1)
    return tf.concat([*parts, label], -1)


@tf.keras.utils.register_keras_serializable('clothflow')
class BodyProfile(layers.Layer):
  """[layout, removed, keypoints, frame] to what each part of a body shows.

  The layout [B, h, w, 20] and the removed region [B, h, w, 1] are of the
  agnostic person. Around the body's middle, at `_HEIGHTS` heights from above
  the neck to below the knees, the share of trousers, skirt, skin, face and of
  what was removed: [B, n], in the body's own frame.
  """

  def __init__(self, height: int, width: int, **kwargs: Any):
    super().__init__(**kwargs)
    self.height, self.width = height, width

  def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
    layout, removed, keypoints, frame = inputs
    _, rows, columns, _ = layout.shape
    side = self.width / columns
    shown = [channels.total(layout, group) for group in _SHOWN] + [removed]
    shown = tf.concat(shown, -1)
    neck, torso = frame[:, 0], frame[:, 1]
    seen = tf.cast(keypoints[:, _NECK, 2] > 0.0, tf.float32)
    middle = seen * keypoints[:, _NECK, 0] + (1.0 - seen) * self.width / 2.0
    places = (tf.range(columns, dtype=tf.float32) + 0.5) * side - 0.5
    away = tf.abs(places - middle[:, tf.newaxis])
    # At least the middle's own column.
    half = tf.maximum(_BAND * self.height * torso, side)[:, tf.newaxis]
    band = tf.cast(away <= half, tf.float32)
    shares = tf.reduce_sum(shown * band[:, tf.newaxis, :, tf.newaxis], 2)
    shares /= tf.maximum(tf.reduce_sum(band, 1), 1.0)[:, tf.newaxis, tf.newaxis]
    first, last = (rows * (neck + share * torso) for share in _BODY)
    values = _resampled(shares, first, last)
    return tf.reshape(values, [-1, _HEIGHTS * shown.shape[-1]])

  def get_config(self) -> dict[str, Any]:
    own = {'height': self.height, 'width': self.width}
    return {**super().get_config(), **own}


def _span(counts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the first and the last place [B] where [B, n] is not empty."""
  count = counts.shape[1]
  places = tf.range(count, dtype=tf.float32)
  present = tf.cast(counts > _MOST, tf.float32)
  last = tf.reduce_max(present * places, 1)
  first = count - 1.0 - tf.reduce_max(present * (count - 1.0 - places), 1)
  return tf.minimum(first, last), last


def _through_middle(mask: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
  """Returns the widths [B, h] of the runs of a mask through its middle.

  Sleeves that lie beside the body with a gap between do not count.
  """
  width = mask.shape[2]
  places = tf.range(width, dtype=tf.float32)
  middle = tf.math.divide_no_nan(
    tf.reduce_sum(columns * places, 1), tf.reduce_sum(columns, 1)
  )
  right = tf.cast(places >= middle[:, tf.newaxis], tf.float32)[:, tf.newaxis]
  outside = tf.cast(mask < _MOST, tf.float32)
  run = 0.0
  for side, reverse in ((right, False), (1.0 - right, True)):
    left_out = tf.cumsum(outside * side, 2, reverse=reverse)
    run += tf.reduce_sum(side * tf.cast(left_out < 0.5, tf.float32), 2)
  return run


def _resampled(values: tf.Tensor, low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
  """Samples [B, n, C] at `_HEIGHTS` places from low to high [B], linearly.

  Outside of 0 to n - 1 values are 0.
  """
  steps = (tf.range(_HEIGHTS, dtype=tf.float32) + 0.5) / _HEIGHTS
  places = low[:, tf.newaxis] + (high - low)[:, tf.newaxis] * steps
  each = tf.range(values.shape[1], dtype=tf.float32)
  away = tf.abs(places[..., tf.newaxis] - each)
  return tf.matmul(tf.maximum(1.0 - away, 0.0), values)
