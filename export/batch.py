# SPDX-License-Identifier: Apache-2.0
"""Dresses all pairs of a folder by a SavedModel on many machines.

    python -m export.batch --model_dir=served/try_on --dataset_dir=FOLDER \\
      --output_dir=OUT --beam_options=runner=DirectRunner,direct_num_workers=2

Apache Beam spreads the pairs (requirements-beam.txt); any of its runners will
do, where workers see the three folders. Pictures that are there are not made
again. The highest version in the model's folder is taken. `export.run_tflite`
and `export.client` do the same on one machine.

Exit status: 0 when done, 1 for input that cannot be used (one line says which
and why), 2 for wrong arguments.
"""

import argparse
import os
import sys

from clothflow_tf import files
from clothflow_tf.inference import arguments
from clothflow_tf.inference import encoded
from export.serving import beam
from export.serving.server import models

_FLAGS = (
  *('dataset_dir', 'dataset', 'pairs', 'split', 'output_dir', 'parsing'),
)
_MARK = 'saved_model.pb'


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = argparse.ArgumentParser(
    prog='python -m export.batch', allow_abbrev=False
  )
  parser.add_argument('--model_dir', required=True, help='folder of versions')
  for name in _FLAGS:
    parser.add_argument(
      f'--{name}',
      choices=arguments.CHOICES.get(name),
      required=name.endswith('_dir'),
      help=arguments.HELP[name],
    )
  parser.add_argument(
    '--batch_size', type=int, default=8, help='pairs at once, at most (8)'
  )
  parser.add_argument(
    '--beam_options', default='', help='NAME=VALUE,... as Beam has them'
  )
  values = parser.parse_args(argv)
  given = {name: x for name in _FLAGS if (x := getattr(values, name))}
  try:
    options = beam.options(values.beam_options)
    job = arguments.job(given, 'try_on', encoded.SIZE, 'photo')
    model_dir = _version(values.model_dir)
    print(beam.dress(job, model_dir, values.batch_size, options))
  except (ValueError, OSError) as error:  # InputError is a ValueError.
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  return 0


def _version(model_dir: str) -> str:
  """Returns the folder of the highest version.

  Raises:
    files.InputError: there is none.
  """
  there = os.path.isdir(model_dir)
  places = models.folders(model_dir, _MARK) if there else {}
  if not places:
    raise files.InputError(
      model_dir, 'expected a folder of versions, such as 1, with SavedModels'
    )
  return os.path.abspath(places[max(places)])


if __name__ == '__main__':
  sys.exit(main())
