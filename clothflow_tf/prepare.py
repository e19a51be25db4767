# SPDX-License-Identifier: Apache-2.0
r"""Makes or converts a data set into records.

    python -m clothflow_tf.prepare --dataset=paper_doll --data_dir=data \
      --train_examples=20000 --workers=2
"""

import os

from absl import app
from absl import flags

from clothflow_tf import program

_DATASET = flags.DEFINE_enum(
  'dataset', 'paper_doll', ['paper_doll'], 'which data set to make'
)
_DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'folder to write to')
_TASK = flags.DEFINE_enum(
  'task', 'try_on', ['try_on', 'pose_transfer'], 'what the records are for'
)
_SIZE = flags.DEFINE_string(
  'size', '256x192', 'rows x columns, such as 256x192'
)
_SEED = flags.DEFINE_integer('seed', 0, 'another seed draws other dolls')
_TRAIN = flags.DEFINE_integer('train_examples', 20_000, 'size of split train')
_VALIDATION = flags.DEFINE_integer(
  'validation_examples', 500, 'size of split validation'
)
_TEST = flags.DEFINE_integer('test_examples', 500, 'size of split test')
_WORKERS = flags.DEFINE_integer(
  'workers', os.cpu_count() or 1, 'processes that draw', lower_bound=1
)


def _parse_size(text: str) -> list[int]:
  try:
    height, width = (int(part) for part in text.split('x'))
  except ValueError:
    raise app.UsageError(f'--size is {text!r}, expected ROWSxCOLUMNS') from None
  if min(height, width) < 32:
    raise app.UsageError(f'--size is {text!r}, expected at least 32x32')
  return [height, width]


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  height, width = _parse_size(_SIZE.value)
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.data import paper_doll
  from clothflow_tf.data.dolls import generate

  spec = generate.DollSpec(_TASK.value, height, width, _SEED.value)
  counts = (_TRAIN.value, _VALIDATION.value, _TEST.value)
  builder = paper_doll.PaperDoll(
    data_dir=_DATA_DIR.value,
    config=paper_doll.make_config(spec, counts, _WORKERS.value),
  )
  builder.download_and_prepare()
  print(f'{builder.data_dir}: {builder.info.dataset_size}')


if __name__ == '__main__':
  program.run(main)
