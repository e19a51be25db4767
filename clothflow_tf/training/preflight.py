# SPDX-License-Identifier: Apache-2.0
"""Checks before any stage starts, so that none fails hours later."""

from collections.abc import Sequence
import os

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.losses import perceptual
from clothflow_tf.models import try_on
from clothflow_tf.training import initial
from clothflow_tf.training import objectives


def require(
  config: config_lib.Config,
  stages: Sequence[str],
  run_dir: str,
  strategy: tf.distribute.Strategy,
  init_from: str | None = None,
) -> None:
  """Checks everything that training some stages will need.

  Args:
    config: the run's configuration.
    stages: what will be trained, in this order.
    run_dir: the run's folder.
    strategy: where to train.
    init_from: a run folder whose weights the stages start from, if any.

  Raises:
    FileNotFoundError: data set, feature network, `init_from` or a stage that
      another needs is missing.
    ValueError: one of them does not fit, or a trained stage's file is broken;
      the message names the key or the file.
  """
  # Also without a stage to train: a broken file must not pass as trained.
  _require_whole(config, run_dir)
  if not stages:
    return
  for stage in stages:
    _require_terms(config, stage)
    _require_batches(config, stage, strategy)
    _require_validation(config, stage)
  _require_data(config, stages)
  _require_stages(config, stages, run_dir, init_from)
  for stage in stages if init_from else ():
    if stage != 'joint':
      initial.load(try_on.build_stage(stage, config), stage, init_from)
    elif initial.joint_starts_there(run_dir) and stages == ['joint']:
      initial.load(try_on.ClothFlow(config), stage, init_from)
  if any(objectives.needs_features(stage, config) for stage in stages):
    perceptual.Features(config.perceptual)


def _require_terms(config: config_lib.Config, stage: str) -> None:
  """Checks that a term counts, and that `train.best` names a curve."""
  names, train = objectives.names(stage, config), config.train_of(stage)
  if not names:
    raise ValueError(
      f'config.{stage}: the weights of all terms of its loss are 0'
    )
  curves = ['loss', *names]
  if train.validation_examples:
    curves += [f'val_{name}' for name in curves]
  if train.best and train.best not in curves:
    raise ValueError(
      f'config.{stage}.train.best is {train.best!r}, expected one of '
      f'{sorted(curves)} (val_ needs validation_examples)'
    )


def _require_stages(
  config: config_lib.Config,
  stages: Sequence[str],
  run_dir: str,
  init_from: str | None,
) -> None:
  """Checks that the stages that others build on are trained, or will be."""
  needed = {}
  elsewhere = init_from and initial.joint_starts_there(run_dir)
  if 'joint' in stages and not (elsewhere and list(stages) == ['joint']):
    needed = dict.fromkeys(config_lib.STAGES, '--stage=joint goes on from it')
  elif 'render' in stages and config.render.warp_source == 'stage':
    needed = {'flow': 'config.render.warp_source is stage'}
  for stage, reason in needed.items():
    path = runs.stage_path(run_dir, stage, 'weights.h5')
    if stage not in stages and not os.path.isfile(path):
      raise FileNotFoundError(
        f'{path}: not found, but {reason}; train it first with --stage={stage}'
      )
  tuned = os.path.join(run_dir, 'joint')
  again = [stage for stage in config_lib.STAGES if stage in stages]
  if again and runs.is_begun(run_dir, 'joint'):
    raise ValueError(
      f'{tuned} was tuned from weights of stage {again[0]} that are gone; '
      'remove that folder to train the stage again'
    )


def _require_whole(config: config_lib.Config, run_dir: str) -> None:
  """Checks the weights of all stages that are trained already."""
  for stage in config_lib.TRAININGS:
    if runs.is_trained(run_dir, stage):
      joint = stage == 'joint'
      network = (
        try_on.ClothFlow(config) if joint else try_on.build_stage(stage, config)
      )
      runs.load_weights(network, stage, run_dir)


def _require_batches(
  config: config_lib.Config, stage: str, strategy: tf.distribute.Strategy
) -> None:
  batch_size = config.train_of(stage).batch_size
  parts = config.train_of(stage).accumulate
  replicas = strategy.num_replicas_in_sync
  if batch_size % replicas:
    raise ValueError(
      f'config.{stage}.train.batch_size is {batch_size}, expected a multiple '
      f'of the {replicas} replicas'
    )
  if batch_size // replicas % parts:
    raise ValueError(
      f'config.{stage}.train.accumulate is {parts}, expected a divisor of '
      f'{batch_size // replicas}, the examples of a replica'
    )


def _require_validation(config: config_lib.Config, stage: str) -> None:
  train = config.train_of(stage)
  if not train.validation_examples:
    return
  most = pipeline.count(config.data, 'validation')
  if not train.batch_size <= train.validation_examples <= most:
    raise ValueError(
      f'config.{stage}.train.validation_examples is '
      f'{train.validation_examples}, expected a batch, {train.batch_size}, to '
      f'all of the split validation, {most}'
    )


def _require_data(config: config_lib.Config, stages: Sequence[str]) -> None:
  fields = pipeline.training_fields(config.data)
  # In pose transfer nothing is taken off.
  hides = config.data.task == 'try_on' and config.data.agnostic == 'garment'
  if hides and 'person_image' not in fields:
    # The hole would tell the new garment's outline: the garment is worn.
    raise ValueError(
      "config.data.agnostic is 'garment', but the data set has pairs, whose "
      "person wears the garment already; give 'garment_and_skin'"
    )
  flow = config.flow
  tuned = 'joint' in stages and config.joint.flow_rate
  supervised = (
    'flow' in stages and (flow.endpoint or flow.warm_start.endpoint)
  ) or (tuned and objectives.settled(flow).endpoint)
  needs = {
    'config.flow.endpoint is not 0': supervised,
    'config.render.warp_source is truth': 'render' in stages
    and config.render.warp_source == 'truth',
  }
  for reason, needed in needs.items():
    if needed and 'flow' not in fields:
      raise ValueError(f'{reason}, but the data set has no true flow')
