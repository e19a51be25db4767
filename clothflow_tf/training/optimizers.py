# SPDX-License-Identifier: Apache-2.0
"""The optimizer that a stage's configuration describes, and its precision."""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import re
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib

mixed_precision = tf.keras.mixed_precision
schedules = tf.keras.optimizers.schedules


# Pairs of variables and the share of the learning rate that they learn at.
Rates = list[tuple[Sequence[tf.Variable], float]]


def make(
  settings: config_lib.TrainConfig, rates: Rates | None = None
) -> tf.keras.optimizers.Optimizer:
  """Returns Adam with schedule, clipping, averaged weights and loss scale.

  Args:
    settings: how a stage trains.
    rates: which variables learn at a share of the rate; none: all learn at it.
  """
  kind, options = tf.keras.optimizers.Adam, {}
  if settings.ema:
    options = {'use_ema': True, 'ema_momentum': settings.ema}
  if rates:
    kind, options = RatedAdam, {**options, 'rates': rates}
  optimizer = kind(
    _rate(settings),
    beta_1=settings.beta_1,
    beta_2=settings.beta_2,
    # Of all gradients together; clipping each would turn their direction.
    global_clipnorm=settings.clip_norm or None,
    **options,
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


class Rated:
  """Gives a Keras optimizer learning rates that differ between variables.

  Adam's steps do not depend on the size of gradients, so scaling these would
  change nothing. Instead the rate is scaled while one variable is updated.
  """

  def __init__(self, *arguments: Any, rates: Rates, **named: Any):
    self._share = 1.0
    super().__init__(*arguments, **named)
    # A method, as Keras would put a dictionary into every checkpoint.
    shares = {x.name: share for xs, share in rates for x in xs}
    self._share_of = shares.get

  @property
  def learning_rate(self) -> Any:
    rate = super().learning_rate
    return rate if self._share == 1.0 else rate * self._share

  @learning_rate.setter
  def learning_rate(self, rate: Any) -> None:
    tf.keras.optimizers.Optimizer.learning_rate.fset(self, rate)

  def update_step(self, gradient: tf.Tensor, variable: tf.Variable) -> None:
    # Of two replicas, the second has a variable NAME/replica_1.
    name = re.sub(r'/replica_\d+', '', variable.name)
    self._share = self._share_of(name, 1.0)
    super().update_step(gradient, variable)
    self._share = 1.0


class RatedAdam(Rated, tf.keras.optimizers.Adam):
  """Adam, some of whose variables learn at a share of its rate."""


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
  """Layers made within compute in 'float32', 'float16' or 'bfloat16'."""
  # Keras' layers take the global policy when they are made, and keep it.
  before = mixed_precision.global_policy()
  policy = name if name == 'float32' else f'mixed_{name}'
  mixed_precision.set_global_policy(policy)
  try:
    yield
  finally:
    mixed_precision.set_global_policy(before)
