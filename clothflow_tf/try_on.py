# SPDX-License-Identifier: Apache-2.0
r"""Dresses a person in a garment, or a folder's pairs, with a trained run.

    python -m clothflow_tf.try_on --run_dir=runs/demo \
      --person_image=person.jpg --person_layout=person_layout.png \
      --person_pose=person_keypoints.json --garment_image=garment.jpg \
      --garment_mask=garment_mask.png --output=result.png

With a pose-transfer run, give --target_pose in place of --person_pose and no
garment. `docs/data.md` says what files may hold. All pairs of a folder of
photographs:

    python -m clothflow_tf.try_on --run_dir=runs/demo --dataset_dir=FOLDER \
      --pairs=test_pairs.txt --output_dir=dressed
"""

import functools
import sys
from typing import Any

from absl import flags
import numpy as np

from clothflow_tf import program
from clothflow_tf import runs
from clothflow_tf.inference import arguments
from clothflow_tf.inference import pairs
from clothflow_tf.inference import parts
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_BATCH_SIZE = flags.DEFINE_integer(
  'batch_size', 4, 'pairs at once of --dataset_dir', lower_bound=1
)
for _name, _help in arguments.HELP.items():
  if _name in arguments.CHOICES:
    flags.DEFINE_enum(_name, None, arguments.CHOICES[_name], _help)
  else:
    flags.DEFINE_string(_name, None, _help)
flags.mark_flags_as_required(['run_dir'])


@functools.cache
def _network() -> Any:
  # Imported late: bad files and --help should not wait for TensorFlow.
  from clothflow_tf.models import try_on

  return try_on.load(_RUN_DIR.value)


def _model(inputs: list[raw.Arrays]) -> list[raw.Arrays]:
  """Returns the model's outputs for each of some raw inputs."""
  batch = {name: np.stack([x[name] for x in inputs]) for name in inputs[0]}
  outputs = {k: x.numpy() for k, x in _network()(batch).items()}
  return [{k: x[i] for k, x in outputs.items()} for i in range(len(inputs))]


def main(_: list[str]) -> None:
  names = [_BATCH_SIZE.name, *arguments.HELP]
  values = {x: flags.FLAGS[x].value for x in names if flags.FLAGS[x].present}
  given = {name: value for name, value in values.items() if value}
  arguments.check(given)
  config = runs.load_config(_RUN_DIR.value)
  data = config.data
  size = raw.Size(data.height, data.width)
  outputs = parts.NEEDED if config.render.composition == 'layers' else ()
  output_size = arguments.output_size(given, data.task, [*outputs])
  if 'dataset_dir' in given:
    job = arguments.job(given, data.task, size, output_size)
    job.listing()  # Before TensorFlow, which takes seconds.
    _network()  # Or a run without weights would claim the output folder.
    fingerprint = pairs.fingerprint(runs.weights_files(_RUN_DIR.value))
    print(pairs.dress(job, fingerprint, _model, _BATCH_SIZE.value))
    return
  remarks = person.dress(
    arguments.person_files(given, data.task),
    data.task,
    size,
    lambda inputs: _model([inputs])[0],
    person.Output(given['output'], output_size),
  )
  for remark in remarks:
    print(f'note: {remark}', file=sys.stderr)
  print(given['output'])


if __name__ == '__main__':
  program.run(main)
