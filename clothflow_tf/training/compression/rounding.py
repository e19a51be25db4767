# SPDX-License-Identifier: Apache-2.0
"""Quantization-aware training: layers that round as an int8 file will.

Weights are rounded to eight bits, a scale an output channel, activations in the
range of the batch, by TensorFlow Model Optimization's quantizers; gradients
pass as if nothing had been rounded (Jacob et al., CVPR 2018). What is saved is
not rounded: `export.quantization` rounds it, by the same scales.

`quantize_apply` would wrap whole networks, but knows neither their layers (a
warp) nor their operations. So each convolution is wrapped by itself; heads and
warps stay as they are. Batch normalisation is not folded before its convolution
is rounded: it multiplies output channels, each of which has a scale of its own,
so that it changes no rounding.
"""

from typing import Any

import tensorflow as tf
import tensorflow_model_optimization as tfmot

from clothflow_tf import config as config_lib
from clothflow_tf.training.compression import bodies
from clothflow_tf.training.compression import clustering

layers = tf.keras.layers
quantizers = tfmot.quantization.keras.quantizers


def _weights_quantizer() -> quantizers.Quantizer:
  return quantizers.LastValueQuantizer(
    num_bits=8, per_axis=True, symmetric=True, narrow_range=True
  )


def _output_quantizer() -> quantizers.Quantizer:
  # Not MovingAverageQuantizer: it begins at -6 to 6 and forgets that within
  # thousands of steps. A file of stage 2 takes the range of the moment, too.
  return quantizers.LastValueQuantizer(
    num_bits=8, per_axis=False, symmetric=False, narrow_range=False
  )


class Rounded(layers.Wrapper):
  """A layer whose outputs are rounded."""

  def __init__(self, layer: layers.Layer, **kwargs: Any):
    super().__init__(layer, name=f'rounded_{layer.name}', **kwargs)
    self._quantizer = _output_quantizer()

  def build(self, input_shape: Any) -> None:
    super().build(input_shape)
    self._range = self._quantizer.build(None, 'output', self)

  def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
    keeps = isinstance(self.layer, layers.BatchNormalization)
    options = {'training': training} if keeps else {}
    outputs = self.layer(inputs, **options)
    return self._quantizer(outputs, bool(training), self._range)


class Convolution(layers.Wrapper):
  """A convolution with clustered weights, rounded ones, or both.

  Its weights that are zero when `begin` is called stay zero.
  """

  def __init__(
    self,
    layer: layers.Conv2D,
    settings: config_lib.TrainConfig,
    **kwargs: Any,
  ):
    super().__init__(layer, name=f'rounded_{layer.name}', **kwargs)
    self._count = settings.clusters
    self._quantized = settings.quantized
    self._quantizer = _weights_quantizer()
    # Rounded after normalisation, as a file does, or by itself without one.
    self._ends = settings.quantized and not bodies.is_normalised(layer)
    self._output_quantizer = _output_quantizer()

  def build(self, input_shape: Any) -> None:
    super().build(input_shape)
    shape = self.layer.kernel.shape
    self.mask = self.add_weight(
      'mask', shape, initializer='ones', trainable=False
    )
    self.shares = []
    if self._count:
      self.shares = [
        self.add_weight('shares', [self._count], constraint=clustering.pinned)
      ]
      self._clusters = clustering.Clusters(self.shares[0], clustering.MEAN)
    if self._quantized:
      self._range = self._quantizer.build(shape, 'kernel', self)
    if self._ends:
      self._output_range = self._output_quantizer.build(None, 'output', self)

  def begin(self) -> None:
    """Takes the layer's weights as those to start from."""
    kernel = self.layer.kernel
    self.mask.assign(tf.cast(kernel != 0.0, self.mask.dtype))
    for shares in self.shares:
      shares.assign(clustering.first_shares(kernel, self._count))

  def settled(self) -> tf.Tensor:
    """Returns the weights to save: clustered, if they are, and not rounded."""
    kernel = tf.convert_to_tensor(self.layer.kernel)
    if not self.shares:
      return kernel * self.mask
    return clustering.clustered(kernel, self.mask, self._clusters)

  def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    kernel = self.settled()
    if self._quantized:
      # Always in the range of now: the weights of a validation are averages.
      kernel = self._quantizer(kernel, True, self._range)
    outputs = self.layer.convolution_op(inputs, kernel)
    if self.layer.use_bias:
      outputs = tf.nn.bias_add(outputs, self.layer.bias)
    if self.layer.activation is not None:
      outputs = self.layer.activation(outputs)
    if self._ends:
      outputs = self._output_quantizer(
        outputs, bool(training), self._output_range
      )
    return outputs


def wrapped(
  network: tf.keras.Model, settings: config_lib.TrainConfig
) -> tf.keras.Model:
  """Returns a model of a network's own layers, clustered or rounded.

  Args:
    network: functional.
    settings: says how many clusters, and whether to round.
  """

  def wrap(layer: layers.Layer) -> layers.Layer:
    if bodies.is_convolution(layer):
      return Convolution(layer, settings)
    if settings.quantized and bodies.is_rounded(layer):
      return Rounded(layer)
    return layer

  return tf.keras.models.clone_model(network, clone_function=wrap)


def convolutions(model: tf.keras.Model) -> list[Convolution]:
  """Returns the wrapped convolutions of `wrapped`'s model."""
  return [layer for layer in model.layers if isinstance(layer, Convolution)]
