# SPDX-License-Identifier: Apache-2.0
"""Trains one stage of a run, or all jointly, and loads trained stages.

Keras' `fit` does it; an epoch is `steps_per_epoch` optimizer steps. After each
a backup is written, from which a training that was cut off goes on (`backups`).
"""

from collections.abc import Iterator
import contextlib
import os
import shutil
from typing import NamedTuple

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import locks
from clothflow_tf import runs
from clothflow_tf.data import pipeline
from clothflow_tf.inputs import record
from clothflow_tf.training import averages
from clothflow_tf.training import backups
from clothflow_tf.training import callbacks
from clothflow_tf.training import initial
from clothflow_tf.training import optimizers
from clothflow_tf.training import panels
from clothflow_tf.training import strategies
from clothflow_tf.training import trainers
from clothflow_tf.training.compression import compressed

# What a position that is no number becomes as an index, in TensorFlow's errors.
_NAN_INDEX = '-2147483648'


class Options(NamedTuple):
  """How one start of a training differs from another of the same run.

  Attributes:
    profiled: first and last step to profile for TensorBoard, or none.
    init_from: a run folder whose weights the stage starts from (`initial`).
  """

  profiled: tuple[int, ...] = ()
  init_from: str | None = None


_DEFAULTS = Options()


def train(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
  options: Options = _DEFAULTS,
) -> None:
  """Trains a stage to its last step and writes its weights.

  Args:
    config: the run's configuration.
    stage: one of `config.TRAININGS`.
    run_dir: the run's folder.
    strategy: where to train.
    options: what else the caller may choose.

  Raises:
    BlockingIOError: another training is at work on the stage.
    FileNotFoundError: the data set or a stage needed first is missing.
    FloatingPointError: a loss, a flow or a weight is NaN or infinite; the
      message names it.
    OSError: a backup cannot be written.
    ValueError: no backup can be read, though there are some.
    backups.StoppedError: SIGTERM came, or another worker is gone.
  """
  # The first weights follow from the seed, whatever this process did before.
  tf.keras.utils.set_random_seed(config.seed)
  with _explained(strategy, stage), _locked(strategy, stage, config, run_dir):
    trainer = compiled(config, stage, run_dir, strategy, options.init_from)
    folder = runs.stage_path(run_dir, stage, 'backup')
    kept = config.train_of(stage).backups
    backup = backups.Backup(trainer, folder, kept)
    with backup.watching():
      if trainer.trained_variables():
        _fit(trainer, run_dir, backup, options.profiled)
        averages.settle(trainer)  # Keras' `fit` settles the weights only.
      else:
        print(f'{stage}: nothing to train', flush=True)
      for model in trainer.compressed.values():
        compressed.settle(model)
      _finish(trainer, run_dir)
  # A signal during the last steps: the stage is whole, the next must not start.
  if backup.asked_to_stop:
    raise backups.StoppedError(f'{stage}: trained, then stopped on request')


def _fit(
  trainer: trainers.Trainer,
  run_dir: str,
  backup: backups.Backup,
  profiled: tuple[int, ...],
) -> None:
  """Trains from the last backup to the last step, or until patience ends."""
  config, stage = trainer.config, trainer.stage
  settings, strategy = config.train_of(stage), trainer.distribute_strategy
  done = backup.restore()
  if not strategies.agree(strategy, done):
    raise backups.StoppedError(
      f'{stage}: this worker would go on after step {done}, others not'
    )
  print(_opening(trainer, settings, done), flush=True)
  path = runs.stage_path(run_dir, stage, 'history.json')
  history = callbacks.History(path, settings)
  history.load(done // settings.steps_per_epoch)
  if done >= settings.steps or history.gave_up():
    return
  timer = callbacks.StepTimer(settings.batch_size)
  watchers = [timer, *_callbacks(trainer, settings, run_dir, profiled)]
  trainer.fit(
    dataset(config, stage, done, strategy),
    epochs=-(-settings.steps // settings.steps_per_epoch),
    steps_per_epoch=settings.steps_per_epoch,
    validation_data=validation(config, settings),
    verbose=2 if os.environ.get('CI') else 'auto',
    # A backup after all else, so that it is of an epoch whose curves are kept.
    callbacks=[*watchers, history, backup],
  )
  print(f'{stage}: {timer.summary()}', flush=True)


@contextlib.contextmanager
def _explained(strategy: tf.distribute.Strategy, stage: str) -> Iterator[None]:
  """Turns TensorFlow's errors that have a plain cause into a sentence."""
  try:
    yield
  except tf.errors.OpError as error:
    reason = backups.first_line(error)
    if strategies.lost_worker(strategy, error):
      raise backups.StoppedError(
        f'{stage}: lost a worker of the cluster ({reason}); the last backup '
        'counts'
      ) from error
    # On a CPU, a warp by such a flow fails before any loss shows it.
    if _NAN_INDEX in reason:
      raise FloatingPointError(
        f'{stage}: a flow is not finite; what is backed up is from before'
      ) from error
    raise


@contextlib.contextmanager
def _locked(
  strategy: tf.distribute.Strategy,
  stage: str,
  config: config_lib.Config,
  run_dir: str,
) -> Iterator[None]:
  """Holds the stage's lock, and checks that the run is still of `config`."""
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
    # Another start may have changed it between its check and the lock.
    runs.require_config(config, stage, run_dir)
    yield


def compiled(
  config: config_lib.Config,
  stage: str,
  run_dir: str,
  strategy: tf.distribute.Strategy,
  init_from: str | None = None,
) -> trainers.Trainer:
  """Returns a stage's trainer, ready to take its first step."""
  settings = config.train_of(stage)
  with strategy.scope():
    trainer = initial.new_trainer(config, stage, run_dir, init_from)
    for model in trainer.compressed.values():
      compressed.begin(model)
    optimizer = optimizers.make(settings, trainer.rates())
    trainer.compile(
      optimizer=optimizer, steps_per_execution=settings.steps_per_execution
    )
  return trainer


def _opening(
  trainer: trainers.Trainer, settings: config_lib.TrainConfig, done: int
) -> str:
  """Returns the line that a training begins with."""
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
  """Returns a training's batches after so many steps.

  Not from Keras' automatic sharding: which examples a step sees must not
  depend on the number of workers.
  """
  settings = config.train_of(stage)
  position = done * settings.batch_size
  # Decoding is most of the input's work; stage 1 has no use for a flow.
  unused = ('shade', *record.TRUTH) if stage == 'layout' else ('shade',)
  if config.data.pairs:
    unused += record.PERSON  # Then the person is the one in the true picture.
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
  """Returns what watches a training, beside its clock, curves and backups."""
  watchers = [
    callbacks.StopOnNaN(),
    callbacks.StopAtStep(settings.steps),
    callbacks.Averages(),
    *compressed.callbacks(settings),
  ]
  if strategies.writes(trainer.distribute_strategy):
    events = runs.stage_path(run_dir, trainer.stage, 'events')
    with tf.summary.create_file_writer(events).as_default():
      # Markdown: an indented block keeps its form.
      text = runs.text(trainer.config).replace('\n', '\n    ')
      tf.summary.text('config', f'    {text}', step=0)
    watchers.append(
      tf.keras.callbacks.TensorBoard(
        events, write_graph=False, profile_batch=profiled or 0
      )
    )
    if settings.panel_examples:
      watchers.append(panels.Panels(trainer, events))
  return watchers


def _finish(trainer: trainers.Trainer, run_dir: str) -> None:
  """Writes the stage's weights, and only then removes what led to them."""
  stage, strategy = trainer.stage, trainer.distribute_strategy
  weights = runs.stage_path(run_dir, stage, 'weights.h5')
  # The configuration says so, not the disk: the first worker moves the file
  # that others would look for.
  if not trainer.config.train_of(stage).best:
    strategies.save_weights(strategy, trainer.network, weights)
  elif strategies.writes(strategy):
    os.replace(runs.stage_path(run_dir, stage, 'best.h5'), weights)
  if strategies.writes(strategy):
    shutil.rmtree(runs.stage_path(run_dir, stage, 'backup'), ignore_errors=True)
  strategies.wait_for_all(strategy)
