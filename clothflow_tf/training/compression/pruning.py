# SPDX-License-Identifier: Apache-2.0
"""Pruning: while a network is trained, its smallest weights become zero.

A file of many zeros compresses to a smaller download (`train.sparsity`). The
masks are TensorFlow Model Optimization's: a polynomial schedule raises the
share of zeros over the first part of the training, the rest of it makes up for
what was lost (Zhu and Gupta, "To prune, or not to prune", 2017).

The pruned model stands beside the network and wraps the same layers, so that
the network's own variables are pruned, saved and exported as ever.
"""

import tensorflow as tf
import tensorflow_model_optimization as tfmot

from clothflow_tf import config as config_lib
from clothflow_tf.training.compression import bodies

layers = tf.keras.layers

# Where in a training the schedule begins and ends.
_BEGIN, _END = 0.05, 0.6
# Steps between two looks at which weights are smallest.
_FREQUENCY = 20


def wrapped(
  network: tf.keras.Model, settings: config_lib.TrainConfig
) -> tf.keras.Model:
  """Returns a model of a network's own layers that prunes as it learns.

  Args:
    network: functional.
    settings: says which share of each convolution's weights shall be zero, and
      after how many steps the training ends.
  """
  steps = settings.steps
  schedule = tfmot.sparsity.keras.PolynomialDecay(
    initial_sparsity=0.0,
    final_sparsity=settings.sparsity,
    begin_step=round(_BEGIN * steps),
    end_step=max(round(_END * steps), round(_BEGIN * steps) + 1),
    frequency=max(1, min(_FREQUENCY, steps // 20)),
  )

  def wrap(layer: layers.Layer) -> layers.Layer:
    if bodies.is_convolution(layer):
      return tfmot.sparsity.keras.prune_low_magnitude(layer, schedule)
    return layer

  return tf.keras.models.clone_model(network, clone_function=wrap)


def callback() -> tf.keras.callbacks.Callback:
  """Returns what starts the schedule."""
  return tfmot.sparsity.keras.UpdatePruningStep()


def settle(pruned: tf.keras.Model) -> None:
  """Sets what is masked to zero: averages of weights are not, quite."""
  for layer in pruned.layers:
    # tfmot does not export the class; its own operation needs a replica.
    for weight, mask, _ in getattr(layer, 'pruning_vars', ()):
      weight.assign(weight * mask)


def share(network: tf.keras.Model) -> float:
  """Returns which share of the body's convolutions' weights is zero."""
  kernels = [kernel.numpy() for kernel in bodies.kernels(network)]
  zeros = sum((kernel == 0.0).sum() for kernel in kernels)
  return float(zeros) / sum(kernel.size for kernel in kernels)
