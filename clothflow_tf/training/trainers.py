# SPDX-License-Identifier: Apache-2.0
"""Trainers: where a network meets its losses.

A trainer is a Keras model around one stage's network; `fit` runs its
`train_step` on batches of raw records under whatever strategy is in scope.
`terms` names each loss term, [B]; the weights come from the configuration and a
term of weight 0 is not computed. A term is averaged over the replica's batch
and divided by the number of replicas, since gradients are added over replicas.
Batch normalisation takes its statistics from all replicas.
"""

from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.data import inputs as inputs_lib
from clothflow_tf.losses import perceptual
from clothflow_tf.losses import terms as terms_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import disturbance
from clothflow_tf.training import optimizers
from clothflow_tf.training import recomputation

Terms = dict[str, tf.Tensor]


class Trainer(tf.keras.Model):
  """Common to the stages; each says its `stage`, `weights_of` and `terms`."""

  stage = ''

  def __init__(self, config: config_lib.Config):
    super().__init__(name=f'{self.stage}_trainer')
    self.config = config
    self._settings = getattr(config, self.stage).train
    with optimizers.precision(self._settings.precision):
      self.network = try_on.build_stage(self.stage, config)
    recompute = self._settings.recompute
    self._forward = recomputation.Forward(self.network, recompute)
    self._learning = True
    self._means = {
      name: tf.keras.metrics.Mean(name)
      for name in ('loss', *self.term_weights())
    }
    # Not the optimizer's count, which leaves out a step whose scaled float16
    # gradients overflowed.
    self.steps_done = tf.Variable(
      0,
      trainable=False,
      dtype=tf.int64,
      aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )

  def term_weights(self) -> dict[str, float]:
    """Returns the weight of each loss term that counts."""
    raise NotImplementedError

  def terms(self, batch: dict[str, tf.Tensor]) -> Terms:
    """Returns each counting loss term, float32 [B], of a batch."""
    raise NotImplementedError

  def _maybe_load_initial_counters_from_ckpt(
    self, steps_per_epoch: int | None, initial_epoch: int
  ) -> tuple[int, int]:
    """Tells `fit` the epoch and the step within it to go on at.

    Keras asks this method, which is private to it but set for good in the last
    release of its second generation, so that its own backups can do the same.
    """
    done = int(self.steps_done.numpy())
    if not (done and steps_per_epoch):
      return initial_epoch, 0
    return divmod(done, steps_per_epoch)

  def state(self) -> dict[str, Any]:
    """Returns all that a training needs to go on: what a backup holds."""
    return {
      'network': self.network,
      'optimizer': self.optimizer,
      'steps_done': self.steps_done,
      'means': self._means,
    }

  @property
  def metrics(self) -> list[tf.keras.metrics.Metric]:
    return list(self._means.values())

  def call(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
    return self.network(try_on.pick(batch, self.network))

  def train_step(self, record: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    variables = self.network.trainable_variables
    first, *others = _parts(record, self._settings.accumulate)
    gradients = self._gradients(first, variables)
    for part in others:
      # One after another, or all activations would be in memory at once.
      with tf.control_dependencies(gradients):
        part = {name: tf.identity(value) for name, value in part.items()}
      found = self._gradients(part, variables)
      gradients = [a + b for a, b in zip(gradients, found)]
    self.optimizer.apply_gradients(zip(gradients, variables))
    self.steps_done.assign_add(1)
    return {name: mean.result() for name, mean in self._means.items()}

  def _gradients(
    self, record: dict[str, tf.Tensor], variables: list[tf.Variable]
  ) -> list[tf.Tensor]:
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    with tf.GradientTape() as tape:
      loss = self._measured_loss(record)
      loss = scaled = loss / (replicas * self._settings.accumulate)
      if self._settings.precision == 'float16':
        scaled = self.optimizer.get_scaled_loss(loss)
    gradients = tape.gradient(scaled, variables)
    if self._settings.precision == 'float16':
      gradients = self.optimizer.get_unscaled_gradients(gradients)
    return gradients

  def _measured_loss(self, record: dict[str, tf.Tensor]) -> tf.Tensor:
    """Returns the weighted sum of the terms' means, and notes them all."""
    batch = inputs_lib.from_record(record, self.config.data)
    terms = {k: tf.reduce_mean(v) for k, v in self.terms(batch).items()}
    weights = self.term_weights()
    loss = tf.add_n([weights[name] * terms[name] for name in weights])
    self._means['loss'].update_state(loss)
    for name in weights:
      self._means[name].update_state(terms[name])
    return loss

  def test_step(self, record: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    self._learning = False  # While this step is traced.
    self._measured_loss(record)
    self._learning = True
    return {name: mean.result() for name, mean in self._means.items()}

  def predict_network(
    self, batch: dict[str, tf.Tensor]
  ) -> dict[str, tf.Tensor]:
    """Runs the network, with batch statistics where it is learning."""
    return self._forward(try_on.pick(batch, self.network), self._learning)


class LayoutTrainer(Trainer):
  """Stage 1: weighted cross-entropy, on the grid that the network works on.

  With `downsampling`, logits and labels are averaged back to that grid: finer
  labels than the network can draw cost a third of a step and teach it nothing.
  """

  stage = 'layout'

  def term_weights(self) -> dict[str, float]:
    return {'cross_entropy': 1.0}

  def terms(self, batch: dict[str, tf.Tensor]) -> Terms:
    side = self.config.layout.downsampling
    logits, target = (
      tf.nn.avg_pool2d(x, side, side, 'VALID') if side > 1 else x
      for x in (self.predict_network(batch), batch['target_layout'])
    )
    return {
      'cross_entropy': terms_lib.weighted_cross_entropy(
        logits, target, self.config.layout.class_weights
      )
    }


class FlowTrainer(Trainer):
  """Stage 2: L_flow, and the end-point error where asked for."""

  stage = 'flow'

  def __init__(self, config: config_lib.Config):
    super().__init__(config)
    if config.flow.roi_perceptual:
      self.features = perceptual.Features(config.perceptual)

  def term_weights(self) -> dict[str, float]:
    flow = self.config.flow
    weights = {
      'roi_perceptual': flow.roi_perceptual,
      'structure': flow.structure,
      'smoothness': flow.smoothness,
      'endpoint': flow.endpoint,
    }
    return {name: weight for name, weight in weights.items() if weight}

  def terms(self, batch: dict[str, tf.Tensor]) -> Terms:
    result = self.predict_network(batch)
    compute = {
      'roi_perceptual': self._roi_perceptual,
      'structure': self._structure,
      'smoothness': lambda result, _: terms_lib.smoothness(result['flows']),
      'endpoint': self._endpoint,
    }
    return {name: compute[name](result, batch) for name in self.term_weights()}

  def _present(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
    return terms_lib.presence(
      batch['source_clothing'], batch['target_clothing']
    )

  def _roi_perceptual(self, result: Terms, batch: Terms) -> tf.Tensor:
    warped = {
      'garment': result['warped_garment'],
      'clothing': result['warped_clothing'],
    }
    target = {
      'garment': batch['target_garment'],
      'clothing': batch['target_clothing'],
      'present': self._present(batch),
    }
    # A product photo shows one garment; a person may wear all categories.
    single = self.config.data.task == 'try_on'
    return terms_lib.roi_perceptual(
      warped,
      target,
      1 if single else inputs_lib.NUM_CLOTHING,
      self.features,
      self.config.perceptual.level_weights,
    )

  def _structure(self, result: Terms, batch: Terms) -> tf.Tensor:
    return terms_lib.structure(
      result['warped_clothing'], batch['target_clothing'], self._present(batch)
    )

  def _endpoint(self, result: Terms, batch: Terms) -> tf.Tensor:
    if 'flow' not in batch:
      raise ValueError(
        'config.flow.endpoint is not 0, but the data set has no true flow'
      )
    return terms_lib.endpoint(result['flows'], batch['flow'], batch['visible'])


class RenderTrainer(Trainer):
  """Stage 3: perceptual and Gram-matrix style loss.

  Its garment is warped by the trained stage 2 (frozen), or by the true flow,
  displaced and eroded at random, so that it learns to fill rims and holes.
  """

  stage = 'render'

  def __init__(
    self, config: config_lib.Config, flow_net: tf.keras.Model | None = None
  ):
    super().__init__(config)
    self.features = perceptual.Features(config.perceptual)
    self.flow_net = flow_net
    if flow_net is not None:
      flow_net.trainable = False

  def term_weights(self) -> dict[str, float]:
    render = self.config.render
    weights = {'perceptual': render.perceptual, 'style': render.style}
    if self.config.perceptual.network == 'none':
      del weights['style']  # Without features there is no Gram matrix.
    return {name: weight for name, weight in weights.items() if weight}

  def terms(self, batch: dict[str, tf.Tensor]) -> Terms:
    warped = self.warped(batch)
    batch = {
      **batch,
      **try_on.render_inputs(batch, warped, self.config.render),
    }
    image = self.predict_network(batch)
    settings = self.config.perceptual
    target = batch['target_image']
    compute = {
      'perceptual': lambda: terms_lib.perceptual(
        image, target, self.features, settings.level_weights
      ),
      'style': lambda: terms_lib.style(
        image, target, self.features, settings.style_levels
      ),
    }
    return {name: compute[name]() for name in self.term_weights()}

  def warped(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns the garment and its clothing as the network gets them, warped."""
    if self.config.render.warp_source == 'stage':
      return self.flow_net(try_on.pick(batch, self.flow_net), training=False)
    if 'flow' not in batch:
      raise ValueError(
        'config.render.warp_source is truth, but the data set has no true flow'
      )
    return disturbance.disturbed_warp(batch, self.config)


def _parts(
  record: dict[str, tf.Tensor], count: int
) -> list[dict[str, tf.Tensor]]:
  """Splits a batch, whose size is a multiple of the count."""
  if count == 1:
    return [record]
  split = {name: tf.split(value, count) for name, value in record.items()}
  return [{k: values[i] for k, values in split.items()} for i in range(count)]
