# SPDX-License-Identifier: Apache-2.0
r"""Dresses one person in one garment with a trained run.

    python -m clothflow_tf.try_on --run_dir=runs/demo \
      --person_image=person.jpg --person_layout=person_layout.png \
      --person_pose=person_keypoints.json --garment_image=garment.jpg \
      --garment_mask=garment_mask.png --output=result.png

With a pose-transfer run, give --target_pose in place of --person_pose and no
garment. What files may hold, and how they are turned and scaled, is told in
`clothflow_tf.data.files`.
"""

from absl import app
from absl import flags

from clothflow_tf import program
from clothflow_tf import runs

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
flags.mark_flags_as_required(
  ['run_dir', 'person_image', 'person_layout', 'output']
)


def _require(flag: flags.FlagHolder, task: str) -> str:
  if not flag.value:
    raise app.UsageError(f'--{flag.name} is needed for {task}')
  return flag.value


def _read(task: str, size: tuple[int, int]) -> dict:
  from clothflow_tf.data import files

  if task == 'pose_transfer':
    pose = _require(_TARGET_POSE, task)
    return files.read_target(
      _PERSON_IMAGE.value, _PERSON_LAYOUT.value, pose, size
    )
  pose, garment = _require(_PERSON_POSE, task), _require(_GARMENT_IMAGE, task)
  return {
    **files.read_person(_PERSON_IMAGE.value, _PERSON_LAYOUT.value, pose, size),
    **files.read_garment(garment, _GARMENT_MASK.value, size),
  }


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  from clothflow_tf.data import files

  data = runs.load_config(_RUN_DIR.value).data
  files.check_output(_OUTPUT.value)
  raw = _read(data.task, (data.height, data.width))
  # Imported late: bad files and --help should not wait for TensorFlow.
  from clothflow_tf.models import try_on

  model = try_on.load(_RUN_DIR.value)
  batch = {name: value[None] for name, value in raw.items()}
  files.write_image(_OUTPUT.value, model(batch)['image'].numpy()[0])
  print(_OUTPUT.value)


if __name__ == '__main__':
  program.run(main)
