# SPDX-License-Identifier: Apache-2.0
"""What each stage minimises: loss terms, and their weights step by step.

`weights` names the terms that count and weighs them; `terms` computes exactly
these, [B] each, from a network's result and the truth. A term of weight 0 is
not computed. Weights are constant but for stage 2's with a warm start
(`config.flow.warm_start`): with t rising from 0 to 1,

    endpoint = (1 - t) endpoint_start + t endpoint_end
    weight   = (share + t (1 - share)) weight_end         of the paper's terms
"""

import dataclasses
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import coarse as coarse_lib
from clothflow_tf.losses import perceptual
from clothflow_tf.losses import terms as terms_lib
from clothflow_tf.models import layout as layout_lib

Terms = dict[str, tf.Tensor]
Weights = dict[str, Any]  # Of floats, or of float32 tensors.


class Objective:
  """What a stage minimises.

  Attributes:
    config: the run's configuration.
    features: phi, for terms that compare images by their features.
  """

  def __init__(
    self,
    config: config_lib.Config,
    features: perceptual.Features | None = None,
  ):
    self.config, self.features = config, features

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    """Returns the weight of each term before a step; without one, at the end.

    A term whose weight is 0 at all steps is left out.
    """
    raise NotImplementedError

  def terms(self, result: Any, batch: Terms) -> Terms:
    """Returns each term of `weights`, float32 [B], of a network's result.

    Raises:
      ValueError: a term needs the true flow, and the batch has none.
    """
    raise NotImplementedError


class LayoutObjective(Objective):
  """Stage 1: weighted cross-entropy, and the error of a garment's ends."""

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    weights = {'cross_entropy': 1.0}
    if self.config.data.ends and self.config.layout.ends:
      weights['ends'] = self.config.layout.ends
    return weights

  def terms(self, result: Terms, batch: Terms) -> Terms:
    layout = self.config.layout
    # On the network's grid: it cannot draw labels that are finer.
    coarse = coarse_lib.averaged(
      batch,
      ('target_layout', 'agnostic_layout', 'removed'),
      layout.side,
      self.config.data,
    )
    terms = {
      'cross_entropy': terms_lib.weighted_cross_entropy(
        layout_lib.with_kept(result['logits'], coarse, layout),
        coarse['target_layout'],
        layout.class_weights,
        self._pixel_weights(coarse),
      )
    }
    if 'ends' in self.weights():
      truth, known = batch['target_ends'], batch['target_ends_known']
      terms['ends'] = terms_lib.ends(result['ends'], truth, known)
    return terms

  def _pixel_weights(self, coarse: Terms) -> tf.Tensor | None:
    """Returns [B, h, w], `layout.kept_weight` where the person is kept."""
    weight = self.config.layout.kept_weight
    if weight == 1.0:
      return None
    same = coarse['agnostic_layout'] * coarse['target_layout']
    same = tf.reduce_sum(same, -1) * (1.0 - coarse['removed'][..., 0])
    return 1.0 + (weight - 1.0) * same


class FlowObjective(Objective):
  """Stage 2: L_flow of `models.flow.FlowNet`'s result, and supervision."""

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    flow, warm = self.config.flow, self.config.flow.warm_start
    names = ('roi_perceptual', 'structure', 'smoothness')
    weights = {name: getattr(flow, name) for name in names}
    weights = {name: weight for name, weight in weights.items() if weight}
    endpoint = flow.endpoint
    if warm.end:
      done = 1.0
      if step is not None:
        done = tf.cast(step - warm.begin, tf.float32) / (warm.end - warm.begin)
        done = tf.clip_by_value(done, 0.0, 1.0)
      share = warm.share + done * (1.0 - warm.share)
      weights = {name: share * weight for name, weight in weights.items()}
      endpoint = (1.0 - done) * flow.endpoint + done * warm.endpoint
    # Also where its weight ends at 0: the terms are the same at all steps.
    if flow.endpoint or warm.endpoint:
      weights['endpoint'] = endpoint
    return weights

  def terms(self, result: Terms, batch: Terms) -> Terms:
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
    if not self.config.flow.roi:
      return terms_lib.perceptual(
        warped['garment'],
        target['garment'],
        self.features,
        self.config.perceptual.level_weights,
      )
    # A product photo shows one garment; a person may wear all categories. Each
    # costs two passes through the feature network.
    single = self.config.data.task == 'try_on'
    return terms_lib.roi_perceptual(
      warped,
      target,
      1 if single else batch_lib.NUM_CLOTHING,
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


class RenderObjective(Objective):
  """Stage 3: perceptual and Gram-matrix style loss of images [B, H, W, 3]."""

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    render = self.config.render
    weights = {'perceptual': render.perceptual, 'style': render.style}
    if self.config.perceptual.network == 'none':
      del weights['style']  # Without features there is no Gram matrix.
    return {name: weight for name, weight in weights.items() if weight}

  def terms(self, result: Terms, batch: Terms) -> Terms:
    settings = self.config.perceptual
    image, target = result['image'], batch['target_image']
    # Both terms compare the same activations, which are most of a step's work.
    known = {id(x): self.features(x) for x in (image, target)}
    pair = image, target, lambda x: known[id(x)]
    compute = {
      'perceptual': lambda: terms_lib.perceptual(*pair, settings.level_weights),
      'style': lambda: terms_lib.style(*pair, settings.style_levels),
    }
    return {name: compute[name]() for name in self.weights()}


class JointObjective(Objective):
  """All stages that learn, of a dictionary of their results by stage."""

  def __init__(
    self,
    config: config_lib.Config,
    features: perceptual.Features | None = None,
  ):
    super().__init__(config, features)
    self._parts = {}
    if config.joint.layout_rate:
      self._parts['layout'] = LayoutObjective(config)
    if config.joint.flow_rate:
      after_warm_start = dataclasses.replace(config, flow=settled(config.flow))
      self._parts['flow'] = FlowObjective(after_warm_start, features)
    # Also where stage 3 is frozen: stage 2 learns from the image through it.
    self._parts['render'] = RenderObjective(config, features)

  def weights(self, step: tf.Tensor | None = None) -> Weights:
    parts = [part.weights() for part in self._parts.values()]
    return {name: weight for part in parts for name, weight in part.items()}

  def terms(self, result: dict[str, Any], batch: Terms) -> Terms:
    terms = {}
    for stage, part in self._parts.items():
      terms.update(part.terms(result[stage], batch))
    return terms


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
