# SPDX-License-Identifier: Apache-2.0
"""Sleeves that a parser took for arms.

Parsers label tight plain sleeves as arms, often whole. Such an arm would be
kept, with the sleeve on it, whatever the person puts on. Its colour tells: it
is far from the face's and near that of the garment beside it. There the label
becomes the garment's, for training and use alike.

Of 60 paper dolls, 0.5 % of the pixels of real arms are taken for sleeves,
mostly dark hands beside dark sleeves.
"""

import tensorflow as tf

from clothflow_tf.inputs import channels
from clothflow_tf.inputs import filling
from clothflow_tf.inputs import labels
from clothflow_tf.ops import ratios
from clothflow_tf.ops import windows

_TOPS = (labels.UPPER_CLOTHES, labels.DRESS, labels.COAT)
# Colours are compared as means over squares of this side, in pixels.
_SIDE = 4
# Of colours in [-1, 1]: a sleeve's distance from the face's colour is larger by
# so much than half of that from the garment's.
_FAR = 0.05
# Shade changes skin's brightness more than its hue.
_BRIGHTNESS = 0.5
_LUMA = (0.299, 0.587, 0.114)


def mistaken(
  image: tf.Tensor, layout: tf.Tensor, removal: tf.Tensor
) -> tf.Tensor:
  """Returns where arms are sleeves of a garment that goes, [B, H, W, 1].

  Args:
    image: the person, float32 [B, H, W, 3] in [-1, 1].
    layout: one-hot [B, H, W, 20].
    removal: [B, 20], 1 for labels that go.

  Returns:
    1 for a sleeve, else 0; 0 everywhere without a face to compare with.
  """
  size = image.shape[1:3]
  arms = channels.total(layout, labels.ARMS)
  # Half the size is enough for means.
  image, layout = (tf.nn.avg_pool2d(x, 2, 2, 'VALID') for x in (image, layout))
  *parts, face = (
    channels.total(layout, group)
    for group in (labels.ARMS, _TOPS, [labels.FACE])
  )
  sizes = tf.reduce_sum(face, [1, 2], keepdims=True)
  skin = ratios.ratio(tf.reduce_sum(face * image, [1, 2], keepdims=True), sizes)
  # Squares beside count, too: a single one may be a shadow or a bracelet.
  regions = [filling.Region(part) for part in parts]
  color, cloth = filling.spread(image, regions, _SIDE // 2, blur=3)
  from_skin = _distance(color, skin, _BRIGHTNESS)
  from_cloth = _distance(color, cloth, 1.0)
  score = _closed(from_skin - 0.5 * from_cloth)
  score = tf.image.resize(score, size)
  tops_go = removal[:, tf.newaxis, tf.newaxis, labels.UPPER_CLOTHES, None]
  comparable = tops_go * ratios.positive(sizes)
  return arms * comparable * ratios.positive(score - _FAR)


def _closed(values: tf.Tensor) -> tf.Tensor:
  """Raises dips that are no wider than two squares to what is around them."""
  return -windows.dilated(-windows.dilated(values, 1), 1)


def _distance(a: tf.Tensor, b: tf.Tensor, brightness: float) -> tf.Tensor:
  """Returns the distance [B, h, w, 1] of colours, brightness weighted."""
  difference = a - b
  grey = tf.reduce_sum(difference * tf.constant(_LUMA), -1, keepdims=True)
  square = tf.reduce_sum(tf.square(difference - grey), -1, keepdims=True)
  return tf.sqrt(square + tf.square(brightness * grey))
