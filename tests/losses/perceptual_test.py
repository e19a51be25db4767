# SPDX-License-Identifier: Apache-2.0
"""Claims about phi: right weights, right inputs, or a clear error."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.losses import perceptual
from tests import places
from tests import samples

_ALEXNET = places.ALEXNET

# Kernel (height, width, in, out) of every convolution.
_WIDTHS = (3, 64, 64, 128, 128, *[256] * 3, *[512] * 6)
SHAPES = {
  'vgg16': [(3, 3, *pair) for pair in zip(_WIDTHS, _WIDTHS[1:])],
  'alexnet': [
    (11, 11, 3, 64),
    (5, 5, 64, 192),
    (3, 3, 192, 384),
    (3, 3, 384, 256),
    (3, 3, 256, 256),
  ],
}
# Stride and padding of the first convolution.
FIRST = {'vgg16': (1, 1), 'alexnet': (4, 2)}


def _arrays(network):
  """Returns a first layer of random weights; the others are zero."""
  arrays = {}
  for index, shape in enumerate(SHAPES[network]):
    arrays[f'Conv_{index}/kernel'] = np.zeros(shape, np.float32)
    arrays[f'Conv_{index}/bias'] = np.zeros(shape[-1:], np.float32)
  first = SHAPES[network][0]
  arrays['Conv_0/kernel'] = samples.uniform(first, -0.1, 0.1)
  arrays['Conv_0/bias'] = samples.uniform(first[-1:], -0.1, 0.1)
  return arrays


def _features(network, weights):
  settings = config_lib.PerceptualConfig(network=network, weights=str(weights))
  return perceptual.Features(settings)


def _image():
  return tf.constant(samples.uniform((1, 32, 32, 3), -1.0, 1.0))


def _first_layer(image, kernel, bias, stride, padding):
  padded = np.pad(image, [(0, 0), *[(padding, padding)] * 2, (0, 0)])
  convolved = tf.nn.conv2d(padded.astype(np.float32), kernel, stride, 'VALID')
  return np.maximum(convolved + bias, 0.0)


@pytest.mark.parametrize('network', ['vgg16', 'alexnet'])
def test_arrays_see_images_as_torchvision_normalises_them(tmp_path, network):
  path = tmp_path / 'weights.npz'
  arrays = _arrays(network)
  np.savez_compressed(path, **arrays)
  features = _features(network, path)(_image())
  assert len(features) == 5
  zero_to_one = (_image().numpy() + 1.0) / 2.0
  normal = (zero_to_one - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
  first = _first_layer(
    normal, arrays['Conv_0/kernel'], arrays['Conv_0/bias'], *FIRST[network]
  )
  # Sums of up to 363 float32 products, added in another order.
  np.testing.assert_allclose(features[0], first, atol=1e-4)


def test_keras_weights_see_images_as_caffe_does(tmp_path):
  tf.keras.utils.set_random_seed(0)
  model = tf.keras.applications.VGG16(weights=None, include_top=False)
  path = tmp_path / 'weights.h5'
  model.save_weights(path)
  kernel, bias = model.get_layer('block1_conv1').get_weights()
  blue_green_red = (_image().numpy()[..., ::-1] + 1.0) * 127.5
  normal = blue_green_red - (103.939, 116.779, 123.68)
  first = _first_layer(normal, kernel, bias, 1, 1)
  features = _features('vgg16', path)(_image())
  # Values reach a hundred: float32 counts there in steps of 1e-5.
  np.testing.assert_allclose(features[0], first, atol=1e-3)


def test_the_network_is_frozen_and_differentiable(tmp_path):
  path = tmp_path / 'weights.npz'
  np.savez_compressed(path, **_arrays('alexnet'))
  features = _features('alexnet', path)
  image = _image()
  with tf.GradientTape() as tape:
    tape.watch(image)
    total = tf.reduce_sum(features(image)[0])
  assert not features._network.trainable_variables
  assert np.abs(tape.gradient(total, image)).max() > 0.0


def test_no_network_has_no_features():
  assert _features('none', 'imagenet')(_image()) == []


def test_too_small_images_are_refused(tmp_path):
  path = tmp_path / 'weights.npz'
  np.savez_compressed(path, **_arrays('alexnet'))
  with pytest.raises(ValueError, match='32x31 are too small'):
    _features('alexnet', path)(tf.zeros([1, 32, 31, 3]))


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(FileNotFoundError, match='nowhere.npz is not a file'):
    _features('vgg16', tmp_path / 'nowhere.npz')


def test_a_missing_array_is_named(tmp_path):
  path = tmp_path / 'weights.npz'
  arrays = _arrays('alexnet')
  del arrays['Conv_3/bias']
  np.savez_compressed(path, **arrays)
  with pytest.raises(ValueError, match='weights.npz: Conv_3/bias is nothing'):
    _features('alexnet', path)


def test_an_array_of_a_wrong_shape_is_named(tmp_path):
  path = tmp_path / 'weights.npz'
  arrays = _arrays('alexnet')
  arrays['Conv_2/kernel'] = np.zeros((3, 3, 192, 5), np.float32)
  np.savez_compressed(path, **arrays)
  with pytest.raises(ValueError, match=r'Conv_2/kernel is \(3, 3, 192, 5\)'):
    _features('alexnet', path)


def test_alexnet_has_no_weights_to_download():
  with pytest.raises(ValueError, match='alexnet needs an .npz file'):
    _features('alexnet', 'imagenet')


@pytest.mark.skipif(not _ALEXNET.is_file(), reason=f'{_ALEXNET} is absent')
def test_the_shared_alexnet_file_loads():
  features = _features('alexnet', _ALEXNET)(tf.zeros([1, 64, 64, 3]))
  # (64 + 2 * 2 - 11) / 4 + 1 pixels, then pooled twice by 3x3, stride 2.
  assert [x.shape[1] for x in features] == [15, 7, 3, 3, 3]
  assert all(np.isfinite(x).all() and np.max(x) > 0.0 for x in features)
