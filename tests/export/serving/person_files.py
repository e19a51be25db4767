# SPDX-License-Identifier: Apache-2.0
"""The files of a drawn person and a garment, for tests of the client."""

import functools
import json
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from clothflow_tf.inference import drawn
from clothflow_tf.inputs import raw


@functools.cache
def doll() -> raw.Arrays:
  """Returns a person and a garment as raw inputs of 320x240; not to change."""
  return drawn.raw_inputs('try_on', raw.Size(320, 240), 1)[0]


def write(folder: pathlib.Path) -> dict[str, str]:
  """Writes their files; returns them as flags, with an output."""
  names = ('person_image', 'person_layout', 'garment_image', 'garment_mask')
  paths = {name: str(folder / f'{name}.png') for name in names}
  for name, path in paths.items():
    Image.fromarray(doll()[name]).save(path)
  pose = write_pose(folder / 'pose.json')
  return {**paths, 'person_pose': pose, 'output': str(folder / 'out.png')}


def write_pose(path: pathlib.Path) -> str:
  """Writes the pose as OpenPose does; returns the file."""
  numbers = doll()['person_keypoints'].astype(float).ravel().tolist()
  people = {'people': [{'pose_keypoints_2d': numbers}]}
  path.write_text(json.dumps(people), encoding='utf-8')
  return str(path)


def argv(flags: dict[str, Any], **changed: Any) -> list[str]:
  """Returns a command line of flags, some with other values."""
  return [f'--{name}={value}' for name, value in {**flags, **changed}.items()]


def pixels(path: str | pathlib.Path) -> np.ndarray:
  return np.asarray(Image.open(path))
