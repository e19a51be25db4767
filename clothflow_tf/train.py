# SPDX-License-Identifier: Apache-2.0
r"""Trains one stage of ClothFlow, all three in turn, or all jointly.

    python -m clothflow_tf.train --config=configs/demo.py --run_dir=runs/demo \
      --stage=all --config.flow.train.steps=500

--stage=joint fine-tunes the three trained stages together; --stage=all
--stage=joint trains them first. --init_from=RUN starts from the weights of
another run. The same command, given again, goes on from the last backup and
leaves trained stages as they are. On SIGTERM a backup is written, and the exit
status is 75 (EX_TEMPFAIL).
"""

import os
import sys

from absl import flags
from ml_collections import config_flags

from clothflow_tf import config as config_lib
from clothflow_tf import program
from clothflow_tf import runs

_CONFIG = config_flags.DEFINE_config_file(
  'config',
  None,
  "configuration file, such as configs/demo.py; without it the run folder's",
)
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the run')
_STAGE = flags.DEFINE_multi_enum(
  'stage',
  ['all'],
  [*config_lib.TRAININGS, 'all'],
  'what to train; all is layout, flow and render; repeat it for several',
)
_INIT_FROM = flags.DEFINE_string(
  'init_from',
  None,
  'run folder whose weights the stages start from, to fine-tune them',
)
_STRATEGY = flags.DEFINE_enum(
  'strategy',
  'one_device',
  ['one_device', 'mirrored', 'multi_worker', 'tpu'],
  'where to train (tf.distribute)',
)
_THREADS = flags.DEFINE_integer(
  'threads',
  None,
  'threads of one operation; all cores if not given',
  lower_bound=1,
)
_DETERMINISTIC = flags.DEFINE_bool(
  'deterministic', False, 'the same bits on every run, at some cost of speed'
)
_XLA = flags.DEFINE_bool(
  'xla', False, 'compile with XLA what it can (GPUs, TPUs; no nearest resizing)'
)
_PROFILED_STEPS = flags.DEFINE_list(
  'profiled_steps', [], 'first and last step of a TensorBoard profile: 10,20'
)
flags.register_validator(
  'profiled_steps',
  lambda value: not value
  or (
    len(value) == 2
    and all(step.isdigit() for step in value)
    and 0 < int(value[0]) <= int(value[1])
  ),
  'give the first and the last step, counted from 1 at this start: 10,20',
)
_PROFILE_INPUT = flags.DEFINE_bool(
  'profile_input', False, 'measure input and steps of each stage, train nothing'
)
flags.mark_flags_as_required(['run_dir'])


def main(_: list[str]) -> int:
  # Until a stage trains, and between two, there is nothing to save.
  with program.stoppable('stopped on request; the same command goes on'):
    # A run that has been begun goes on by its own.
    given = _CONFIG.value or runs.load_config(_RUN_DIR.value)
    config = _fitted(config_lib.validate(given))
    runs.save_config(config, _RUN_DIR.value)
    return _train(config)


def _train(config: config_lib.Config) -> int:
  """Trains, or measures, the wanted stages; returns the exit status."""
  if _XLA.value:
    # Must be set before TensorFlow is first used; CPUs compile nothing else.
    old = os.environ.get('TF_XLA_FLAGS', '')
    os.environ['TF_XLA_FLAGS'] = f'{old} --tf_xla_cpu_global_jit'.strip()
  # Imported late: --help should not wait for TensorFlow.
  import tensorflow as tf

  from clothflow_tf.data import pipeline
  from clothflow_tf.data import shards
  from clothflow_tf.training import backups
  from clothflow_tf.training import input_speed
  from clothflow_tf.training import preflight
  from clothflow_tf.training import stage as stage_lib
  from clothflow_tf.training import strategies

  if _THREADS.value:
    tf.config.threading.set_intra_op_parallelism_threads(_THREADS.value)
  if _DETERMINISTIC.value:
    tf.config.experimental.enable_op_determinism()
  if _XLA.value:
    tf.config.optimizer.set_jit('autoclustering')
  strategy = strategies.make(_STRATEGY.value)
  stages = _untrained()
  preflight.require(config, stages, _RUN_DIR.value, strategy, _INIT_FROM.value)
  if _PROFILE_INPUT.value:
    for stage in stages:
      input_speed.report(config, stage, _RUN_DIR.value, strategy)
    return 0
  profiled = tuple(int(step) for step in _PROFILED_STEPS.value)
  options = stage_lib.Options(profiled, _INIT_FROM.value)
  try:
    for stage in stages:
      with shards.naming_damaged_file(pipeline.folder(config.data)):
        stage_lib.train(config, stage, _RUN_DIR.value, strategy, options)
  except backups.StoppedError as stopped:
    print(f'{stopped}; the same command goes on with it', file=sys.stderr)
    return program.STOPPED
  return 0


def _fitted(config: config_lib.Config) -> config_lib.Config:
  """Leaves out what needs a true flow, which photographs do not have.

  The end-point error is dropped, and stage 3 learns on the warps of the trained
  stage 2; each is printed. So a configuration for paper dolls only needs the
  name of another data set.
  """
  if config.data.dataset not in config_lib.PHOTOGRAPHS:
    return config
  reason = f'{config.data.dataset} has no true flow'
  if config.flow.endpoint or config.flow.warm_start.endpoint:
    config.flow.endpoint = 0.0
    config.flow.warm_start = config_lib.WarmStartConfig()
    print(f'{reason}: flow trains without its end-point error')
  if config.render.warp_source == 'truth':
    config.render.warp_source = 'stage'
    print(f'{reason}: render trains on the warps of the trained flow')
  return config


def _untrained() -> list[str]:
  """Returns the stages that are wanted and not trained yet, in order."""
  every = config_lib.STAGES if 'all' in _STAGE.value else ()
  stages = []
  for stage in config_lib.TRAININGS:
    if stage not in (*_STAGE.value, *every):
      continue
    if runs.is_trained(_RUN_DIR.value, stage):
      weights = runs.stage_path(_RUN_DIR.value, stage, 'weights.h5')
      print(f'{stage}: already trained, {weights}')
    else:
      stages.append(stage)
  return stages


if __name__ == '__main__':
  program.run(main)
