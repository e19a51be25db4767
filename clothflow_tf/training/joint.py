# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning of all stages together.

Trained by itself, stage 2 has only seen true layouts, and stage 3 true layouts
and perhaps true warps; neither has seen the errors of the stage before it. Here
they run one after the other, as at inference, starting from their own trained
weights:

    s    = s^_t, made hard, with probability p, else s_t
    c'_s = the warp that stage 2 estimates for s
    I^_t = what stage 3 paints of c'_s and s

All losses compare with the truth, whatever layout was seen. The image's loss
goes through the warp into stage 2, whose own losses keep it a flow; it does not
reach stage 1, whose layout is the truth's to judge. A frozen stage runs as at
inference: its statistics do not move either.

PF-AFN (Ge et al., 2021) fine-tunes alike, with a smaller learning rate for the
warp; predicted layouts are this project's addition.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import randomness
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import try_on
from clothflow_tf.training import ends_noise
from clothflow_tf.training import objectives
from clothflow_tf.training import optimizers
from clothflow_tf.training import trainers


class JointTrainer(trainers.Trainer):
  """Trains a `try_on.ClothFlow`."""

  stage = 'joint'

  def __init__(self, config: config_lib.Config):
    super().__init__(config)
    joint = config.joint
    self._share = {
      'layout': joint.layout_rate,
      'flow': joint.flow_rate,
      'render': joint.render_rate,
    }

  def new_network(self) -> tf.keras.Model:
    return try_on.ClothFlow(self.config)

  def networks(self) -> dict[str, tf.keras.Model]:
    return self.network.stages

  def trained_variables(self) -> list[tf.Variable]:
    return [x for variables, _ in self.rates() for x in variables]

  def learned_statistics(self) -> list[tf.Variable]:
    # Those of frozen stages stay as they are; there is nothing to average.
    stages = self.network.stages.items()
    learning = [network for stage, network in stages if self._share[stage]]
    return [x for part in learning for x in part.non_trainable_variables]

  def rates(self) -> optimizers.Rates:
    return [
      (self.variables_of(stage), share)
      for stage, share in self._share.items()
      if share
    ]

  def results(
    self, batch: objectives.Terms, learning: bool = True
  ) -> dict[str, tf.Tensor]:
    """Returns each stage's result by its name, stage 1's where it is needed."""
    layout = self.config.layout
    seen = {**batch, **try_on.true_layout(batch, layout)}
    if learning and self.config.data.ends:
      # A hem of its own choice would teach the later stages to move cloth.
      seen.update(ends_noise.given(batch, self.config))
    results = {}
    # Validation judges what a user gets: always predicted layouts.
    chance = self.config.joint.predicted_layouts if learning else 1.0
    if self._share['layout'] or chance:
      results['layout'] = self._run('layout', seen, learning)
      logits = results['layout']['logits']
      logits = layout_lib.at_full_size(logits, seen, layout)
      predicted = try_on.predicted_layout(logits, layout)
      if learning:
        predicted = self._mixed(predicted, seen, chance)
      seen.update(predicted)
    results['flow'] = self._run('flow', seen, learning)
    render = self.config.render
    seen = {**seen, **try_on.render_inputs(seen, results['flow'], render)}
    results['render'] = self._run('render', seen, learning)
    return results

  def _run(
    self, stage: str, batch: objectives.Terms, learning: bool
  ) -> objectives.Terms:
    network = self.network.stages[stage]
    inputs = try_on.inputs_of(stage, batch, network, self.config)
    return self._forwards[stage](inputs, learning and self._share[stage] > 0.0)

  def _mixed(
    self, predicted: objectives.Terms, batch: objectives.Terms, chance: float
  ) -> objectives.Terms:
    """Returns each example's layout and clothing, predicted or true."""
    # By place, so that neither the number of replicas nor a restart matters.
    chosen = chosen_at(batch['position'], self.config.seed, chance)
    chosen = chosen[:, tf.newaxis, tf.newaxis, tf.newaxis]
    return {
      name: tf.where(chosen, tf.stop_gradient(value), batch[name])
      for name, value in predicted.items()
    }


def chosen_at(positions: tf.Tensor, seed: int, chance: float) -> tf.Tensor:
  """Says which positions of the training's order see a predicted layout.

  Args:
    positions: int64 [B].
    seed: the choice follows from it and the position alone.
    chance: the probability of each.

  Returns:
    bool [B].
  """

  numbers = randomness.each(
    positions,
    seed,
    'predicted_layout',
    lambda own: randomness.uniform([], own),
  )
  return numbers < chance
