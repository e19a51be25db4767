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

from absl import app
from absl import flags
import numpy as np

from clothflow_tf import config
from clothflow_tf import program
from clothflow_tf import runs
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw as raw_inputs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_PERSON_IMAGE = flags.DEFINE_string('person_image', None, 'photo of the person')
_PERSON_LAYOUT = flags.DEFINE_string(
  'person_layout', None, 'PNG of its 20 labels, of the same size'
)
_PERSON_POSE = flags.DEFINE_string(
  'person_pose', None, 'OpenPose JSON of the person (try-on)'
)
_TARGET_POSE = flags.DEFINE_string(
  'target_pose', None, 'OpenPose JSON of the new pose (pose transfer)'
)
_GARMENT_IMAGE = flags.DEFINE_string(
  'garment_image', None, 'product photo (try-on)'
)
_GARMENT_MASK = flags.DEFINE_string(
  'garment_mask',
  None,
  'its mask; without one its alpha channel, or what a plain backdrop shows',
)
_GARMENT = flags.DEFINE_enum(
  'garment', 'top', [*raw_inputs.GARMENTS], 'what kind of garment it is'
)
_OUTPUT = flags.DEFINE_string('output', None, 'PNG or JPEG to write')
_PARSING = flags.DEFINE_enum(
  'parsing',
  '',
  ['', *label_sets.NAMES],
  "numbering of layouts, if not a record's or the data set's own",
)
_DATASET_DIR = flags.DEFINE_string(
  'dataset_dir', None, 'folder of photographs whose pairs are made'
)
_DATASET = flags.DEFINE_enum(
  'dataset', 'viton_hd', registry.NAMES, 'layout of --dataset_dir'
)
_PAIRS = flags.DEFINE_string(
  'pairs', 'test_pairs.txt', 'list of pairs, a file of --dataset_dir or another'
)
_SPLIT = flags.DEFINE_string(
  'split', 'test', 'where in --dataset_dir persons and garments are'
)
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, 'folder for the results of --dataset_dir'
)
_BATCH_SIZE = flags.DEFINE_integer(
  'batch_size', 4, 'pairs at once of --dataset_dir', lower_bound=1
)
flags.mark_flags_as_required(['run_dir'])
_FILES = (
  *(_PERSON_IMAGE, _PERSON_LAYOUT, _PERSON_POSE, _TARGET_POSE),
  *(_GARMENT_IMAGE, _GARMENT_MASK),
)
_OF_FOLDERS = (_DATASET, _PAIRS, _SPLIT, _OUTPUT_DIR, _BATCH_SIZE)


@functools.cache
def _network() -> Any:
  # Imported late: bad files and --help should not wait for TensorFlow.
  from clothflow_tf.models import try_on

  return try_on.load(_RUN_DIR.value)


def _model(inputs: list[dict[str, np.ndarray]]) -> list[np.ndarray]:
  """Returns a picture for each of some raw inputs."""
  batch = {name: np.stack([x[name] for x in inputs]) for name in inputs[0]}
  return [*_network()(batch)['image'].numpy()]


def _require(flag: flags.FlagHolder, task: str) -> str:
  if not flag.value:
    raise app.UsageError(f'--{flag.name} is needed for {task}')
  return flag.value


def _dress_one(data: config.DataConfig) -> None:
  files = person.Files(
    **{flag.name: flag.value or '' for flag in _FILES},
    parsing=_PARSING.value or 'record',
    garment=_GARMENT.value,
  )
  for name in person.NEEDS[data.task]:
    if not getattr(files, name):
      raise app.UsageError(f'--{name} is needed for {data.task}')
  raw_files.check_output(_OUTPUT.value)
  remarks = person.dress(
    files,
    data.task,
    images.Size(data.height, data.width),
    lambda raw: _model([raw])[0],
    _OUTPUT.value,
  )
  for remark in remarks:
    print(f'note: {remark}', file=sys.stderr)
  print(_OUTPUT.value)


def _dress_folder(data: config.DataConfig) -> None:
  options = registry.read_options(
    _DATASET.value, (data.height, data.width), _PARSING.value, 1
  )
  registry.check_task(options.dataset, data.task)
  place = _DATASET_DIR.value, _PAIRS.value, _SPLIT.value, _OUTPUT_DIR.value
  job = pairs.Job(options, *place)
  job.listing()  # Before TensorFlow, which takes seconds.
  _network()  # Or a run without weights would claim the output folder.
  fingerprint = pairs.fingerprint(runs.weights_files(_RUN_DIR.value))
  print(pairs.dress(job, fingerprint, _model, _BATCH_SIZE.value))


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  if _DATASET_DIR.value:
    given = (*_FILES, _GARMENT, _OUTPUT)
    program.refuse([x.name for x in given], '--dataset_dir')
    _require(_OUTPUT_DIR, '--dataset_dir')
    _dress_folder(runs.load_config(_RUN_DIR.value).data)
    return
  program.refuse(
    [flag.name for flag in _OF_FOLDERS], 'one person; give --dataset_dir'
  )
  for flag in (_PERSON_IMAGE, _PERSON_LAYOUT, _OUTPUT):
    _require(flag, 'one person; or --dataset_dir for a folder of them')
  _dress_one(runs.load_config(_RUN_DIR.value).data)


if __name__ == '__main__':
  program.run(main)
