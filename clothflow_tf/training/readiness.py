# SPDX-License-Identifier: Apache-2.0
"""What must be there before any stage starts: none fails hours later."""

from collections.abc import Sequence
import os

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.losses import perceptual
from clothflow_tf.training import objectives


def require(
  config: config_lib.Config,
  stages: Sequence[str],
  run_dir: str,
  strategy: tf.distribute.Strategy,
) -> None:
  """Checks everything that training some stages will need.

  Args:
    config: the run's configuration.
    stages: what will be trained, in this order.
    run_dir: the run's folder.
    strategy: where to train.

  Raises:
    FileNotFoundError: data set, feature network or a stage that another needs
      is missing.
    ValueError: one of them does not fit; the message names the key.
  """
  if not stages:
    return
  for stage in stages:
    _require_batches(config, stage, strategy)
    _require_validation(config, stage)
  _require_data(config, stages)
  _require_stages(stages, run_dir)
  if _needs_features(config, stages):
    perceptual.Features(config.perceptual)
  needs_flow = 'render' in stages and config.render.warp_source == 'stage'
  path = runs.stage_path(run_dir, 'flow', 'weights.h5')
  if needs_flow and 'flow' not in stages and not os.path.isfile(path):
    raise FileNotFoundError(
      f'{path}: not found, but config.render.warp_source is stage; train it '
      'first with --stage=flow'
    )


def _require_stages(stages: Sequence[str], run_dir: str) -> None:
  """Checks that what is tuned jointly is what the stages were trained to."""
  for stage in config_lib.STAGES:
    path = runs.stage_path(run_dir, stage, 'weights.h5')
    if 'joint' in stages and stage not in stages and not os.path.isfile(path):
      raise FileNotFoundError(
        f'{path}: not found, but --stage=joint goes on from it; train it first '
        f'with --stage={stage}'
      )
    tuned = os.path.join(run_dir, 'joint')
    if stage in stages and os.path.isdir(tuned):
      raise ValueError(
        f'{tuned} was tuned from weights of stage {stage} that are gone; '
        'remove that folder to train the stage again'
      )


def _require_batches(
  config: config_lib.Config, stage: str, strategy: tf.distribute.Strategy
) -> None:
  batch_size = getattr(config, stage).train.batch_size
  replicas = strategy.num_replicas_in_sync
  if batch_size % replicas:
    raise ValueError(
      f'config.{stage}.train.batch_size is {batch_size}, expected a multiple '
      f'of the {replicas} replicas'
    )
  parts = getattr(config, stage).train.accumulate
  if batch_size // replicas % parts:
    raise ValueError(
      f'config.{stage}.train.accumulate is {parts}, expected a divisor of '
      f'{batch_size // replicas}, the examples of a replica'
    )


def _require_validation(config: config_lib.Config, stage: str) -> None:
  train = getattr(config, stage).train
  if not train.validation_examples:
    if train.best.startswith('val_'):
      raise ValueError(
        f'config.{stage}.train.best is {train.best!r}, but '
        'validation_examples is 0'
      )
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
  for what, needed in needs.items():
    if needed and 'flow' not in fields:
      raise ValueError(f'{what}, but the data set has no true flow')


def _needs_features(config: config_lib.Config, stages: Sequence[str]) -> bool:
  flow = 'flow' in stages and config.flow.roi_perceptual > 0.0
  return flow or 'render' in stages or 'joint' in stages
