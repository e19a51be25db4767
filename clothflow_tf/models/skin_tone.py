# SPDX-License-Identifier: Apache-2.0
"""Giving new skin the colour of the skin that a person shows.

Stage 3 learns new arms and necks from drawn people, whose skin and light are
not those of photographs: an arm beside a real hand is then browner or pinker
than it, and flat. What it painted gives the light and dark here; the colour is
that of the neck, arms and hands that stay, and to a quarter that of the face.
Legs do not count: they may wear tights. Limbs turn darker and redder towards
their outline, as round things of skin do.

Not in the paper. The numbers were set by looking at photographs; on paper
dolls it is a draw (`docs/results.md`).
"""

import tensorflow as tf

from clothflow_tf.inputs import channels
from clothflow_tf.inputs import labels
from clothflow_tf.ops import ratios
from clothflow_tf.ops import windows

Batch = dict[str, tf.Tensor]

# A face is made up, and lit from the front: a pixel of it counts so much.
_FACE_SHARE = 0.25
# Shares of red, green and blue that differ by so much from the face's are no
# skin, but a sleeve that a parser took for an arm; half as much is skin.
_OTHER_HUE = 0.1
# Fewer pixels say nothing of a colour; from twice as many on all of it counts.
_FEWEST = 64.0
# So much below the mean counts as brighter, or even skin would have no pixels.
_ALIKE = 2e-3
# The root of 0 has no gradient.
_LEAST = 1e-8
_LUMA = (0.299, 0.587, 0.114)
# How much darker or brighter than its mean new skin may be.
_DARKEST, _BRIGHTEST = 0.75, 1.1
# Skin in shadow is redder, not only darker: of red, green and blue, the slopes
# of their logarithms over that of the brightness. In studio photographs of four
# people they are 0.55 to 0.69, 1.13 to 1.24 and 1.39 to 1.98 (one pair of arms
# apart), in a snapshot of one 0.81 to 0.89, 1.05 to 1.12 and 0.95 to 1.14.
_SLOPES = (0.6, 1.18, 1.48)
# So much of the difference between all shown skin and its brighter part.
_BRIGHTER = 0.25
# At the outline, half of a square's pixels being outside, skin is darker by
# half of this. The squares, of shrunk pixels, are about half an arm wide.
_ROUNDNESS = 0.2
_SQUARES = (5, 3)
# Half the size is enough for means, and quicker.
_STEP = 2


def matched(
  painted: tf.Tensor, share: tf.Tensor, batch: Batch, layout: tf.Tensor
) -> tf.Tensor:
  """Returns the painted colours, new skin in the person's own colour.

  Args:
    painted: float32 [B, H, W, 3] in [-1, 1]; H and W are even.
    share: float32 [B, H, W, 1], how much of a pixel is painted.
    batch: needs person_image, agnostic_layout, person_layout and removed.
    layout: the predicted layout, one-hot [B, H, W, 20].

  Returns:
    float32 [B, H, W, 3] in [-1, 1]; `painted` itself outside skin, and of a
    person who shows none.
  """
  skin = channels.total(layout, labels.SKIN)
  stays = 1.0 - batch['removed']
  shown = channels.total(batch['agnostic_layout'] * layout, labels.UPPER_SKIN)
  face = channels.total(batch['person_layout'], [labels.FACE])
  new = skin * share
  color, shown_size = _color(
    *(_shrunk(0.5 * (x + 1.0)) for x in (batch['person_image'], painted)),
    *(_shrunk(x) for x in (stays * shown, stays * face, new)),
  )
  light, new_size = _light(painted, new)
  round_light = _roundness(*map(_shrunk, (tf.maximum(skin, face), new)))
  light *= tf.image.resize(round_light, skin.shape[1:3])
  light = 1.0 + tf.constant(_SLOPES) * (light - 1.0)
  comparable = _enough(shown_size) * _enough(new_size)
  return painted + skin * comparable * (2.0 * color * light - 1.0 - painted)


def _shrunk(values: tf.Tensor) -> tf.Tensor:
  return tf.nn.avg_pool2d(values, _STEP, _STEP, 'VALID')


def _color(
  photo: tf.Tensor,
  painted: tf.Tensor,
  shown: tf.Tensor,
  face: tf.Tensor,
  new: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns skin's colour in full light, [B, 1, 1, 3] in [0, 1], and its size.

  It is the mean of what has the face's hue, or without a face that of the
  painted skin, and somewhat that of its brighter pixels: hands are full of
  shadows, and edges of what is beside them.
  """
  sure = face + ratios.positive(1.0 - _sum(face)) * new
  known = face * photo + (sure - face) * painted
  hue = _hue(ratios.ratio(_sum(known), _sum(sure)))
  square = tf.reduce_sum(tf.square(_hue(photo) - hue), -1, keepdims=True)
  alike = 2.0 - tf.sqrt(square + _LEAST) * (2.0 / _OTHER_HUE)
  alike = tf.clip_by_value(alike, 0.0, 1.0)
  weight = alike * (shown + _FACE_SHARE * face)
  mean, size = _mean(photo, weight)
  brighter = ratios.positive(_grey(photo) - _grey(mean) + _ALIKE)
  bright, _ = _mean(photo, weight * brighter)
  return mean + _BRIGHTER * (bright - mean), size * _STEP**2


def _hue(image: tf.Tensor) -> tf.Tensor:
  """Returns the shares of red, green and blue of colours in [0, 1]."""
  return ratios.ratio(image, tf.reduce_sum(image, -1, keepdims=True))


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
  size = _sum(weight)
  return ratios.ratio(_sum(values * weight), size), size


def _sum(values: tf.Tensor) -> tf.Tensor:
  return tf.reduce_sum(values, [1, 2], keepdims=True)


def _grey(image: tf.Tensor) -> tf.Tensor:
  """Returns brightness [B, H, W, 1] of an image, in its own range."""
  return tf.nn.conv2d(
    image, tf.reshape(tf.constant(_LUMA), [1, 1, 3, 1]), 1, 'VALID'
  )


def _enough(size: tf.Tensor) -> tf.Tensor:
  """Returns 0 for regions of few pixels, 1 for those of twice as many."""
  return tf.clip_by_value(size / _FEWEST - 1.0, 0.0, 1.0)
