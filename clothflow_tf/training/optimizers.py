# SPDX-License-Identifier: Apache-2.0
"""The optimizer that a stage's configuration describes."""

import tensorflow as tf

from clothflow_tf import config as config_lib


def make(settings: config_lib.TrainConfig) -> tf.keras.optimizers.Optimizer:
  """Returns Adam with the learning rate's schedule."""
  rate = settings.learning_rate
  if settings.schedule == 'cosine':
    rate = tf.keras.optimizers.schedules.CosineDecay(rate, settings.steps)
  return tf.keras.optimizers.Adam(
    rate, beta_1=settings.beta_1, beta_2=settings.beta_2
  )
