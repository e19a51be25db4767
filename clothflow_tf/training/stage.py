# SPDX-License-Identifier: Apache-2.0
"""Trains one stage of a run, or all jointly, and loads trained stages.

Keras' `fit` does it; an epoch is `steps_per_epoch` optimizer steps. After each
a backup is written, and a training that was cut off goes on from it
(`backups`). The last step's weights are written under a temporary name and
renamed, so that `weights.h5` is always whole.
"""

from collections.abc import Iterator
import contextlib
import os
import shutil

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import locks
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.inputs import record
from clothflow_tf.models import try_on
from clothflow_tf.training import averages
from clothflow_tf.training import backups
from clothflow_tf.training import callbacks
from clothflow_tf.training import joint
from clothflow_tf.training import optimizers
from clothflow_tf.training import panels
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers


def train(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
  profiled: tuple[int, ...] = (),
) -> None:
  """Trains a stage to its last step and writes its weights.

  Args:
    config: the run's configuration.
    stage: one of `config.TRAININGS`.
    run_dir: the run's folder.
    strategy: where to train.
    profiled: first and last step to profile for TensorBoard, or none.

  Raises:
    BlockingIOError: another training is at work on the stage.
    FileNotFoundError: the data set or a stage needed first is missing.
    FloatingPointError: a loss became NaN or infinite; the message names the
      term and the step.
    OSError: a backup cannot be written.
    ValueError: no backup can be read, though there are some.
    backups.StoppedError: SIGTERM came, or another worker is gone.
  """
  settings = getattr(config, stage).train
  tf.keras.utils.set_random_seed(config.seed)
  with _in_company(strategy, stage), _alone(strategy, stage, config, run_dir):
    trainer = compiled(config, stage, run_dir, strategy)
    folder = runs.stage_path(run_dir, stage, 'backup')
    backup = backups.Backup(trainer, folder, settings.backups)
    with backup.watching():
      _fit(trainer, run_dir, backup, profiled)
      averages.settle(trainer)  # Keras' `fit` does so with weights alone.
      _finish(trainer, run_dir)
  if backup.asked_to_stop:  # Too late for this stage, in time for the next.
    raise backups.StoppedError(f'{stage}: trained, then stopped on request')


def _fit(
  trainer: trainers.Trainer,
  run_dir: str,
  backup: backups.Backup,
  profiled: tuple[int, ...],
) -> None:
  """Trains from the last backup to the last step, or until patience ends."""
  config, stage = trainer.config, trainer.stage
  settings = getattr(config, stage).train
  done = backup.restore()
  if not strategies.agree(trainer.distribute_strategy, done):
    raise backups.StoppedError(
      f'{stage}: this worker would go on after step {done}, others not'
    )
  print(_opening(trainer, settings, done), flush=True)
  history = _history(trainer, run_dir, done)
  if done >= settings.steps or history.gave_up():
    return
  timer = callbacks.StepTimer(settings.batch_size)
  watchers = [timer, *_callbacks(trainer, settings, run_dir, profiled)]
  trainer.fit(
    dataset(config, stage, done, trainer.distribute_strategy),
    epochs=-(-settings.steps // settings.steps_per_epoch),
    steps_per_epoch=settings.steps_per_epoch,
    validation_data=validation(config, settings),
    verbose=2 if os.environ.get('CI') else 'auto',
    callbacks=[*watchers, history, backup],  # A backup after all else.
  )
  print(f'{stage}: {timer.summary()}', flush=True)


def _history(
  trainer: trainers.Trainer, run_dir: str, done: int
) -> callbacks.History:
  """Returns the curves of a stage as they were after the steps done."""
  settings = getattr(trainer.config, trainer.stage).train
  path = runs.stage_path(run_dir, trainer.stage, 'history.json')
  history = callbacks.History(path, settings)
  history.load(done // settings.steps_per_epoch)
  return history


@contextlib.contextmanager
def _in_company(strategy: tf.distribute.Strategy, stage: str) -> Iterator[None]:
  """Turns the loss of another worker into a stop that a restart mends."""
  try:
    yield
  except tf.errors.OpError as error:
    if not strategies.lost_worker(strategy, error):
      raise
    raise backups.StoppedError(
      f'{stage}: lost a worker of the cluster ({backups.first_line(error)}); '
      'the last backup counts'
    ) from error


@contextlib.contextmanager
def _alone(
  strategy: tf.distribute.Strategy,
  stage: str,
  config: config_lib.Config,
  run_dir: str,
) -> Iterator[None]:
  """Keeps a second training, or what is left of a cluster, from the stage."""
  if not strategies.writes(strategy):
    yield
    return
  path = runs.stage_path(run_dir, stage, 'lock')
  message = f'{os.path.dirname(path)}: another training is at work in it'
  with contextlib.ExitStack() as stack:
    try:
      stack.enter_context(locks.hold(path, message))
    except BlockingIOError as error:
      if not strategies.is_cluster(strategy):
        raise
      # A file server may hold the lock of a lost machine for a while.
      raise backups.StoppedError(str(error)) from error
    runs.require_config(config, stage, run_dir)
    yield


def compiled(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
) -> trainers.Trainer:
  """Returns a stage's trainer, ready to take its first step."""
  settings = getattr(config, stage).train
  with strategy.scope():
    trainer = new_trainer(config, stage, run_dir)
    optimizer = optimizers.make(settings, trainer.rates())
    trainer.compile(
      optimizer=optimizer, steps_per_execution=settings.steps_per_execution
    )
  return trainer


def _opening(
  trainer: trainers.Trainer, settings: config_lib.TrainConfig, done: int
) -> str:
  replicas = trainer.distribute_strategy.num_replicas_in_sync
  text = (
    f'{trainer.stage}: {trainer.network.count_params():,} parameters, '
    f'{settings.steps:,} steps of {settings.batch_size} examples on '
    f'{replicas} replica(s)'
  )
  return f'{text}; going on after step {done:,}' if done else text


def dataset(
  config: config_lib.Config,
  stage: str,
  done: int,
  strategy: tf.distribute.Strategy,
) -> tf.data.Dataset:
  """Returns the training's batches from the step on that is next.

  Not from Keras' automatic sharding: which examples a step sees must not
  depend on the number of workers.
  """
  settings = getattr(config, stage).train
  position = done * settings.batch_size
  # Decoding is most of the input's work; stage 1 has no use for a flow.
  unused = ('shade', *record.TRUTH) if stage == 'layout' else ('shade',)
  return strategy.distribute_datasets_from_function(
    lambda context: pipeline.training(
      config, settings, position, context, unused
    )
  )


def validation(
  config: config_lib.Config, settings: config_lib.TrainConfig
) -> tf.data.Dataset | None:
  """Returns whole batches of the split 'validation', or None."""
  batches = settings.validation_examples // settings.batch_size
  if not batches:
    return None
  size = settings.batch_size
  data = pipeline.evaluation(config.data, 'validation', size, batches * size)
  # By files, each worker would take so many examples of its own.
  options = tf.data.Options()
  options.experimental_distribute.auto_shard_policy = (
    tf.data.experimental.AutoShardPolicy.DATA
  )
  return data.with_options(options)


def _callbacks(
  trainer: trainers.Trainer,
  settings: config_lib.TrainConfig,
  run_dir: str,
  profiled: tuple[int, ...],
) -> list[tf.keras.callbacks.Callback]:
  """Returns what watches a training."""
  stage = trainer.stage
  watchers = [
    callbacks.StopOnNaN(),
    callbacks.StopAtStep(settings.steps),
    callbacks.Averages(),
  ]
  if strategies.writes(trainer.distribute_strategy):
    events = runs.stage_path(run_dir, stage, 'events')
    watchers += [
      callbacks.Text(events, 'config', runs.text(trainer.config)),
      tf.keras.callbacks.TensorBoard(
        events, write_graph=False, profile_batch=profiled or 0
      ),
    ]
    if settings.panel_examples:
      watchers.append(panels.Panels(trainer, events))
  return watchers


def _finish(trainer: trainers.Trainer, run_dir: str) -> None:
  """Writes the stage's weights, and only then removes what led to them."""
  stage, strategy = trainer.stage, trainer.distribute_strategy
  best = runs.stage_path(run_dir, stage, 'best.h5')
  weights = runs.stage_path(run_dir, stage, 'weights.h5')
  # Not asked of the disk: the first worker moves the file that others look for.
  if not getattr(trainer.config, stage).train.best:
    strategies.save_weights(strategy, trainer.network, weights)
  elif strategies.writes(strategy):
    os.replace(best, weights)
  if strategies.writes(strategy):
    shutil.rmtree(runs.stage_path(run_dir, stage, 'backup'), ignore_errors=True)
  strategies.wait_for_all(strategy)


def load_stage(
  config: config_lib.Config, stage: str, run_dir: str
) -> tf.keras.Model:
  """Returns a stage's network with the run's trained weights."""
  network = try_on.build_stage(stage, config)
  runs.load_weights(network, stage, run_dir)
  return network


def new_trainer(
  config: config_lib.Config, stage: str, run_dir: str
) -> trainers.Trainer:
  """Returns a trainer; stage 3's may need stage 2 trained, joint's needs it."""
  if stage == 'joint':
    trainer = joint.JointTrainer(config)
    try_on.load_separate(trainer.network, run_dir)
    return trainer
  if stage == 'layout':
    return trainers.LayoutTrainer(config)
  if stage == 'flow':
    return trainers.FlowTrainer(config)
  if config.render.warp_source == 'truth':
    return trainers.RenderTrainer(config)
  return trainers.RenderTrainer(config, load_stage(config, 'flow', run_dir))
