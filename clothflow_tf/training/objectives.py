# SPDX-License-Identifier: Apache-2.0
"""What each stage minimises: loss terms, and their weights step by step.

`weights` names the terms that count and weighs them; `terms` computes exactly
these, [B] each, of what a network returned and of the truth. A term whose
weight is 0 throughout is not computed. Weights are constant but for stage 2's
with a warm start (`config.flow.warm_start`): with t rising from 0 to 1,

    endpoint = (1 - t) endpoint_start + t endpoint_end
    weight   = (share + t (1 - share)) weight_end         of the paper's terms
"""

import dataclasses
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.losses import perceptual
from clothflow_tf.losses import terms as terms_lib

Terms = dict[str, tf.Tensor]
Weights = dict[str, Any]  # Of floats, or of float32 tensors.
# What the terms that compare images by their features need.
Features = perceptual.Features


class LayoutObjective:
  """Stage 1: weighted cross-entropy, on the grid that the network works on.

  With `downsampling`, logits and labels are averaged back to that grid: finer
  labels than the network can draw cost a third of a step and teach it nothing.
  """

  def __init__(
    self, config: config_lib.Config, features: Features | None = None
  ):
    del features  # Layouts are not images.
    self._settings, self._ends = config.layout, config.data.ends

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    """Returns the terms' weights; this stage's are always the same."""
    del step
    weights = {'cross_entropy': 1.0}
    if self._ends and self._settings.ends:
      weights['ends'] = self._settings.ends
    return weights

  def terms(self, drawn: Terms, batch: Terms) -> Terms:
    """Returns the terms of `models.layout.LayoutNet`'s result."""
    side = self._settings.downsampling
    logits, target = (
      tf.nn.avg_pool2d(x, side, side, 'VALID') if side > 1 else x
      for x in (drawn['logits'], batch['target_layout'])
    )
    found = {
      'cross_entropy': terms_lib.weighted_cross_entropy(
        logits, target, self._settings.class_weights
      )
    }
    if 'ends' in self.weights():
      truth, known = batch['target_ends'], batch['target_ends_known']
      found['ends'] = terms_lib.ends(drawn['ends'], truth, known)
    return found


class FlowObjective:
  """Stage 2: L_flow, and the end-point error where asked for."""

  def __init__(
    self, config: config_lib.Config, features: Features | None = None
  ):
    self._config, self._features = config, features

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    """Returns the terms' weights before a step, or at the end."""
    flow = self._config.flow
    weights = {
      'roi_perceptual': flow.roi_perceptual,
      'structure': flow.structure,
      'smoothness': flow.smoothness,
    }
    weights = {name: weight for name, weight in weights.items() if weight}
    if not flow.warm_start.end:
      return (
        {**weights, 'endpoint': flow.endpoint} if flow.endpoint else weights
      )
    return _on_the_way(weights, flow, step)

  def terms(self, result: Terms, batch: Terms) -> Terms:
    """Returns the terms of `models.flow.FlowNet`'s result.

    Raises:
      ValueError: supervised, but the batch has no true flow.
    """
    compute = {
      'roi_perceptual': self._roi_perceptual,
      'structure': self._structure,
      'smoothness': lambda result, _: terms_lib.smoothness(result['flows']),
      'endpoint': self._endpoint,
    }
    return {name: compute[name](result, batch) for name in self.weights()}

  def _present(self, batch: Terms) -> tf.Tensor:
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
    single = self._config.data.task == 'try_on'
    return terms_lib.roi_perceptual(
      warped,
      target,
      1 if single else batch_lib.NUM_CLOTHING,
      self._features,
      self._config.perceptual.level_weights,
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


class RenderObjective:
  """Stage 3: perceptual and Gram-matrix style loss."""

  def __init__(
    self, config: config_lib.Config, features: Features | None = None
  ):
    self._config, self._features = config, features

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    """Returns the terms' weights; this stage's are always the same."""
    del step
    render = self._config.render
    weights = {'perceptual': render.perceptual, 'style': render.style}
    if self._config.perceptual.network == 'none':
      del weights['style']  # Without features there is no Gram matrix.
    return {name: weight for name, weight in weights.items() if weight}

  def terms(self, image: tf.Tensor, batch: Terms) -> Terms:
    """Returns the terms of an image [B, H, W, 3]."""
    settings = self._config.perceptual
    target = batch['target_image']
    # Both terms compare the same activations, most of this stage's work.
    known = {id(x): self._features(x) for x in (image, target)}
    pair = image, target, lambda x: known[id(x)]
    compute = {
      'perceptual': lambda: terms_lib.perceptual(*pair, settings.level_weights),
      'style': lambda: terms_lib.style(*pair, settings.style_levels),
    }
    return {name: compute[name]() for name in self.weights()}


class JointObjective:
  """All stages that learn, with the weights that each has at its end.

  The image counts whenever stage 2 learns, through whose warp it is seen.
  """

  def __init__(
    self, config: config_lib.Config, features: Features | None = None
  ):
    rates, self._parts = config.joint, {}
    if rates.layout_rate:
      self._parts['layout'] = LayoutObjective(config)
    if rates.flow_rate:
      settled_config = dataclasses.replace(config, flow=settled(config.flow))
      self._parts['flow'] = FlowObjective(settled_config, features)
    self._parts['render'] = RenderObjective(config, features)

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    """Returns the terms' weights, the same at all steps."""
    del step
    parts = [part.weights() for part in self._parts.values()]
    return {name: weight for part in parts for name, weight in part.items()}

  def terms(self, results: dict[str, Any], batch: Terms) -> Terms:
    """Returns the terms of each stage's result, by the stage's name."""
    found = {}
    for stage, part in self._parts.items():
      found.update(part.terms(results[stage], batch))
    return found


def settled(flow: config_lib.FlowConfig) -> config_lib.FlowConfig:
  """Returns stage 2's settings with the weights of the end of a warm start."""
  if not flow.warm_start.end:
    return flow
  return dataclasses.replace(
    flow,
    endpoint=flow.warm_start.endpoint,
    warm_start=config_lib.WarmStartConfig(),
  )


_KINDS = {
  'layout': LayoutObjective,
  'flow': FlowObjective,
  'render': RenderObjective,
  'joint': JointObjective,
}
Objective = LayoutObjective | FlowObjective | RenderObjective | JointObjective


def make(training: str, config: config_lib.Config) -> Objective:
  """Returns the objective of one of `config.TRAININGS`, feature network loaded.

  Raises:
    FileNotFoundError, OSError, ValueError: the feature network's weights.
  """
  needed = needs_features(training, config)
  features = perceptual.Features(config.perceptual) if needed else None
  return _KINDS[training](config, features)


def names(training: str, config: config_lib.Config) -> list[str]:
  """Returns the terms that count in one of `config.TRAININGS`."""
  return list(_KINDS[training](config).weights())


def needs_features(training: str, config: config_lib.Config) -> bool:
  """Says whether a term compares what the feature network makes of images."""
  compared = {'roi_perceptual', 'perceptual', 'style'}
  return not compared.isdisjoint(names(training, config))


def _on_the_way(
  weights: Weights, flow: config_lib.FlowConfig, step: tf.Tensor | None
) -> Weights:
  """Returns stage 2's weights on the way from its warm start to its end."""
  warm, done = flow.warm_start, 1.0
  if step is not None:
    done = tf.cast(step - warm.begin, tf.float32) / (warm.end - warm.begin)
    done = tf.clip_by_value(done, 0.0, 1.0)
  share = warm.share + done * (1.0 - warm.share)
  moving = {name: share * weight for name, weight in weights.items()}
  if flow.endpoint or warm.endpoint:
    moving['endpoint'] = (1.0 - done) * flow.endpoint + done * warm.endpoint
  return moving
