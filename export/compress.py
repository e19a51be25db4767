# SPDX-License-Identifier: Apache-2.0
r"""Fine-tunes a run to be smaller, by TensorFlow Model Optimization.

    python -m export.compress --method=prune --run_dir=weights/try_on \
      --output_dir=runs/pruned --data_dir=data

Methods, each of one or more trainings that go on from one another:

- prune: the smallest weights become zero;
- cluster: the weights of a convolution share a few values;
- prune_cluster: pruned, then clustered; zeros stay zeros;
- qat: weights and activations are rounded to eight bits as it learns;
- pcqat: pruned, clustered, then rounded as it learns; zeros and values stay.

What it writes is a run folder like any other, tuned jointly
(`clothflow_tf.train --stage=joint`, all stages learning), for `export.tflite`,
`clothflow_tf.evaluate` and `clothflow_tf.try_on`; the trainings before the last
are in folders of it. The same command, given again, goes on after an
interruption. What --run_dir has had already is left out: pcqat of a clustered
run only rounds. A training is a process of its own: after a SIGKILL of this one
it trains to its end.
"""

import dataclasses
import os
import signal
import subprocess
import sys

from absl import flags

from clothflow_tf import config as config_lib
from clothflow_tf import program
from clothflow_tf import runs

# What each training of a method does.
METHODS = {
  'prune': ('pruned',),
  'cluster': ('clustered',),
  'prune_cluster': ('pruned', 'clustered'),
  'qat': ('quantized',),
  'pcqat': ('pruned', 'clustered', 'quantized'),
}
_METHOD = flags.DEFINE_enum('method', None, [*METHODS], 'how to make it small')
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_OUTPUT_DIR = flags.DEFINE_string('output_dir', None, 'run folder to write')
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'where the data set lies, if not where it was in training'
)
_SPARSITY = flags.DEFINE_float(
  'sparsity', 0.5, 'share of the weights that pruning sets to zero'
)
_CLUSTERS = flags.DEFINE_integer(
  'clusters', 32, 'values of the weights of a convolution'
)
_STEPS = flags.DEFINE_integer('steps', 1000, 'of each training', lower_bound=1)
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 8, 'examples a step')
_LEARNING_RATE = flags.DEFINE_float(
  'learning_rate', 2e-4, "Adam's at the start; a cosine to zero"
)
_THREADS = flags.DEFINE_integer(
  'threads', None, 'of one operation; all cores if not given', lower_bound=1
)
flags.mark_flags_as_required(['method', 'run_dir', 'output_dir'])

# Steps between two backups, at most.
_EPOCH = 100


def settings_of(
  kind: str, clusters: bool, train: config_lib.TrainConfig
) -> config_lib.TrainConfig:
  """Returns how one of a method's trainings trains.

  Args:
    kind: 'pruned', 'clustered' or 'quantized'.
    clusters: whether its method clusters.
    train: the run's own joint training.
  """
  shared = clusters and kind != 'pruned'
  return dataclasses.replace(
    train,
    batch_size=_BATCH_SIZE.value,
    steps=_STEPS.value,
    steps_per_epoch=min(_EPOCH, _STEPS.value),
    steps_per_execution=1,
    learning_rate=_LEARNING_RATE.value,
    schedule='cosine',
    precision='float32',
    validation_examples=0,
    best='',
    patience=0,
    panel_examples=0,
    sparsity=_SPARSITY.value if kind == 'pruned' else 0.0,
    clusters=_CLUSTERS.value if shared else 0,
    quantized=kind == 'quantized',
  )


def left_to_do(
  kinds: tuple[str, ...], train: config_lib.TrainConfig
) -> tuple[str, ...]:
  """Returns the trainings of a method that a run has not had; always the last.

  Args:
    kinds: of `METHODS`.
    train: how the run was trained jointly.
  """
  had = {
    'quantized': train.quantized,
    'clustered': train.clusters > 0,
    'pruned': train.sparsity > 0.0,
  }
  for place in range(len(kinds) - 1, 0, -1):
    if had[kinds[place - 1]]:
      return kinds[place:]
  return kinds


def _config(kind: str, clusters: bool) -> config_lib.Config:
  """Returns the configuration of a training; all stages learn alike."""
  config = runs.load_config(_RUN_DIR.value)
  if _DATA_DIR.value:
    config.data.data_dir = _DATA_DIR.value
  train = settings_of(kind, clusters, config.joint.train)
  config.joint = dataclasses.replace(
    config.joint, layout_rate=1.0, flow_rate=1.0, render_rate=1.0, train=train
  )
  return config_lib.validate(config)


def _trained(config: config_lib.Config, source: str, folder: str) -> int:
  """Trains a run's stages jointly from another's; returns the exit status."""
  runs.save_config(config, folder)
  command = [sys.executable, '-m', 'clothflow_tf.train', '--stage=joint']
  command += [f'--run_dir={folder}', f'--init_from={source}']
  if _THREADS.value:
    command.append(f'--threads={_THREADS.value}')
  process = subprocess.Popen(command)

  def stop(*_: object) -> None:
    process.send_signal(signal.SIGTERM)  # It writes a backup, then ends.

  before = signal.signal(signal.SIGTERM, stop)
  try:
    return process.wait()
  finally:
    signal.signal(signal.SIGTERM, before)


def main(_: list[str]) -> int:
  source, kinds = _RUN_DIR.value, METHODS[_METHOD.value]
  begun = runs.load_config(source).joint.train
  if os.path.abspath(source) == os.path.abspath(_OUTPUT_DIR.value):
    raise ValueError(f'--output_dir={source} is --run_dir, expected another')
  for kind in left_to_do(kinds, begun):
    folder = _OUTPUT_DIR.value
    if kind != kinds[-1]:
      folder = os.path.join(folder, kind)
    config = _config(kind, 'clustered' in kinds)
    status = _trained(config, source, folder)
    if status:
      return status
    source = folder
  return 0


if __name__ == '__main__':
  program.run(main)
