# SPDX-License-Identifier: Apache-2.0
"""Averages over steps: what a training is judged by, and what it saves.

    average = decay average + (1 - decay) value

The optimizer keeps those of the weights. The statistics of batch normalisation
follow the last weights and do not fit averaged ones, so they are averaged
alike, as TensorFlow's Model Garden does.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
from typing import Any

import tensorflow as tf


class Statistics(tf.Module):
  """Averages of variables that no optimizer changes; none without a decay."""

  def __init__(self, variables: Sequence[tf.Variable], decay: float):
    super().__init__()
    self._decay = decay
    self._own = list(variables) if decay else []
    self.averages = [
      tf.Variable(
        _components(variable)[0],
        trainable=False,
        synchronization=variable.synchronization,
        aggregation=variable.aggregation,
        name='average',
      )
      for variable in self._own
    ]

  def update(self) -> None:
    """Includes the values of one more step; called by each replica."""
    for average, variable in zip(self.averages, self._own):
      average.assign_add((1.0 - self._decay) * (variable - average))

  def take(self) -> list[tf.Tensor]:
    """Gives the variables their averages; returns their values before."""
    before = [tf.identity(_components(x)[0]) for x in self._own]
    self.put_back([_components(x)[0] for x in self.averages])
    return before

  def put_back(self, values: Sequence[tf.Tensor]) -> None:
    """Gives the variables the values that `take` returned."""
    for variable, value in zip(self._own, values):
      for component in _components(variable):
        component.assign(value)


def settle(trainer: Any) -> None:
  """Gives a trainer's network its averages for good, where there are any.

  Called outside of replicas. A second call changes nothing.
  """
  trainer.optimizer.finalize_variable_values(trainer.trained_variables())
  trainer.statistics.take()


@contextlib.contextmanager
def averaged(trainer: Any) -> Iterator[None]:
  """Within, a trainer's network has its averages, where there are any.

  Validation and panels then judge what will be saved. Called outside of
  replicas.
  """
  if not trainer.optimizer.use_ema:
    yield
    return
  variables = trainer.trained_variables()
  own = [tf.identity(variable) for variable in variables]
  trainer.optimizer.finalize_variable_values(variables)
  statistics = trainer.statistics.take()
  try:
    yield
  finally:
    for variable, value in zip(variables, own):
      variable.assign(value)
    trainer.statistics.put_back(statistics)


def _components(variable: tf.Variable) -> Sequence[tf.Variable]:
  """Returns the variables of this worker's replicas, which are all equal."""
  # A variable that is averaged on reading can only be read, or assigned, while
  # all workers take part; but one of them alone draws panels.
  return getattr(variable, 'values', [variable])
