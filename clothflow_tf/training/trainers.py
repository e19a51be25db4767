# SPDX-License-Identifier: Apache-2.0
"""Trainers: where a network meets its losses.

A trainer is a Keras model around one stage's network; `fit` runs its
`train_step` on batches of raw records under whatever strategy is in scope. The
stage's objective (`objectives`) says which terms count, and how much.
"""

from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import averages
from clothflow_tf.training import ends_noise
from clothflow_tf.training import keras_private
from clothflow_tf.training import objectives
from clothflow_tf.training import optimizers
from clothflow_tf.training import recomputation
from clothflow_tf.training import warp_noise
from clothflow_tf.training.compression import compressed

Terms = objectives.Terms


class Trainer(keras_private.Resumable):
  """Common to all trainers; each names its `stage`.

  Attributes:
    config: the run's configuration.
    network: what is trained.
    objective: what it minimises.
    steps_done: optimizer steps in all, over restarts.
    statistics: averages of batch normalisation's statistics, if `train.ema`.
    compressed: of each stage, what stands in for its network where it shall
      become small (`compression`).
  """

  stage = ''

  def __init__(self, config: config_lib.Config):
    super().__init__(name=f'{self.stage}_trainer')
    # The means that a step returns are of all replicas already; by default
    # Keras adds them up, and the progress bar shows a multiple.
    self.distribute_reduction_method = 'first'
    self.config = config
    self._settings = config.train_of(self.stage)
    with optimizers.precision(self._settings.precision):
      self.network = self.new_network()
    models = {
      stage: compressed.wrapped(network, self._settings)
      for stage, network in self.networks().items()
    }
    self.compressed = {k: model for k, model in models.items() if model}
    recompute = self._settings.recompute
    self._forwards = {
      stage: recomputation.Forward(
        self.compressed.get(stage, network), recompute
      )
      for stage, network in self.networks().items()
    }
    self.objective = objectives.make(self.stage, config)
    # The optimizer's own count leaves out a step whose scaled float16 gradients
    # overflowed; the order of the examples does not.
    self.steps_done = tf.Variable(
      0,
      trainable=False,
      dtype=tf.int64,
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
    weights = self.objective.weights(self.steps_done)
    moving = [_curve(name) for name in weights if tf.is_tensor(weights[name])]
    self._means = {
      name: tf.keras.metrics.Mean(name) for name in ('loss', *weights, *moving)
    }

  def new_network(self) -> tf.keras.Model:
    """Returns what is trained, with its first weights."""
    return try_on.build_stage(self.stage, self.config)

  def networks(self) -> dict[str, tf.keras.Model]:
    """Returns the network of each stage that takes part, by stage."""
    return {self.stage: self.network}

  def results(self, batch: Terms, learning: bool = True) -> Any:
    """Returns what `objective` judges.

    Args:
      batch: of `inputs.batch`.
      learning: normalise by the batch's own statistics, and move the running
        ones; otherwise as at inference.
    """
    return self.predict_network(self.seen(batch, learning), learning)

  def seen(self, batch: Terms, learning: bool) -> Terms:
    """Returns a batch as the network gets it."""
    del learning
    return batch

  def predict_network(self, batch: Terms, learning: bool = True) -> Any:
    """Runs the network on its part of a batch; `learning` as in `results`."""
    inputs = try_on.inputs_of(self.stage, batch, self.network, self.config)
    return self._forwards[self.stage](inputs, learning)

  def trained_variables(self) -> list[tf.Variable]:
    """Returns what the optimizer changes."""
    return self.variables_of(self.stage)

  def variables_of(self, stage: str) -> list[tf.Variable]:
    """Returns what is learned of a stage that takes part."""
    own = list(self.networks()[stage].trainable_variables)
    if stage in self.compressed:
      own += compressed.variables(self.compressed[stage])
    return own

  @property
  def trainable_variables(self) -> list[tf.Variable]:
    # At its end, Keras' `fit` has the optimizer put averages into these.
    return self.trained_variables()

  def learned_statistics(self) -> list[tf.Variable]:
    """Returns what batch normalisation changes while this learns."""
    return self.network.non_trainable_variables

  def rates(self) -> optimizers.Rates:
    """Returns which variables learn at another rate than `learning_rate`."""
    return []

  def compile(self, *arguments: Any, **named: Any) -> None:
    """Compiles, and makes the optimizer's variables and the averages' too."""
    super().compile(*arguments, **named)
    self.optimizer.build(self.trained_variables())
    self.statistics = averages.Statistics(
      self.learned_statistics(), self._settings.ema
    )

  def state(self) -> dict[str, Any]:
    """Returns all that a training needs to go on: what a backup holds."""
    others = {'compressed': self.compressed} if self.compressed else {}
    return {
      'network': self.network,
      **others,
      'optimizer': self.optimizer,
      'statistics': self.statistics,
      'steps_done': self.steps_done,
      'means': self._means,
    }

  @property
  def metrics(self) -> list[tf.keras.metrics.Metric]:
    return list(self._means.values())

  def call(self, batch: Terms) -> Any:
    return self.results(batch)

  # Nothing here branches on tensors. Without AutoGraph, which would rewrite
  # all code that a step runs, its first trace takes a quarter less time.
  @tf.autograph.experimental.do_not_convert
  def train_step(self, record: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    variables = self.trained_variables()
    first, *others = _parts(record, self._settings.accumulate)
    gradients = self._gradients(first, variables)
    for part in others:
      # One after another, or all activations would be in memory at once.
      with tf.control_dependencies(gradients):
        part = {name: tf.identity(value) for name, value in part.items()}
      added = self._gradients(part, variables)
      gradients = [a + b for a, b in zip(gradients, added)]
    self.optimizer.apply_gradients(zip(gradients, variables))
    self.statistics.update()
    self.steps_done.assign_add(1)
    return {name: mean.result() for name, mean in self._means.items()}

  @tf.autograph.experimental.do_not_convert
  def test_step(self, record: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    self._measured_loss(record, learning=False)
    return {name: mean.result() for name, mean in self._means.items()}

  def _gradients(
    self, record: dict[str, tf.Tensor], variables: list[tf.Variable]
  ) -> list[tf.Tensor]:
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    with tf.GradientTape() as tape:
      loss = self._measured_loss(record, learning=True)
      # The optimizer adds gradients over replicas, and `train_step` over parts;
      # undivided, a step would grow with their number.
      loss = scaled = loss / (replicas * self._settings.accumulate)
      if self._settings.precision == 'float16':
        scaled = self.optimizer.get_scaled_loss(loss)
    gradients = tape.gradient(scaled, variables)
    if self._settings.precision == 'float16':
      gradients = self.optimizer.get_unscaled_gradients(gradients)
    return gradients

  def _measured_loss(
    self, record: dict[str, tf.Tensor], learning: bool
  ) -> tf.Tensor:
    """Returns the weighted sum of the terms' means, and adds to the curves."""
    batch = batch_lib.from_record(record, self.config.data)
    terms = self.objective.terms(self.results(batch, learning), batch)
    means = {name: tf.reduce_mean(value) for name, value in terms.items()}
    # Validation is weighed as at the end, or its epochs could not be compared.
    weights = self.objective.weights(self.steps_done if learning else None)
    loss = tf.add_n([weights[name] * means[name] for name in weights])
    self._means['loss'].update_state(loss)
    for name, weight in weights.items():
      self._means[name].update_state(means[name])
      if _curve(name) in self._means:
        self._means[_curve(name)].update_state(weight)
    return loss


class LayoutTrainer(Trainer):
  """Stage 1."""

  stage = 'layout'

  def seen(self, batch: Terms, learning: bool) -> Terms:
    if not (learning and self.config.data.ends):
      return batch  # Measured, it decides itself, as at inference.
    return {**batch, **ends_noise.given(batch, self.config)}


class FlowTrainer(Trainer):
  """Stage 2, on true layouts."""

  stage = 'flow'

  def seen(self, batch: Terms, learning: bool) -> Terms:
    return {**batch, **try_on.true_layout(batch, self.config.layout)}


class RenderTrainer(Trainer):
  """Stage 3.

  Its garment is warped by the trained stage 2 (frozen), or by the true flow,
  displaced and eroded at random, so that it learns to fill rims and holes.
  """

  stage = 'render'

  def __init__(
    self, config: config_lib.Config, flow_net: tf.keras.Model | None = None
  ):
    super().__init__(config)
    self.flow_net = flow_net
    if flow_net is not None:
      flow_net.trainable = False

  def seen(self, batch: Terms, learning: bool) -> Terms:
    batch = {**batch, **try_on.true_layout(batch, self.config.layout)}
    warped = self.warped(batch)
    return {**batch, **try_on.render_inputs(batch, warped, self.config.render)}

  def warped(self, batch: Terms) -> Terms:
    """Returns the garment and its clothing as the network gets them, warped."""
    if self.config.render.warp_source == 'stage':
      inputs = try_on.inputs_of('flow', batch, self.flow_net, self.config)
      return self.flow_net(inputs, training=False)
    if 'flow' not in batch:
      raise ValueError(
        'config.render.warp_source is truth, but the data set has no true flow'
      )
    return warp_noise.disturbed_warp(batch, self.config)


def _curve(name: str) -> str:
  """Returns what the curve of a term's weight is called."""
  return f'{name}_weight'


def _parts(
  record: dict[str, tf.Tensor], count: int
) -> list[dict[str, tf.Tensor]]:
  """Splits a batch, whose size is a multiple of the count."""
  if count == 1:
    return [record]
  split = {name: tf.split(value, count) for name, value in record.items()}
  return [{k: values[i] for k, values in split.items()} for i in range(count)]
