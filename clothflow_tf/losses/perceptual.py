# SPDX-License-Identifier: Apache-2.0
"""phi, the frozen feature network behind the perceptual and style losses.

The paper uses VGG-19; here its five levels are relu1_1, relu2_1, relu3_1,
relu4_1 and relu5_1 (corroborated), the same of VGG-16, or AlexNet's five
activations. Weights come from tf.keras.applications ('imagenet', downloaded),
from a Keras .h5 file of that network, or from an .npz file with arrays
Conv_i/kernel (height, width, in, out) and Conv_i/bias. There is no fourth way:
a network is never left with random weights.

The two families of weights want other inputs, and mixing them up trains, badly:
Keras' want BGR minus the mean in [0, 255], the .npz (torchvision's) RGB in
[0, 1] minus the mean over the standard deviation. Images come in [-1, 1].
"""

import os

import numpy as np
import tensorflow as tf

from clothflow_tf import config as config_lib

layers = tf.keras.layers

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_VGG = {
  'vgg16': tf.keras.applications.VGG16,
  'vgg19': tf.keras.applications.VGG19,
}
_VGG_TAPS = tuple(f'block{block}_conv1' for block in range(1, 6))
# Channels, kernel, stride, padding, and whether a 3x3 stride-2 pool precedes.
_ALEXNET = (
  (64, 11, 4, 2, False),
  (192, 5, 1, 2, True),
  (384, 3, 1, 1, True),
  (256, 3, 1, 1, False),
  (256, 3, 1, 1, False),
)
# Below this side the coarsest level has fewer than 2 x 2 activations.
_SMALLEST_SIDE = 32


class Features:
  """Maps images [B, H, W, 3] in [-1, 1] to the activations of l = 1 .. 5.

  With network 'none' it returns an empty list, which leaves the losses their
  pixels (l = 0).
  """

  def __init__(self, config: config_lib.PerceptualConfig):
    # Which of the two preprocessings the weights were trained with.
    self._keras_inputs = not config.weights.endswith('.npz')
    self._network = None
    if config.network != 'none':
      self._network = _load(config.network, config.weights)
      self._network.trainable = False

  def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
    if self._network is None:
      return []
    if min(images.shape[1:3]) < _SMALLEST_SIDE:
      raise ValueError(
        f'images of {images.shape[1]}x{images.shape[2]} are too small for '
        f'the feature network: at least {_SMALLEST_SIDE} pixels a side'
      )
    return self._network(self._prepare(images), training=False)

  def _prepare(self, images: tf.Tensor) -> tf.Tensor:
    if not self._keras_inputs:
      return ((images + 1.0) / 2.0 - _MEAN) / _DEVIATION
    return tf.keras.applications.imagenet_utils.preprocess_input(
      (images + 1.0) * 127.5, mode='caffe'
    )


def _load(network: str, weights: str) -> tf.keras.Model:
  if weights != 'imagenet' and not os.path.isfile(weights):
    raise FileNotFoundError(
      f'config.perceptual.weights: {weights} is not a file; give imagenet, '
      'a .h5 file or an .npz file, or --config.perceptual.network=none'
    )
  if weights.endswith('.npz'):
    return _load_arrays(network, weights)
  if network == 'alexnet':
    raise ValueError(
      f'config.perceptual.weights is {weights!r}, but alexnet needs an .npz '
      'file: tf.keras.applications has no AlexNet'
    )
  try:
    model = _VGG[network](include_top=False, weights=weights)
  # No connection, no such file, a file of another network: each fails with an
  # error of its own kind, of urllib, Keras or h5py.
  except Exception as error:
    raise OSError(
      f'config.perceptual.weights: {network} could not be had from '
      f'{weights!r} ({error}); give a file with '
      '--config.perceptual.weights=FILE or --config.perceptual.network=none'
    ) from error
  return _tapped(model)


def _load_arrays(network: str, path: str) -> tf.keras.Model:
  model = _alexnet() if network == 'alexnet' else _tapped_vgg(network)
  convolutions = [x for x in model.layers if isinstance(x, layers.Conv2D)]
  with np.load(path) as arrays:
    for index, layer in enumerate(convolutions):
      values = []
      for part, variable in zip(('kernel', 'bias'), layer.weights):
        key = f'Conv_{index}/{part}'
        shape = arrays[key].shape if key in arrays else 'nothing'
        if shape != tuple(variable.shape):
          raise ValueError(
            f'{path}: {key} is {shape}, expected {tuple(variable.shape)} '
            f'for {network}'
          )
        values.append(arrays[key])
      layer.set_weights(values)
  return model


def _tapped_vgg(network: str) -> tf.keras.Model:
  return _tapped(_VGG[network](include_top=False, weights=None))


def _tapped(model: tf.keras.Model) -> tf.keras.Model:
  taps = [model.get_layer(name).output for name in _VGG_TAPS]
  return tf.keras.Model(model.input, taps, name='features')


def _alexnet() -> tf.keras.Model:
  image = layers.Input((None, None, 3))
  x, taps = image, []
  for channels, kernel, stride, padding, pooled in _ALEXNET:
    if pooled:
      x = layers.MaxPooling2D(3, 2)(x)
    # Not padding='same', which pads strided convolutions on one side more than
    # on the other; the weights were trained with the same padding on each.
    x = layers.ZeroPadding2D(padding)(x)
    x = layers.Conv2D(channels, kernel, stride, activation='relu')(x)
    taps.append(x)
  return tf.keras.Model(image, taps, name='features')
