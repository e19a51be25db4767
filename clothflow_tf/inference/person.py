# SPDX-License-Identifier: Apache-2.0
"""One person dressed: from files to a model's raw inputs, and to a picture.

The model is a function, so that this runs with TensorFlow and on a device. In
pose transfer the pair is one person twice: with the pose to take on, and as the
photo shows her.
"""

from collections.abc import Callable
import dataclasses

import numpy as np

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import images
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import raw

Model = Callable[[raw.Arrays], np.ndarray]

# What each task needs beside the photo, its parse map and the output, and what
# it may take; names of `Files`.
NEEDS = {
  'try_on': ('person_pose', 'garment_image'),
  'pose_transfer': ('target_pose',),
}
TAKES = {'try_on': ('garment_mask', 'garment'), 'pose_transfer': ()}


@dataclasses.dataclass(frozen=True)
class Files:
  """The files of one person and one garment, or of one person and a pose.

  Attributes:
    person_image: photo of the person.
    person_layout: its parse map.
    person_pose: its pose (try-on).
    garment_image: photo of the garment (try-on).
    garment_mask: its mask; '' takes its alpha channel, or cuts the garment from
      a plain backdrop.
    target_pose: pose to take on, in pixels of the photo (pose transfer).
    parsing: what the parse map's numbers mean, one of `label_sets.NAMES`.
    garment: what kind of garment it is, one of `raw.GARMENTS`.
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
    pose = self.target_pose if task == 'pose_transfer' else self.person_pose
    own = task == 'try_on'
    person = examples.Person(
      self.person_image, self.person_layout, pose, self.parsing, wears_pose=own
    )
    if own:
      label = raw.GARMENTS[self.garment]
      garment = examples.Garment(self.garment_image, self.garment_mask, label)
      return examples.Example(self.garment_image, person, garment)
    return examples.Example(pose, person, person)


def inputs(target: reader.Reading, source: reader.Reading) -> raw.Arrays:
  """Returns a model's raw inputs for what was read of an example.

  Raises:
    raw_files.InputError: the first problem of either.
  """
  record = reader.record_of(target, source)
  is_garment = 'garment_mask' in source.arrays
  return raw.from_record(record, 'try_on' if is_garment else 'pose_transfer')


def dress(
  files: Files, task: str, size: images.Size, model: Model, output: str
) -> list[str]:
  """Writes the picture of one person; returns remarks on the files.

  Args:
    files: of the person and the garment.
    task: of the model.
    size: of the model.
    model: returns uint8 [H, W, 3] for raw inputs.
    output: the PNG or JPEG.

  Raises:
    raw_files.InputError: a file cannot be used; nothing was written.
  """
  example = files.example(task)
  target = reader.read(example.target, size, min_keypoints=1)
  source = target
  if example.source != example.target:
    source = reader.read(example.source, size, min_keypoints=1)
  raw_files.write_image(output, model(inputs(target, source)))
  remarks = dict.fromkeys([*target.remarks, *source.remarks])
  return [f'{x.file}: {x.reason}' for x in remarks]
