# SPDX-License-Identifier: Apache-2.0
"""What a training starts with: a trainer, and the first weights of its network.

These are random, or those of another run. That is the way to fine-tune a
trained model on data of one's own: the other run keeps its weights, and a new
run folder starts from them. Both need networks of the same sizes; data, losses
and how they train may differ. Layers that a setting adds and that change
nothing at first (`layout.refinement`) may be missing there.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.models import try_on
from clothflow_tf.training import joint
from clothflow_tf.training import trainers

_KINDS = {
  kind.stage: kind
  for kind in (
    trainers.LayoutTrainer,
    trainers.FlowTrainer,
    trainers.RenderTrainer,
  )
}


# Names of layers that correct a result, and correct nothing at first.
_ADDED = 'refined_'


def load_stage(
  config: config_lib.Config, stage: str, run_dir: str
) -> tf.keras.Model:
  """Returns a stage's network with the run's trained weights."""
  network = try_on.build_stage(stage, config)
  runs.load_weights(network, stage, run_dir)
  return network


def new_trainer(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  init_from: str | None = None,
) -> trainers.Trainer:
  """Returns a trainer; stage 3's may need stage 2 trained, joint's needs it.

  Its network has its first weights, or those of the run `init_from`.
  """
  if stage == 'joint':
    trainer = joint.JointTrainer(config)
    if init_from and joint_starts_there(run_dir):
      load(trainer.network, stage, init_from)
    else:
      try_on.load_separate(trainer.network, run_dir)
    return trainer
  if stage == 'render' and config.render.warp_source == 'stage':
    flow_net = load_stage(config, 'flow', run_dir)
    trainer = trainers.RenderTrainer(config, flow_net)
  else:
    trainer = _KINDS[stage](config)
  if init_from:
    load(trainer.network, stage, init_from)
  return trainer


def load(network: tf.keras.Model, stage: str, init_from: str) -> None:
  """Gives a network the weights that a stage has in another run.

  Args:
    network: of `stage`, with any weights; for 'joint' a `try_on.ClothFlow`.
    stage: one of `config.TRAININGS`.
    init_from: folder of the other run. Where its stages were fine-tuned
      jointly, these weights count.

  Raises:
    FileNotFoundError: it is no run folder, or the stage is not trained there.
    ValueError: its weights are broken, or of another architecture.
  """
  config = runs.load_config(init_from)
  if runs.is_trained(init_from, 'joint') or stage == 'joint':
    source = try_on.load(init_from)
    source = source if stage == 'joint' else source.stages[stage]
  else:
    source = try_on.build_stage(stage, config)
    runs.load_weights(source, stage, init_from)
  _require_same(network, source, stage, init_from)
  known = {x.name: x for x in source.weights}
  for variable in network.weights:
    if variable.name in known:
      variable.assign(known[variable.name])


def _require_same(
  network: tf.keras.Model, source: tf.keras.Model, stage: str, init_from: str
) -> None:
  ours, theirs = (
    {x.name: tuple(x.shape) for x in each.weights} for each in (network, source)
  )
  for name in [*ours, *theirs]:
    if name.startswith(_ADDED) and name not in theirs:
      continue
    if ours.get(name) != theirs.get(name):
      raise ValueError(
        f'--init_from={init_from}: {stage} has {name} of shape '
        f'{theirs.get(name, "none")} there, expected {ours.get(name, "none")}; '
        f'take the sizes of its {runs.CONFIG}'
      )


def joint_starts_there(run_dir: str) -> bool:
  """Says whether a joint training has no stages of its own to start from."""
  return not any(runs.is_trained(run_dir, x) for x in config_lib.STAGES)
