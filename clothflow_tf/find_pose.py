# SPDX-License-Identifier: Apache-2.0
r"""Finds a person's keypoints in a photograph, in place of OpenPose.

    python -m clothflow_tf.find_pose --image=person.jpg \
      --output=person_keypoints.json --preview=person_pose.png

The JSON is OpenPose's, so every program that takes a pose takes it. MediaPipe
is needed, an optional dependency (`requirements-pose.txt`).
"""

from absl import flags

from clothflow_tf import files
from clothflow_tf import program

_IMAGE = flags.DEFINE_string('image', None, 'photo of the person')
_OUTPUT = flags.DEFINE_string('output', None, 'OpenPose JSON to write')
_PREVIEW = flags.DEFINE_string('preview', '', 'picture of the joints found')
flags.mark_flags_as_required(['image', 'output'])


def main(_: list[str]) -> None:
  from clothflow_tf.data.photographs import images
  from clothflow_tf.data.photographs import mediapipe_pose

  files.check_text(_OUTPUT.value)
  files.check_apart(_OUTPUT.value, {_IMAGE.name: _IMAGE.value})
  if _PREVIEW.value:
    files.check_image(_PREVIEW.value)
    files.check_apart(_PREVIEW.value, {_IMAGE.name: _IMAGE.value})
  joints = mediapipe_pose.find(_IMAGE.value)
  files.write_json(_OUTPUT.value, mediapipe_pose.as_openpose(joints))
  print(
    f'{_OUTPUT.value}: {int((joints[:, 2] > 0).sum())} of {len(joints)} joints'
  )
  if _PREVIEW.value:
    from clothflow_tf.data import drawing

    image = images.photo(_IMAGE.value).pixels
    files.write_image(_PREVIEW.value, drawing.skeleton(image, joints))


if __name__ == '__main__':
  program.run(main)
