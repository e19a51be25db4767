# SPDX-License-Identifier: Apache-2.0
"""What trainers call to train a network that shall be small.

A model stands in for the network while it trains, made of the same layers with
wrappers around some: the network's own variables are trained, saved and
exported as ever, and nothing that loads a run knows of it.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.training.compression import pruning
from clothflow_tf.training.compression import rounding


def wrapped(
  network: tf.keras.Model, settings: config_lib.TrainConfig
) -> tf.keras.Model | None:
  """Returns what stands in for a network, or None where nothing does."""
  if settings.sparsity:
    return pruning.wrapped(network, settings)
  if settings.clusters or settings.quantized:
    return rounding.wrapped(network, settings)
  return None


def begin(model: tf.keras.Model) -> None:
  """Takes the network's weights, which are loaded by now, to start from."""
  for layer in rounding.convolutions(model):
    layer.begin()


def variables(model: tf.keras.Model) -> list[tf.Variable]:
  """Returns what is learned beside the network's own variables."""
  layers = rounding.convolutions(model)
  return [shares for layer in layers for shares in layer.shares]


def callbacks(
  settings: config_lib.TrainConfig,
) -> list[tf.keras.callbacks.Callback]:
  """Returns what a training needs for it."""
  return [pruning.callback()] if settings.sparsity else []


def settle(model: tf.keras.Model) -> None:
  """Gives the network the weights that it was trained to have.

  Averages of weights are not quite zero, or quite the same.
  """
  pruning.settle(model)
  for layer in rounding.convolutions(model):
    layer.layer.kernel.assign(layer.settled())
