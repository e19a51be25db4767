# SPDX-License-Identifier: Apache-2.0
"""The files of a drawn person and a garment, for tests of the client."""

import functools
import json
import pathlib
import tempfile
from typing import Any

import numpy as np
from PIL import Image

from clothflow_tf.inference import drawn
from clothflow_tf.inference import encoded
from clothflow_tf.inference import person
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


def write_folder(folder: pathlib.Path) -> str:
  """Writes a folder of VITON-HD's form; returns it.

  Its person p is to wear garment a, and b, whose mask is empty.
  """
  root = folder / 'test'
  names = ('image', 'image-parse-v3', 'openpose_json', 'cloth', 'cloth-mask')
  for name in names:
    (root / name).mkdir(parents=True)
  Image.fromarray(doll()['person_image']).save(root / 'image' / 'p.jpg')
  layout = Image.fromarray(doll()['person_layout'])
  layout.save(root / 'image-parse-v3' / 'p.png')
  write_pose(root / 'openpose_json' / 'p_keypoints.json')
  for name in ('a', 'b'):
    garment = Image.fromarray(doll()['garment_image'])
    garment.save(root / 'cloth' / f'{name}.jpg')
    mask = Image.fromarray(doll()['garment_mask'] * np.uint8(name == 'a'))
    mask.save(root / 'cloth-mask' / f'{name}.png')
  (folder / 'test_pairs.txt').write_text('p.jpg a.jpg\np.jpg b.jpg\n')
  return str(folder)


def example() -> encoded.Request:
  """Returns person p in garment a of `write_folder`, as a request."""
  with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(write_folder(pathlib.Path(folder, 'data')), 'test')
    files = person.Files(
      person_image=str(root / 'image' / 'p.jpg'),
      person_layout=str(root / 'image-parse-v3' / 'p.png'),
      person_pose=str(root / 'openpose_json' / 'p_keypoints.json'),
      garment_image=str(root / 'cloth' / 'a.jpg'),
      garment_mask=str(root / 'cloth-mask' / 'a.png'),
    )
    return encoded.pair_of_files(files)[0].inputs
