# SPDX-License-Identifier: Apache-2.0
"""The contact sheet of a folder of results: person, garment, result.

Pictures of persons and garments lie in inputs/, named after their photos; a
garment whose mask is doubtful has its preview beside it (`mask_preview`).
"""

import os

import numpy as np
from PIL import Image

from clothflow_tf import pages
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import person as person_lib

# The longest side of a photo.
_SHOWN = 1024


def pair(
  example: examples_lib.Example,
) -> tuple[examples_lib.Person, examples_lib.Part]:
  """Returns (person, garment); in pose transfer, (source, target pose)."""
  if isinstance(example.source, examples_lib.Garment):
    return example.parts
  return example.source, example.target


def stem(path: str) -> str:
  return os.path.splitext(os.path.basename(path))[0]


def shown(example: examples_lib.Example) -> dict[str, str]:
  """Returns the raw inputs that are pictures, and their files."""
  person, other = pair(example)
  files = {'person_image': f'inputs/persons/{stem(person.image)}.jpg'}
  if isinstance(other, examples_lib.Garment):
    files['garment_image'] = f'inputs/garments/{stem(other.image)}.jpg'
  return files


def preview(example: examples_lib.Example) -> str:
  """Returns the file of the preview of a garment whose mask is doubtful."""
  *_, garment = shown(example).values()
  return mask_preview.path_beside(garment)


def picture(prepared: person_lib.Prepared, field: str) -> np.ndarray:
  """Returns a person or a garment for the contact sheet."""
  originals = {'person_image': 'person', 'garment_image': 'garment'}
  original = getattr(prepared, originals[field])
  if original is None:
    return prepared.inputs[field]
  smaller = Image.fromarray(original.pixels)
  smaller.thumbnail((_SHOWN, _SHOWN))
  return np.asarray(smaller)


def page(
  output_dir: str, title: str, names: dict[str, examples_lib.Example]
) -> str:
  """Returns the sheet of all results that are there.

  Args:
    output_dir: the folder of the results.
    title: what the sheet shows.
    names: file of a result to its example.
  """
  parts = [pages.paragraph(title)]
  for name, example in names.items():
    paths = [*shown(example).values(), preview(example), name]
    there = [x for x in paths if os.path.exists(os.path.join(output_dir, x))]
    if name in there:
      parts.append(pages.figure(there, example.name))
  return pages.page('ClothFlow', parts)
