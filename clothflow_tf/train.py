# SPDX-License-Identifier: Apache-2.0
r"""Trains one stage of ClothFlow, or all three in turn.

    python -m clothflow_tf.train --config=configs/demo.py --run_dir=runs/demo \
      --stage=all --config.flow.train.steps=500

A stage that was interrupted goes on where its last backup was written, and
ends as if it had not been; one that is already trained is left as it is. On
SIGTERM a backup is written, and the exit status is 75 (EX_TEMPFAIL): start it
again.
"""

import os
import sys

from absl import app
from absl import flags
from ml_collections import config_flags

from clothflow_tf import config as config_lib
from clothflow_tf import program
from clothflow_tf import runs

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'configuration file, such as configs/demo.py'
)
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the run')
_STAGE = flags.DEFINE_multi_enum(
  'stage',
  ['all'],
  [*config_lib.STAGES, 'all'],
  'what to train; repeat it for several',
)
_STRATEGY = flags.DEFINE_enum(
  'strategy',
  'one_device',
  ['one_device', 'mirrored', 'multi_worker', 'tpu'],
  'where to train (tf.distribute)',
)
_THREADS = flags.DEFINE_integer(
  'threads', None, 'threads of one operation; all cores if not given'
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
  lambda value: not value or len(value) == 2 and ''.join(value).isdigit(),
  'give the first and the last step, counted from this start: 10,20',
)
_PROFILE_INPUT = flags.DEFINE_bool(
  'profile_input', False, 'measure input and steps of each stage, train nothing'
)
flags.mark_flags_as_required(['config', 'run_dir'])


def main(argv: list[str]) -> int:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  config = config_lib.validate(_CONFIG.value)
  runs.save_config(config, _RUN_DIR.value)
  if _XLA.value:
    # Read when TensorFlow is first used. Without it CPUs compile nothing.
    old = os.environ.get('TF_XLA_FLAGS', '')
    os.environ['TF_XLA_FLAGS'] = f'{old} --tf_xla_cpu_global_jit'.strip()
  # Imported late: --help should not wait for TensorFlow.
  import tensorflow as tf

  from clothflow_tf.training import backups
  from clothflow_tf.training import input_speed
  from clothflow_tf.training import readiness
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
  readiness.require(config, stages, _RUN_DIR.value, strategy)
  if _PROFILE_INPUT.value:
    for stage in stages:
      input_speed.report(config, stage, _RUN_DIR.value, strategy)
    return 0
  profiled = tuple(int(step) for step in _PROFILED_STEPS.value)
  try:
    for stage in stages:
      stage_lib.train(config, stage, _RUN_DIR.value, strategy, profiled)
  except backups.StoppedError as stopped:
    print(f'{stopped}; the same command goes on with it', file=sys.stderr)
    return os.EX_TEMPFAIL
  return 0


def _untrained() -> list[str]:
  """Returns the stages that are wanted and not trained yet, in order."""
  wanted = set(config_lib.STAGES if 'all' in _STAGE.value else _STAGE.value)
  stages = []
  for stage in config_lib.STAGES:
    weights = runs.stage_path(_RUN_DIR.value, stage, 'weights.h5')
    if stage in wanted and os.path.isfile(weights):
      print(f'{stage}: already trained, {weights}')
    elif stage in wanted:
      stages.append(stage)
  return stages


if __name__ == '__main__':
  program.run(main)
