# SPDX-License-Identifier: Apache-2.0
"""One person dressed: from files to a model's raw inputs, and to a picture.

The model is a function, so that this runs with TensorFlow and on a device. In
pose transfer, source and target are the same photo; only the pose differs.
"""

from collections.abc import Callable
import dataclasses

import numpy as np

from clothflow_tf import files as files_lib
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import raw

Model = Callable[[raw.Arrays], np.ndarray]
Read = Callable[[examples.Part], reader.Reading]


@dataclasses.dataclass(frozen=True)
class Files:
  """The files of one person and one garment, or of one person and a pose.

  Fields are flags of `arguments`, which says what each of them is.
  """

  person_image: str
  person_layout: str
  person_pose: str = ''
  garment_image: str = ''
  garment_mask: str = ''
  target_pose: str = ''
  parsing: str = 'record'
  garment: str = 'top'

  def example(self, task: str) -> examples.Example:
    """Returns the files as a data set would list them."""
    own = task == 'try_on'
    pose = self.person_pose if own else self.target_pose
    person = examples.Person(
      self.person_image, self.person_layout, pose, self.parsing, wears_pose=own
    )
    label = raw.GARMENTS[self.garment]
    garment = examples.Garment(self.garment_image, self.garment_mask, label)
    return examples.Example(pose, person, garment if own else person)


def inputs(example: examples.Example, read: Read) -> raw.Arrays:
  """Returns a model's raw inputs for an example.

  Raises:
    files.InputError: the first problem of its files.
  """
  target, source = (read(part).require() for part in example.parts)
  if isinstance(example.source, examples.Garment):
    return {**raw.DEFAULTS, **target, **source}
  return {
    'person_image': source['person_image'],
    'person_layout': source['person_layout'],
    'target_keypoints': target['person_keypoints'],
  }


def dress(
  files: Files, task: str, size: raw.Size, model: Model, output: str
) -> list[str]:
  """Writes the picture of one person; returns remarks on the files.

  Args:
    files: of the person and the garment.
    task: of the model.
    size: of the model.
    model: returns uint8 [H, W, 3] for raw inputs.
    output: the PNG or JPEG.

  Raises:
    files.InputError: a file cannot be used; nothing was written.
  """
  example = files.example(task)
  parts = dict.fromkeys(example.parts)
  readings = {part: reader.read(part, size) for part in parts}
  image = model(inputs(example, readings.__getitem__))
  files_lib.write_image(output, image)
  remarks = [x for reading in readings.values() for x in reading.remarks]
  return [f'{x.file}: {x.reason}' for x in dict.fromkeys(remarks)]
