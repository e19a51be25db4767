# SPDX-License-Identifier: Apache-2.0
"""The optimizer that a stage's configuration describes, and its precision."""

from collections.abc import Iterator
import contextlib

import tensorflow as tf

from clothflow_tf import config as config_lib

mixed_precision = tf.keras.mixed_precision
schedules = tf.keras.optimizers.schedules


def make(settings: config_lib.TrainConfig) -> tf.keras.optimizers.Optimizer:
  """Returns Adam with schedule, clipping, averaged weights and loss scale."""
  averaged = {}
  if settings.ema:
    averaged = {'use_ema': True, 'ema_momentum': settings.ema}
  optimizer = tf.keras.optimizers.Adam(
    _rate(settings),
    beta_1=settings.beta_1,
    beta_2=settings.beta_2,
    global_clipnorm=settings.clip_norm or None,
    **averaged,
  )
  if settings.precision == 'float16':
    return mixed_precision.LossScaleOptimizer(optimizer)
  return optimizer


def _rate(
  settings: config_lib.TrainConfig,
) -> float | schedules.LearningRateSchedule:
  rate, steps = settings.learning_rate, settings.steps
  if settings.schedule == 'cosine':
    return schedules.CosineDecay(rate, steps)
  if settings.schedule == 'linear':
    return ConstantThenLinear(rate, steps)
  return rate


class ConstantThenLinear(schedules.LearningRateSchedule):
  """The full rate for half of all steps, then linearly to zero."""

  def __init__(self, rate: float, steps: int):
    self._rate, self._steps = rate, steps

  def __call__(self, step: tf.Tensor) -> tf.Tensor:
    left = 1.0 - tf.cast(step, tf.float32) / self._steps
    return self._rate * tf.clip_by_value(2.0 * left, 0.0, 1.0)

  def get_config(self) -> dict[str, float | int]:
    return {'rate': self._rate, 'steps': self._steps}


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
  """Layers made within compute in 'float32', 'float16' or 'bfloat16'."""
  before = mixed_precision.global_policy()
  policy = name if name == 'float32' else f'mixed_{name}'
  mixed_precision.set_global_policy(policy)
  try:
    yield
  finally:
    mixed_precision.set_global_policy(before)


@contextlib.contextmanager
def averaged(
  optimizer: tf.keras.optimizers.Optimizer, network: tf.keras.Model
) -> Iterator[None]:
  """Gives a network its averaged weights, where it has any, for a while.

  They are what a training saves in the end, so what it is judged by on the way.
  Called outside of replicas.
  """
  if not optimizer.use_ema:
    yield
    return
  variables = network.trainable_variables
  own = [tf.identity(variable) for variable in variables]
  optimizer.finalize_variable_values(variables)
  try:
    yield
  finally:
    for variable, value in zip(variables, own):
      variable.assign(value)
