# SPDX-License-Identifier: Apache-2.0
"""Trains one stage of a run with Keras' `fit`, and loads trained stages.

An epoch is `steps_per_epoch` optimizer steps. After each, BackupAndRestore
writes weights, optimizer and epoch number to the run folder, and a training
that was cut off goes on from there. The last step's weights are written under a
temporary name and renamed, so that `weights.h5` is always whole.
"""

import json
import os
import shutil

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.models import try_on
from clothflow_tf.training import callbacks
from clothflow_tf.training import trainers


def train(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
) -> None:
  """Trains a stage to its last step and writes its weights.

  Args:
    config: the run's configuration.
    stage: one of `config.STAGES`.
    run_dir: the run's folder.
    strategy: where to train.

  Raises:
    FileNotFoundError: the data set or a stage needed first is missing.
    FloatingPointError: a loss became NaN or infinite; the message names the
      term and the step.
  """
  settings = getattr(config, stage).train
  tf.keras.utils.set_random_seed(config.seed)
  dataset = pipeline.training(config, settings.batch_size, settings.shuffle)
  with strategy.scope():
    trainer = _trainer(config, stage, run_dir)
    trainer.compile(optimizer=_optimizer(settings))
  print(
    f'{stage}: {trainer.network.count_params():,} parameters, '
    f'{settings.steps:,} steps of {settings.batch_size} examples on '
    f'{strategy.num_replicas_in_sync} replica(s)',
    flush=True,
  )
  timer = callbacks.StepTimer(settings.batch_size)
  history = trainer.fit(
    dataset,
    epochs=-(-settings.steps // settings.steps_per_epoch),
    steps_per_epoch=settings.steps_per_epoch,
    verbose=2 if os.environ.get('CI') else 'auto',
    callbacks=[timer, *_callbacks(settings, stage, run_dir)],
  )
  _finish(trainer.network, stage, run_dir, history.history)
  print(f'{stage}: {timer.summary()}', flush=True)


def _callbacks(
  settings: config_lib.TrainConfig, stage: str, run_dir: str
) -> list[tf.keras.callbacks.Callback]:
  return [
    tf.keras.callbacks.BackupAndRestore(
      runs.stage_path(run_dir, stage, 'backup'), delete_checkpoint=False
    ),
    callbacks.StopOnNaN(),
    callbacks.StopAtStep(settings.steps),
    tf.keras.callbacks.TensorBoard(
      runs.stage_path(run_dir, stage, 'events'), write_graph=False
    ),
  ]


def _finish(
  network: tf.keras.Model, stage: str, run_dir: str, history: dict
) -> None:
  path = runs.stage_path(run_dir, stage, 'weights.h5')
  partial = runs.stage_path(run_dir, stage, 'partial.h5')
  network.save_weights(partial)
  os.replace(partial, path)
  # Only now: a kill between training and here must not lose the stage.
  shutil.rmtree(runs.stage_path(run_dir, stage, 'backup'), ignore_errors=True)
  numbers = {key: [float(x) for x in values] for key, values in history.items()}
  runs.write_text(
    runs.stage_path(run_dir, stage, 'history.json'),
    json.dumps(numbers, indent=2) + '\n',
  )


def load_stage(
  config: config_lib.Config, stage: str, run_dir: str
) -> tf.keras.Model:
  """Returns a stage's network with the run's trained weights."""
  network = try_on.build_stage(stage, config)
  runs.load_weights(network, stage, run_dir)
  return network


def _trainer(
  config: config_lib.Config, stage: str, run_dir: str
) -> trainers.Trainer:
  if stage == 'layout':
    return trainers.LayoutTrainer(config)
  if stage == 'flow':
    return trainers.FlowTrainer(config)
  if config.render.warp_source == 'truth':
    return trainers.RenderTrainer(config)
  return trainers.RenderTrainer(config, load_stage(config, 'flow', run_dir))


def _optimizer(
  settings: config_lib.TrainConfig,
) -> tf.keras.optimizers.Optimizer:
  rate = settings.learning_rate
  if settings.schedule == 'cosine':
    rate = tf.keras.optimizers.schedules.CosineDecay(rate, settings.steps)
  return tf.keras.optimizers.Adam(
    rate, beta_1=settings.beta_1, beta_2=settings.beta_2
  )
