# SPDX-License-Identifier: Apache-2.0
r"""Finds a person's keypoints in a photograph, in place of OpenPose.

    python -m clothflow_tf.find_pose --image=person.jpg \
      --output=person_keypoints.json --preview=person_pose.png

The JSON is OpenPose's, so every program that takes a pose takes it. MediaPipe
is needed, an optional dependency (`requirements-pose.txt`).
"""

import json

from absl import app
from absl import flags

from clothflow_tf import program
from clothflow_tf import runs

_IMAGE = flags.DEFINE_string('image', None, 'photo of the person')
_OUTPUT = flags.DEFINE_string('output', None, 'OpenPose JSON to write')
_PREVIEW = flags.DEFINE_string('preview', '', 'picture of the joints found')
flags.mark_flags_as_required(['image', 'output'])


def main(argv: list[str]) -> None:
  if len(argv) > 1:
    raise app.UsageError(f'unexpected arguments: {argv[1:]}')
  from clothflow_tf.data.photographs import images
  from clothflow_tf.data.photographs import mediapipe_pose
  from clothflow_tf.data.photographs import raw_files

  runs.check_text(_OUTPUT.value)
  if _PREVIEW.value:
    raw_files.check_output(_PREVIEW.value)
  joints = mediapipe_pose.find(_IMAGE.value)
  text = json.dumps(mediapipe_pose.as_openpose(joints)) + '\n'
  runs.write_text(_OUTPUT.value, text)
  print(f'{_OUTPUT.value}: {int((joints[:, 2] > 0).sum())} of 18 joints')
  if _PREVIEW.value:
    from clothflow_tf.data import drawing

    image = images.photo(_IMAGE.value).pixels
    raw_files.write_image(_PREVIEW.value, drawing.skeleton(image, joints))


if __name__ == '__main__':
  program.run(main)
