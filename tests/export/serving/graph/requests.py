# SPDX-License-Identifier: Apache-2.0
"""Requests of drawn people as bytes, and the same as a user's files."""

import io
import json
import pathlib

import numpy as np
from PIL import Image

from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw
from tests.export.serving.graph import scenes

_KINDS = {int(label): kind for kind, label in raw.GARMENTS.items()}
Element = dict[str, bytes | np.ndarray]


def encoded(image: np.ndarray, kind: str = 'PNG') -> bytes:
  file = io.BytesIO()
  Image.fromarray(image).save(file, kind)
  return file.getvalue()


def decoded(content: bytes) -> np.ndarray:
  return np.asarray(Image.open(io.BytesIO(content)))


def element(index: int, place: scenes.Place) -> Element:
  """Returns a doll in a photo and its garment, as a request has them."""
  original = scenes.person(index, place)
  garment, label = scenes.garment(index)
  return {
    'person_image': encoded(original.pixels, 'JPEG'),
    'person_layout': encoded(original.layout),
    'person_keypoints': original.keypoints,
    'garment_image': encoded(garment.pixels),
    'garment_mask': encoded(garment.layout),
    'garment_label': np.int32(label),
  }


def batch(elements: list[Element]) -> dict[str, np.ndarray]:
  """Returns a request of several elements."""
  return {
    name: np.array([x[name] for x in elements], object)
    if isinstance(elements[0][name], bytes)
    else np.stack([x[name] for x in elements])
    for name in elements[0]
  }


def dressed(
  request: Element,
  model: person_lib.Model,
  size: raw.Size,
  folder: pathlib.Path,
) -> np.ndarray:
  """Returns what `try_on` makes of the same bytes in files."""
  paths = {}
  for name, content in request.items():
    if isinstance(content, bytes) and content:
      is_jpeg = content.startswith(b'\xff\xd8')
      paths[name] = str(folder / f'{name}{".jpg" if is_jpeg else ".png"}')
      pathlib.Path(paths[name]).write_bytes(content)
  pose = folder / 'pose.json'
  pose.write_text(
    json.dumps(request['person_keypoints'].astype(float).tolist())
  )
  files = person_lib.Files(
    **paths,
    person_pose=str(pose),
    garment=_KINDS[int(request['garment_label'])],
  )
  output = person_lib.Output(str(folder / 'result.png'), 'photo')
  person_lib.dress(files, 'try_on', size, model, output)
  return np.asarray(Image.open(output.path))
