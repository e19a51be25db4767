# SPDX-License-Identifier: Apache-2.0
"""What an exported file says of itself, inside the file.

A .tflite file may end in a ZIP archive (TensorFlow Lite's "associated files"):
runtimes do not look at it, and any ZIP program reads it:

    unzip -p try_on.tflite clothflow.json

It holds the format's version, the task, the size, the labels of layouts, the
kinds of garments, the mode and the licence. Nothing here needs TensorFlow.
"""

import io
import json
from typing import Any
import zipfile

from clothflow_tf import files
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

NAME = 'clothflow.json'
# Of inputs and outputs: their names, shapes, ranges and meaning.
FORMAT = 1


def facts(
  task: str, size: raw.Size, mode: str, licence: str = ''
) -> dict[str, Any]:
  """Returns what a file of this version says of itself.

  Args:
    task: 'try_on' or 'pose_transfer'.
    size: of the model's images.
    mode: how its numbers are stored, one of `export.tflite`'s.
    licence: SPDX identifier of the weights' licence, '' if not stated.
  """
  return {
    'format': FORMAT,
    'task': task,
    'height': size.height,
    'width': size.width,
    'mode': mode,
    'labels': [*labels.NAMES],
    'garments': dict(raw.GARMENTS) if task == 'try_on' else {},
    'licence': licence,
  }


def attached(content: bytes, about: dict[str, Any]) -> bytes:
  """Returns a .tflite file that ends in facts about it."""
  buffer = io.BytesIO(content)
  # The epoch of ZIP: the same run gives the same bytes on any day.
  entry = zipfile.ZipInfo(NAME)
  with zipfile.ZipFile(buffer, 'a') as archive:
    archive.writestr(entry, json.dumps(about, indent=1))
  return buffer.getvalue()


def read(path: str) -> dict[str, Any]:
  """Returns what a file says of itself; {} if it says nothing.

  Raises:
    InputError: it is of another format than this version reads.
  """
  if not zipfile.is_zipfile(path):
    return {}
  try:
    with zipfile.ZipFile(path) as archive:
      about = json.loads(archive.read(NAME))
  except KeyError:
    return {}
  except (zipfile.BadZipFile, ValueError) as error:
    raise files.InputError(path, f'{NAME} in it is broken ({error})') from error
  version = about.get('format') if isinstance(about, dict) else None
  if version != FORMAT:
    raise files.InputError(
      path,
      f'is of format {version!r}; expected {FORMAT}: export the run again, or '
      'use the version of ClothFlow that made the file',
    )
  return about
