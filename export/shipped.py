# SPDX-License-Identifier: Apache-2.0
r"""Writes a trained run as it is shipped: weights, device files, its report.

    python -m export.shipped --run_dir=runs/shipped --output_dir=weights/try_on

The folder is a run folder again, for every program's --run_dir and for
--init_from of a training: config.json and STAGE/weights.h5, of a joint
fine-tuning each stage by itself. Beside them are the .tflite files of three
modes and, if the run was evaluated, report.json. It is written under a
temporary name and takes the place of an old one when it is whole.
"""

import dataclasses
import os
import shutil

from absl import flags

from clothflow_tf import config as config_lib
from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_OUTPUT_DIR = flags.DEFINE_string('output_dir', None, 'folder to write')
flags.mark_flags_as_required(['run_dir', 'output_dir'])

_LICENCE = 'Apache-2.0'
_MODES = ('float16', 'dynamic', 'int8')
# Dolls that int8's ranges are measured on.
_EXAMPLES = 32


def _write(run_dir: str, output: str) -> None:
  """Writes all files into a folder that does not exist yet."""
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.inference import calibration
  from clothflow_tf.models import try_on
  from export import conversion

  model = try_on.load(run_dir)
  config = runs.load_config(run_dir)
  # Where the data set lay is of no use to others.
  place = config_lib.DataConfig().data_dir
  data = dataclasses.replace(config.data, data_dir=place)
  runs.save_config(dataclasses.replace(config, data=data), output)
  for stage, network in model.stages.items():
    path = runs.stage_path(output, stage, 'weights.h5')
    os.makedirs(os.path.dirname(path))
    network.save_weights(path)
  report = os.path.join(run_dir, 'report', 'report.json')
  if os.path.isfile(report):
    shutil.copy(report, output)
  examples = calibration.raw_inputs(config.data, _EXAMPLES)
  for mode in _MODES:
    content = conversion.convert(output, mode, examples, _LICENCE)
    path = os.path.join(output, f'{config.data.task}_{mode}.tflite')
    with open(path, 'wb') as file:
      file.write(content)


def main(_: list[str]) -> None:
  output = os.path.abspath(_OUTPUT_DIR.value)
  runs.load_config(_RUN_DIR.value)
  with files.replacing(output) as partial:
    _write(_RUN_DIR.value, partial)
    if os.path.isdir(output):
      shutil.rmtree(output)
  for folder, _, names in sorted(os.walk(output)):
    for name in sorted(names):
      path = os.path.join(folder, name)
      print(f'{os.path.relpath(path)}: {os.path.getsize(path):,} bytes')


if __name__ == '__main__':
  program.run(main)
