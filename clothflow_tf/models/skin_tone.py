# SPDX-License-Identifier: Apache-2.0
"""Giving new skin the colour of the skin that a person shows.

Stage 3 learns new arms and necks from drawn people, whose skin and light are
not those of photographs: an arm beside a real hand is then browner or pinker
than it, and flat. What it painted gives the light and dark here; the colour is
that of the neck, arms and hands that stay, and to a quarter that of the face.
Legs do not count: they may wear tights. Limbs turn darker towards their
outline, as round things do.

Not in the paper. The numbers were set by looking at photographs; on paper
dolls the colour of new skin comes nearer to the truth, too.
"""

import tensorflow as tf

from clothflow_tf.inputs import channels
from clothflow_tf.inputs import labels
from clothflow_tf.ops import ratios
from clothflow_tf.ops import windows

Batch = dict[str, tf.Tensor]

_UPPER_SKIN = (labels.TORSO_SKIN, labels.LEFT_ARM, labels.RIGHT_ARM)
_SKIN = (*_UPPER_SKIN, labels.LEFT_LEG, labels.RIGHT_LEG)
# A face is made up, and lit from the front: a pixel of it counts so much.
_FACE_SHARE = 0.25
# Fewer pixels say nothing of a colour; from twice as many on all of it counts.
_FEWEST = 64.0
# So much below the mean counts as brighter, or even skin would have no pixels.
_ALIKE = 2e-3
_LUMA = (0.299, 0.587, 0.114)
# How much darker or brighter than its mean new skin may be.
_DARKEST, _BRIGHTEST = 0.75, 1.1
# At the outline, half of a square's pixels being outside, skin is darker by
# half of this. The squares' sides are about half an arm's width.
_ROUNDNESS = 0.15
_SQUARES = (11, 5)


def matched(
  painted: tf.Tensor, share: tf.Tensor, batch: Batch, layout: tf.Tensor
) -> tf.Tensor:
  """Returns the painted colours, new skin in the person's own colour.

  Args:
    painted: float32 [B, H, W, 3] in [-1, 1].
    share: float32 [B, H, W, 1], how much of a pixel is painted.
    batch: needs person_image, agnostic_layout, person_layout and removed.
    layout: the predicted layout, one-hot [B, H, W, 20].

  Returns:
    float32 [B, H, W, 3] in [-1, 1]; `painted` itself outside skin, and of a
    person who shows none.
  """
  skin = channels.total(layout, _SKIN)
  stays = 1.0 - batch['removed']
  shown = channels.total(batch['agnostic_layout'] * layout, _UPPER_SKIN)
  shown *= stays
  face = stays * channels.total(batch['person_layout'], [labels.FACE])
  color, shown_size = _color(batch['person_image'], shown + _FACE_SHARE * face)
  new = skin * share
  light, new_size = _light(painted, new)
  light *= _roundness(tf.maximum(skin, face), new)
  comparable = _enough(shown_size) * _enough(new_size)
  return painted + skin * comparable * (2.0 * color * light - 1.0 - painted)


def _color(image: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
  """Returns a region's colour in full light, [B, 1, 1, 3] in [0, 1], and size.

  It lies half-way between the mean and that of the brighter pixels: hands are
  full of shadows, and edges of what is beside them.
  """
  image = 0.5 * (image + 1.0)
  mean, size = _mean(image, weight)
  brighter = ratios.positive(_grey(image) - _grey(mean) + _ALIKE)
  bright, _ = _mean(image, weight * brighter)
  return 0.5 * (mean + bright), size


def _light(painted: tf.Tensor, new: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns the light on new skin, 1 being its mean, and its size."""
  grey = 0.5 * (_grey(painted) + 1.0)
  mean, size = _mean(grey, new)
  light = ratios.ratio(grey, mean)
  return tf.clip_by_value(light, _DARKEST, _BRIGHTEST), size


def _roundness(skin: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
  """Returns how light a limb is, 1 on average: less towards its outline."""
  inside = skin
  for side in _SQUARES:
    inside = windows.mean(inside, side)
  light = 1.0 - _ROUNDNESS * (1.0 - inside)
  mean, size = _mean(light, new)
  # Nothing is divided by where there is no new skin.
  return light / (mean + 1.0 - ratios.positive(size))


def _mean(values: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns weighted means [B, 1, 1, C] and the weights' sums."""
  size = tf.reduce_sum(weight, [1, 2], keepdims=True)
  total = tf.reduce_sum(values * weight, [1, 2], keepdims=True)
  return ratios.ratio(total, size), size


def _grey(image: tf.Tensor) -> tf.Tensor:
  """Returns brightness [B, H, W, 1] of an image, in its own range."""
  return tf.nn.conv2d(
    image, tf.reshape(tf.constant(_LUMA), [1, 1, 3, 1]), 1, 'VALID'
  )


def _enough(size: tf.Tensor) -> tf.Tensor:
  """Returns 0 for regions of few pixels, 1 for those of twice as many."""
  return tf.clip_by_value(size / _FEWEST - 1.0, 0.0, 1.0)
