# SPDX-License-Identifier: Apache-2.0
"""The convolutional blocks that the three stages share.

Convolution, batch normalisation and ReLU are separate Keras layers applied in
that order, never a custom layer around them: compression folds and quantizes
exactly this pattern, and only in functional graphs. The functions below
therefore take and return Keras tensors. A network that is built for several
replicas normalises over the global batch (`sync_batch_norm`); it has the same
weights.
"""

from collections.abc import Sequence

import tensorflow as tf

from clothflow_tf.models import sync_batch_norm
from clothflow_tf.ops import resize

layers = tf.keras.layers

# Of the moving statistics. Keras' 0.99 would leave 27 % of their start values
# after the 130 steps of a short training.
_MOMENTUM = 0.9


@tf.keras.utils.register_keras_serializable('clothflow')
class Enlarge(layers.Layer):
  """Nearest x2. Keras' UpSampling2D has no gradient under XLA."""

  def call(self, x: tf.Tensor) -> tf.Tensor:
    return resize.repeat(x, 2)


def conv_norm_relu(
  x: tf.Tensor, channels: int, stride: int = 1, name: str = ''
) -> tf.Tensor:
  """Applies a 3x3 convolution, batch normalisation and ReLU."""
  x = _conv_norm(x, channels, stride, name)
  return layers.ReLU(name=f'{name}_relu')(x)


def residual(x: tf.Tensor, name: str) -> tf.Tensor:
  """Applies relu(x + two 3x3 convolutions of x), each with its own weights."""
  channels = x.shape[-1]
  y = conv_norm_relu(x, channels, name=f'{name}_first')
  y = _conv_norm(y, channels, 1, f'{name}_second')
  y = layers.Add(name=f'{name}_add')([x, y])
  return layers.ReLU(name=f'{name}_relu')(y)


def encoder(
  x: tf.Tensor, channels: Sequence[int], blocks: int, name: str
) -> list[tf.Tensor]:
  """Halves the resolution once a level.

  Args:
    x: [B, H, W, C].
    channels: channels of each level, finest first.
    blocks: residual blocks after each stride-2 convolution.
    name: prefix of the layers' names.

  Returns:
    Features finest first: level n (from 1) is [B, H / 2^n, W / 2^n, .].
  """
  features = []
  for level, width in enumerate(channels, start=1):
    x = conv_norm_relu(x, width, 2, f'{name}_{level}_down')
    for block in range(blocks):
      x = residual(x, f'{name}_{level}_block{block}')
    features.append(x)
  return features


def feature_pyramid(
  x: tf.Tensor, channels: Sequence[int], width: int, blocks: int, name: str
) -> list[tf.Tensor]:
  """A feature pyramid network (Lin et al., CVPR 2017).

  1x1 laterals of every encoder level are added, from the coarsest on, to the
  pyramid level above enlarged twice (nearest).

  Args:
    x: [B, H, W, C].
    channels: encoder channels, finest first.
    width: channels of every pyramid level.
    blocks: residual blocks a level.
    name: prefix of the layers' names.

  Returns:
    Pyramid finest first: level n (from 1) is [B, H / 2^n, W / 2^n, width].
  """
  features = encoder(x, channels, blocks, name)
  pyramid = []
  for level in range(len(features), 0, -1):
    lateral = layers.Conv2D(width, 1, name=f'{name}_{level}_lateral')
    y = lateral(features[level - 1])
    if pyramid:
      above = Enlarge(name=f'{name}_{level}_up')(pyramid[0])
      y = layers.Add(name=f'{name}_{level}_sum')([y, above])
    pyramid.insert(0, y)
  return pyramid


def u_net(
  x: tf.Tensor, channels: Sequence[int], blocks: int, name: str
) -> tf.Tensor:
  """A residual U-Net: encoder, then nearest x2 and 3x3 convolutions with skips.

  Args:
    x: [B, H, W, C].
    channels: channels of each level, finest (half resolution) first.
    blocks: residual blocks a level on the way down.
    name: prefix of the layers' names.

  Returns:
    [B, H, W, channels[0]] features at the input's resolution.
  """
  skips = encoder(x, channels, blocks, name)
  y = skips[-1]
  for level in range(len(channels) - 1, 0, -1):
    y = Enlarge(name=f'{name}_{level}_up')(y)
    y = conv_norm_relu(y, channels[level - 1], name=f'{name}_{level}_mix')
    y = layers.Concatenate(name=f'{name}_{level}_skip')([y, skips[level - 1]])
    y = conv_norm_relu(y, channels[level - 1], name=f'{name}_{level}_out')
  y = Enlarge(name=f'{name}_0_up')(y)
  return conv_norm_relu(y, channels[0], name=f'{name}_0_mix')


def joined(parts: Sequence[tf.Tensor], factor: int, name: str) -> tf.Tensor:
  """Concatenates channels, both sides averaged down by a factor first.

  Averaging the parts one by one costs less memory traffic than averaging
  their concatenation, which at full resolution is the dearest step of all.
  """
  if factor > 1:
    parts = [
      layers.AveragePooling2D(factor, name=f'{name}_shrink_{i}')(part)
      for i, part in enumerate(parts)
    ]
  if len(parts) == 1:
    return parts[0]
  return layers.Concatenate(name=f'{name}_inputs')(parts)


def _conv_norm(
  x: tf.Tensor, channels: int, stride: int, name: str
) -> tf.Tensor:
  conv = layers.Conv2D(
    channels,
    3,
    strides=stride,
    padding='same',
    use_bias=False,
    kernel_initializer='he_normal',
    name=f'{name}_conv',
  )
  return norm(f'{name}_norm')(conv(x))


def norm(name: str) -> tf.keras.layers.Layer:
  """Returns batch normalisation for the strategy that is in scope."""
  several = tf.distribute.get_strategy().num_replicas_in_sync > 1
  kind = (
    sync_batch_norm.GlobalBatchNormalization
    if several
    else layers.BatchNormalization
  )
  return kind(momentum=_MOMENTUM, name=name)
