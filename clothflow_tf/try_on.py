# SPDX-License-Identifier: Apache-2.0
r"""Dresses a person in a garment, or a folder's pairs, with a trained run.

    python -m clothflow_tf.try_on --run_dir=runs/demo \
      --person_image=person.jpg --person_layout=person_layout.png \
      --person_pose=person_keypoints.json --garment_image=garment.jpg \
      --garment_mask=garment_mask.png --output=result.png

With a pose-transfer run, give --target_pose in place of --person_pose and no
garment. What files may hold, and how they are turned and scaled, is told in
`clothflow_tf.data.photographs.raw_files`. All pairs of a folder of photographs
(`docs/data.md`):

    python -m clothflow_tf.try_on --run_dir=runs/demo --dataset_dir=FOLDER \
      --pairs=test_pairs.txt --output_dir=dressed
"""

from absl import app
from absl import flags
import numpy as np

from clothflow_tf import program
from clothflow_tf import runs
from clothflow_tf.data.photographs import label_sets
from clothflow_tf.data.photographs.datasets import registry

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
  'garment_mask', None, 'its mask; its alpha channel if not given'
)
_OUTPUT = flags.DEFINE_string('output', None, 'PNG or JPEG to write')
_PARSING = flags.DEFINE_enum(
  'parsing',
  '',
  ['', *label_sets.NAMES],
  "whose numbers layouts hold, if not a record's or the data set's own",
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
_OF_ONE = (
  *(_PERSON_IMAGE, _PERSON_LAYOUT, _PERSON_POSE, _TARGET_POSE),
  *(_GARMENT_IMAGE, _GARMENT_MASK, _OUTPUT),
)
_OF_FOLDERS = (_DATASET, _PAIRS, _SPLIT, _OUTPUT_DIR, _BATCH_SIZE)


def _require(flag: flags.FlagHolder, task: str) -> str:
  if not flag.value:
    raise app.UsageError(f'--{flag.name} is needed for {task}')
  return flag.value


def _read(task: str, size: tuple[int, int]) -> dict:
  from clothflow_tf.data.photographs import raw_files

  image, layout = _PERSON_IMAGE.value, _PERSON_LAYOUT.value
  parsing = _PARSING.value or 'record'
  if task == 'pose_transfer':
    pose = _require(_TARGET_POSE, task)
    return raw_files.read_target(image, layout, pose, size, parsing)
  pose, garment = _require(_PERSON_POSE, task), _require(_GARMENT_IMAGE, task)
  return {
    **raw_files.read_person(image, layout, pose, size, parsing),
    **raw_files.read_garment(garment, _GARMENT_MASK.value, size),
  }


def _dress_folder() -> None:
  from clothflow_tf.inference import pairs

  run_dir, output_dir = _RUN_DIR.value, _require(_OUTPUT_DIR, '--dataset_dir')
  data = runs.load_config(run_dir).data
  how = registry.reading(
    _DATASET.value, (data.height, data.width), _PARSING.value, 1
  )
  place = _DATASET_DIR.value, _PAIRS.value, _SPLIT.value, output_dir
  job = pairs.Job(how, *place, data.garment_label)
  registry.check_task(how, data.task)
  job.listing()  # Before TensorFlow, which takes seconds.
  from clothflow_tf.models import try_on

  model, files = try_on.load(run_dir), runs.weights_files(run_dir)

  def paint(inputs: list[dict]) -> list:
    batch = {name: [raw[name] for raw in inputs] for name in inputs[0]}
    stacked = {name: np.stack(values) for name, values in batch.items()}
    return [*model(stacked)['image'].numpy()]

  print(pairs.dress(job, pairs.fingerprint(files), paint, _BATCH_SIZE.value))


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  from clothflow_tf.data.photographs import raw_files

  if _DATASET_DIR.value:
    program.refuse([flag.name for flag in _OF_ONE], '--dataset_dir')
    _dress_folder()
    return
  program.refuse(
    [flag.name for flag in _OF_FOLDERS], 'one person; give --dataset_dir'
  )
  for flag in (_PERSON_IMAGE, _PERSON_LAYOUT, _OUTPUT):
    _require(flag, 'one person; or --dataset_dir for a folder of them')
  data = runs.load_config(_RUN_DIR.value).data
  raw_files.check_output(_OUTPUT.value)
  raw = _read(data.task, (data.height, data.width))
  # Imported late: bad files and --help should not wait for TensorFlow.
  from clothflow_tf.models import try_on

  model = try_on.load(_RUN_DIR.value)
  batch = {name: value[None] for name, value in raw.items()}
  raw_files.write_image(_OUTPUT.value, model(batch)['image'].numpy()[0])
  print(_OUTPUT.value)


if __name__ == '__main__':
  program.run(main)
