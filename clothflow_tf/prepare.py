# SPDX-License-Identifier: Apache-2.0
r"""Makes a data set of records, tells what is in it, and draws some of it.

    python -m clothflow_tf.prepare --dataset=paper_doll \
      --config=try_on_256x192 --data_dir=data --workers=2 --preview=grid.png

A build that was killed starts over when the same command is given again; one
that is whole is left alone, and only its statistics and preview are made.
"""

import itertools
import os

from absl import app
from absl import flags
from absl import logging

from clothflow_tf import program

_DATASET = flags.DEFINE_enum(
  'dataset', 'paper_doll', ['paper_doll'], 'which data set to make'
)
_CONFIG = flags.DEFINE_string(
  'config',
  'try_on_256x192',
  'what to draw: try_on_HEIGHTxWIDTH or pose_transfer_HEIGHTxWIDTH',
)
_DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'folder to write to')
_SEED = flags.DEFINE_integer(
  'seed', 0, 'another seed draws other dolls', lower_bound=0
)
_TRAIN = flags.DEFINE_integer(
  'train_examples', 20_000, 'size of split train', lower_bound=0
)
_VALIDATION = flags.DEFINE_integer(
  'validation_examples', 500, 'size of split validation', lower_bound=0
)
_TEST = flags.DEFINE_integer(
  'test_examples', 500, 'size of split test', lower_bound=0
)
_WORKERS = flags.DEFINE_integer(
  'workers', os.cpu_count() or 1, 'processes that draw', lower_bound=1
)
_PREVIEW = flags.DEFINE_string(
  'preview', '', 'also draw a contact sheet into this file'
)
_PREVIEW_ROWS = flags.DEFINE_integer(
  'preview_rows', 4, 'records on the contact sheet', lower_bound=1
)
_STATISTICS = flags.DEFINE_integer(
  'statistics',
  500,
  'how many records the printed statistics are of; 0 prints none',
  lower_bound=0,
)


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  counts = (_TRAIN.value, _VALIDATION.value, _TEST.value)
  if not any(counts):
    raise app.UsageError('no split has examples; see --train_examples')
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.data import builds
  from clothflow_tf.data import paper_doll

  logging.set_verbosity(logging.ERROR)  # TFDS warns of configurations.
  config = paper_doll.make_config(
    _CONFIG.value, _SEED.value, counts, _WORKERS.value
  )
  builder = paper_doll.PaperDoll(data_dir=_DATA_DIR.value, config=config)
  builds.prepare(builder)
  print(f'{builder.data_dir}: {builder.info.dataset_size}')
  if _STATISTICS.value:
    _describe(builder, config.spec.task)
  if _PREVIEW.value:
    _preview(builder)


def _records(builder, count: int):
  """Yields the first records of the first split, as numpy arrays."""
  from clothflow_tf.data import pipeline

  split = next(iter(builder.info.splits))
  dataset = pipeline.read(builder, split)
  return itertools.islice(dataset.as_numpy_iterator(), count)


def _describe(builder, task: str) -> None:
  from clothflow_tf.data import statistics

  found = statistics.describe(_records(builder, _STATISTICS.value))
  reference = statistics.VITON_SHARES if task == 'try_on' else None
  print('\n'.join(statistics.lines(found, reference)))


def _preview(builder) -> None:
  from clothflow_tf.data import drawing
  from clothflow_tf.data import files

  rows = map(drawing.sheet_row, _records(builder, _PREVIEW_ROWS.value))
  files.write_image(_PREVIEW.value, drawing.titled(list(rows), drawing.SHEET))
  print(_PREVIEW.value)


if __name__ == '__main__':
  program.run(main)
