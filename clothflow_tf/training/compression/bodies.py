# SPDX-License-Identifier: Apache-2.0
"""Which layers of a network are made smaller: those of its body.

Heads keep their weights as they are: they are few, and estimate pixels. The
layers that decide the garment's ends are small, too, and float32 in every file.
"""

import re

import tensorflow as tf

layers = tf.keras.layers

_BODY = re.compile(r'.*_(conv|lateral|narrow)|estimate_\d_\d')
# Layers whose outputs an int8 file rounds, beside the body's convolutions that
# no normalisation follows: what leaves an activation, and what a sum is of.
_ROUNDED = re.compile(r'(?!ends_).*(_relu|_second_norm|_sum)')


def is_convolution(layer: layers.Layer) -> bool:
  """Says whether a layer is a convolution of a network's body."""
  return isinstance(layer, layers.Conv2D) and bool(_BODY.fullmatch(layer.name))


def is_normalised(layer: layers.Layer) -> bool:
  """Says whether batch normalisation follows a convolution of the body."""
  return layer.name.endswith('_conv')


def is_rounded(layer: layers.Layer) -> bool:
  """Says whether a layer, no convolution, has outputs to round."""
  return bool(_ROUNDED.fullmatch(layer.name))


def kernels(network: tf.keras.Model) -> list[tf.Variable]:
  """Returns the weights of the convolutions of a network's body."""
  return [layer.kernel for layer in network.layers if is_convolution(layer)]
