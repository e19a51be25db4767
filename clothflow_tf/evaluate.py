# SPDX-License-Identifier: Apache-2.0
r"""Measures a trained run and draws what it does.

    python -m clothflow_tf.evaluate --run_dir=runs/demo --report_dir=report

writes report.json and panel.png and prints the numbers. Flow errors are means
over visible garment pixels, in pixels.
"""

import os

from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_REPORT_DIR = flags.DEFINE_string('report_dir', None, 'folder to write to')
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'where the data set lies, if not where it was in training'
)
_SPLIT = flags.DEFINE_enum(
  'split', 'test', ['train', 'validation', 'test'], 'which examples'
)
_LIMIT = flags.DEFINE_integer(
  'limit', -1, 'at most so many examples; -1 is all'
)
_SEPARATE = flags.DEFINE_bool(
  'separate',
  False,
  'judge the stages as trained by themselves, also if fine-tuned jointly',
)
_ROWS = flags.DEFINE_integer('rows', 8, 'rows of the panel', lower_bound=1)
flags.mark_flags_as_required(['run_dir', 'report_dir'])


def main(_: list[str]) -> None:
  config = runs.load_config(_RUN_DIR.value)
  # Imported late: --help should not wait for TensorFlow.
  import tqdm

  from clothflow_tf.data import pipeline
  from clothflow_tf.data import shards
  from clothflow_tf.evaluation import pictures
  from clothflow_tf.evaluation import report
  from clothflow_tf.models import try_on

  model = try_on.load(_RUN_DIR.value, separate=_SEPARATE.value)
  if _DATA_DIR.value:
    config.data.data_dir = _DATA_DIR.value
  dataset = pipeline.evaluation(config.data, _SPLIT.value, 4, _LIMIT.value)
  with shards.naming_damaged_file(pipeline.folder(config.data)):
    batches = tqdm.tqdm(dataset, unit='batch')
    evaluation = report.evaluate(model, batches, _ROWS.value)
  os.makedirs(_REPORT_DIR.value, exist_ok=True)
  report_path = os.path.join(_REPORT_DIR.value, 'report.json')
  files.write_json(report_path, evaluation.as_json())
  panel = os.path.join(_REPORT_DIR.value, 'panel.png')
  files.write_image(panel, pictures.panel(evaluation.rows))
  for name, value in evaluation.report.items():
    print(f'{name:40} {value:.4f}')


if __name__ == '__main__':
  program.run(main)
