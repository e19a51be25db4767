# SPDX-License-Identifier: Apache-2.0
r"""Makes a data set of records, describes it, and draws some of it.

    python -m clothflow_tf.prepare --dataset=paper_doll \
      --config=try_on_256x192 --data_dir=data --workers=2 --preview=grid.png

or, from a folder of photographs (layouts: `docs/data.md`),

    python -m clothflow_tf.prepare --dataset=viton_hd --source=FOLDER \
      --data_dir=data --size=256x192 --preview=grid.png

which sets aside and lists examples that it cannot use; `--check` only lists,
and `--strict` stops at the first. Flags of dolls are refused with photographs,
and the other way round.

A build that was killed starts over when the same command is given again; a
finished one is left alone, and only its statistics and preview are made.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import itertools
import os
from typing import Any

from absl import app
from absl import flags
from absl import logging
import numpy as np

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf.data.photographs import beam_conversion
from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry

_DATASET = flags.DEFINE_enum(
  'dataset',
  'paper_doll',
  ['paper_doll', *registry.NAMES],
  'which data set to make',
)
_CONFIG = flags.DEFINE_string(
  'config',
  'try_on_256x192',
  'what to draw: try_on_HEIGHTxWIDTH or pose_transfer_HEIGHTxWIDTH',
)
_DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'folder to write to')
_SEED = flags.DEFINE_integer('seed', 0, 'another seed draws other dolls', 0)
_TRAIN = flags.DEFINE_integer(
  'train_examples', 20_000, 'size of split train', 0
)
_VALIDATION = flags.DEFINE_integer(
  'validation_examples', 500, 'size of split validation', 0
)
_TEST = flags.DEFINE_integer('test_examples', 500, 'size of split test', 0)
_WORKERS = flags.DEFINE_integer(
  'workers', os.cpu_count() or 1, 'processes that draw', 1
)
_PREVIEW = flags.DEFINE_string(
  'preview', '', 'also draw a contact sheet into this file'
)
_PREVIEW_ROWS = flags.DEFINE_integer(
  'preview_rows', 4, 'records on the contact sheet', 1
)
_STATISTICS = flags.DEFINE_integer(
  'statistics',
  500,
  'how many records the printed statistics are of; 0 prints none',
  lower_bound=0,
)
_SOURCE = flags.DEFINE_string(
  'source', '', 'folder of photographs (all but paper_doll)'
)
_SIZE = flags.DEFINE_string(
  'size', '', 'HEIGHTxWIDTH of the records; 256x192, deepfashion 256x256'
)
_PARSING = flags.DEFINE_enum(
  'parsing',
  '',
  ['', *label_sets.NAMES],
  "whose numbers the parse maps hold, if not the data set's own",
)
_MIN_KEYPOINTS = flags.DEFINE_integer(
  'min_keypoints',
  registry.MIN_KEYPOINTS,
  'joints that a person must have within the picture',
  lower_bound=0,
)
_FRAME = flags.DEFINE_enum(
  'frame',
  registry.WHOLE_PHOTO,
  registry.FRAMES,
  'what of a photo a record shows: all of it, or the window around the person '
  'that try_on looks through',
)
_CHECK = flags.DEFINE_bool(
  'check', False, 'only list what is in --source and what is wrong with it'
)
_REPORT = flags.DEFINE_string('report', '', 'JSON file for the whole report')
_STRICT = flags.DEFINE_bool(
  'strict', False, 'stop at the first example that cannot be used'
)
_BEAM = flags.DEFINE_string(
  'beam_options',
  '',
  'convert on Apache Beam with such options: '
  'runner=DirectRunner,direct_num_workers=2',
)

_OF_DOLLS = (_CONFIG, _SEED, _TRAIN, _VALIDATION, _TEST)
_OF_FOLDERS = (
  *(_SOURCE, _SIZE, _PARSING, _MIN_KEYPOINTS, _FRAME),
  *(_CHECK, _REPORT, _STRICT, _BEAM),
)


def main(_: list[str]) -> None:
  drawn = _DATASET.value == 'paper_doll'
  others = _OF_FOLDERS if drawn else _OF_DOLLS
  program.refuse([flag.name for flag in others], f'--dataset={_DATASET.value}')
  _check_outputs()
  if drawn:
    _prepare_dolls()
  else:
    _prepare_folder()


def _check_outputs() -> None:
  """Refuses outputs that cannot be written, before minutes of work."""
  folder = _DATA_DIR.value
  if not folder:  # TensorFlow Datasets would take a folder of its own.
    raise ValueError('--data_dir is empty, expected the folder to write to')
  if os.path.exists(folder) and not os.path.isdir(folder):
    raise NotADirectoryError(f'--data_dir={folder} is no folder')
  if _PREVIEW.value:
    files.check_image(_PREVIEW.value)
  if _REPORT.value:
    files.check_text(_REPORT.value)


def _prepare_dolls() -> None:
  counts = (_TRAIN.value, _VALIDATION.value, _TEST.value)
  if not any(counts):
    raise ValueError('no split has examples; see --train_examples')
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.data import building
  from clothflow_tf.data.dolls import builder as dolls_builder

  logging.set_verbosity(logging.ERROR)  # TFDS warns of configurations.
  config = dolls_builder.make_config(_CONFIG.value, _SEED.value, counts)
  builder = dolls_builder.builder(_DATA_DIR.value, config, _WORKERS.value)
  building.prepare(builder)
  print(f'{builder.data_dir}: {builder.info.dataset_size}')
  if _STATISTICS.value:
    _describe(builder, config.spec.task)
  if _PREVIEW.value:
    _preview(_records(builder, _PREVIEW_ROWS.value), config.spec.task)


def _prepare_folder() -> None:
  if not _SOURCE.value:
    raise app.UsageError(f'--source is needed for {_DATASET.value}')
  for flag in (_REPORT, _PREVIEW, *(() if _CHECK.value else (_DATA_DIR,))):
    if flag.value:
      files.check_outside(flag.value, _SOURCE.value, flag.name)
  options = registry.read_options(
    *(_DATASET.value, _size(), _PARSING.value),
    *(_MIN_KEYPOINTS.value, _FRAME.value),
  )
  if _CHECK.value:
    program.refuse([_BEAM.name], '--check, which uses --workers')
    program.refuse([_DATA_DIR.name], '--check, which writes no data set')
    _check(options)
  else:
    _convert(options)


def _check(options: registry.ReadOptions) -> None:
  checked = check.check(options, _SOURCE.value, _WORKERS.value, _STRICT.value)
  report = checked.as_dict()
  _print_report(report)
  if _PREVIEW.value:
    _preview(check.sample_records(options, checked, _PREVIEW_ROWS.value))
  report_lib.require_usable(report)


def _convert(options: registry.ReadOptions) -> None:
  from clothflow_tf.data.photographs import builder as builder_lib

  logging.set_verbosity(logging.ERROR)
  pipeline = _BEAM.value and beam_conversion.options(_BEAM.value)
  builder = builder_lib.builder(
    options, _DATA_DIR.value, _WORKERS.value, _STRICT.value, bool(pipeline)
  )
  builder_lib.build(builder, _SOURCE.value, pipeline or None)
  report = builder_lib.report(builder)
  _print_report(report)
  print(f'{builder.data_dir}: {builder.info.dataset_size}')
  if _STATISTICS.value:
    _describe(builder, options.data_set.task)
  if _PREVIEW.value:
    _preview(_records(builder, _PREVIEW_ROWS.value))
  report_lib.require_usable(report)


def _print_report(report: dict) -> None:
  """Prints a report, and writes the whole of it where asked."""
  print('\n'.join(report_lib.lines(report)))
  if _REPORT.value:
    files.write_json(_REPORT.value, report)


def _size() -> tuple[int, int] | None:
  if not _SIZE.value:
    return None
  parts = _SIZE.value.split('x')
  if len(parts) != 2 or not all(part.isdecimal() for part in parts):
    raise app.UsageError(
      f'--size is {_SIZE.value!r}, expected HEIGHTxWIDTH such as 256x192'
    )
  height, width = map(int, parts)
  # Larger than any data set's pictures; far beyond, memory would not do.
  if min(height, width) < 16 or max(height, width) > 4096:
    raise app.UsageError(
      f'--size is {_SIZE.value}, expected 16x16 to 4096x4096'
    )
  return height, width


def _records(builder: Any, count: int) -> Iterator[dict[str, np.ndarray]]:
  """Yields the first records of the first split, as numpy arrays."""
  from clothflow_tf.data import pipeline
  from clothflow_tf.data import shards

  split = next(iter(builder.info.splits))
  dataset = pipeline.read(builder, split)
  with shards.naming_damaged_file(os.fspath(builder.data_dir)):
    yield from itertools.islice(dataset.as_numpy_iterator(), count)


def _describe(builder: Any, task: str) -> None:
  from clothflow_tf.data import statistics

  described = statistics.describe(_records(builder, _STATISTICS.value))
  reference = statistics.VITON_SHARES if task == 'try_on' else None
  print('\n'.join(statistics.lines(described, reference)))


def _preview(records: Iterable[dict], task: str = '') -> None:
  """Draws photographs, or a task's dolls, into the file of --preview."""
  from clothflow_tf.data import drawing

  draw, columns = drawing.photograph_row, drawing.PHOTOGRAPHS
  if task:
    draw, columns = drawing.sheet_row, drawing.SHEETS[task]
  sheet = drawing.titled([draw(record) for record in records], columns)
  files.write_image(_PREVIEW.value, sheet)
  print(_PREVIEW.value)


if __name__ == '__main__':
  program.run(main)
