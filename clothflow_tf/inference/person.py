# SPDX-License-Identifier: Apache-2.0
"""One person dressed: from files to a model's raw inputs, and to a picture.

The model is a function, so that this runs with TensorFlow and on a device. In
pose transfer, source and target are the same photo; only the pose differs.

The picture has one of two sizes (`OUTPUT_SIZES`): the photo's own, where the
model looks at a window around the person (`inputs.window`) and only what may
change is changed (`compose`); or the model's, where it sees the whole photo
with a border, and its picture is all there is.
"""

from collections.abc import Callable
import dataclasses
from typing import NamedTuple

import numpy as np

from clothflow_tf import files as files_lib
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import framing as letterbox
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import compose
from clothflow_tf.inference import framing
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inputs import raw

OUTPUT_SIZES = ('photo', 'model')
IMAGE = 'image'

# The outputs of a model for raw inputs, neither with a batch dimension.
Model = Callable[[raw.Arrays], raw.Arrays]
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
  person: str = '0'

  def example(self, task: str) -> examples.Example:
    """Returns the files as a data set would list them."""
    own = task == 'try_on'
    pose = self.person_pose if own else self.target_pose
    person = examples.Person(
      self.person_image,
      self.person_layout,
      pose,
      self.parsing,
      wears_pose=own,
      number=int(self.person),
    )
    label = raw.GARMENTS[self.garment]
    garment = examples.Garment(self.garment_image, self.garment_mask, label)
    return examples.Example(pose, person, garment if own else person)


class Prepared(NamedTuple):
  """An example that is ready for a model.

  Attributes:
    inputs: raw inputs.
    person: in all pixels of the photo, for a result of its size; else None.
    garment: likewise.
    window: what the model sees of the photo.
    remarks: on the files.
  """

  inputs: raw.Arrays
  person: reader.Original | None = None
  garment: reader.Original | None = None
  window: framing.Window | None = None
  remarks: tuple[findings.Problem, ...] = ()

  def result(self, outputs: raw.Arrays) -> np.ndarray:
    """Returns the picture, uint8 [h, w, 3], of a model's outputs."""
    if self.window is None:
      return outputs[IMAGE]
    label = int(self.inputs['garment_label'])
    return compose.compose(
      parts_lib.Parts(self.person, self.window, self.garment, label, outputs)
    )

  def mask_preview(self) -> np.ndarray | None:
    """Returns the garment with its mask's outline if the mask is doubtful."""
    if not mask_preview.is_needed(self.remarks):
      return None
    if self.garment is not None:
      return mask_preview.draw(self.garment.pixels, self.garment.layout)
    inputs = self.inputs
    return mask_preview.draw(inputs['garment_image'], inputs['garment_mask'])


def prepare(example: examples.Example, read: Read, size: raw.Size) -> Prepared:
  """Returns an example ready for a model; at the photo's size, if read so.

  Args:
    example: its files.
    read: returns readings, with originals for a result at the photo's size.
    size: of the model.

  Raises:
    files.InputError: the first problem of its files.
  """
  readings = [read(part) for part in example.parts]
  target, source = (reading.require() for reading in readings)
  # In pose transfer both may be of one file.
  noted = dict.fromkeys(x for reading in readings for x in reading.remarks)
  remarks = tuple(noted)
  if not isinstance(example.source, examples.Garment):
    return Prepared(
      {
        'person_image': source['person_image'],
        'person_layout': source['person_layout'],
        'target_keypoints': target['person_keypoints'],
      },
      remarks=remarks,
    )
  inputs = {**raw.DEFAULTS, **target, **source}
  person, garment = (reading.original for reading in readings)
  if person is None:
    return Prepared(inputs, remarks=remarks)
  ready = framed(person, garment, int(inputs['garment_label']), size)
  return ready._replace(remarks=remarks)


def framed(
  person: reader.Original,
  garment: reader.Original,
  garment_label: int,
  size: raw.Size,
) -> Prepared:
  """Returns a person and a garment ready for a model.

  Args:
    person: in all pixels of the photo.
    garment: likewise.
    garment_label: one of `raw.GARMENTS`' values.
    size: of the model.
  """
  window = framing.place(person, size, garment_label)
  inputs = {
    **raw.DEFAULTS,
    **framing.person(person, window),
    **letterbox.garment(garment.pixels, garment.layout, garment.size, size),
    'garment_label': np.int32(garment_label),
  }
  return Prepared(inputs, person, garment, window)


def dress(
  files: Files, task: str, size: raw.Size, model: Model, output: 'Output'
) -> list[str]:
  """Writes the picture of one person; returns remarks on the files.

  If the garment's mask is doubtful, a preview of it is written beside the
  picture (`mask_preview`), and the remark names it.

  Args:
    files: of the person and the garment.
    task: of the model.
    size: of the model.
    model: returns its outputs for raw inputs.
    output: the picture to write.

  Raises:
    files.InputError: a file cannot be used; nothing was written.
  """
  example = files.example(task)
  parts = dict.fromkeys(example.parts)
  whole = output.size == 'photo'
  readings = {part: reader.read(part, size, whole=whole) for part in parts}
  prepared = prepare(example, readings.__getitem__, size)
  image = prepared.result(model(prepared.inputs))
  files_lib.write_image(output.path, image)
  remarks = prepared.remarks
  if (preview := prepared.mask_preview()) is not None:
    path = mask_preview.path_beside(output.path)
    files_lib.write_image(path, preview)
    remarks = mask_preview.named(remarks, path)
  return [f'{x.file}: {x.reason}' for x in remarks]


class Output(NamedTuple):
  """A picture to write: its file, and which of `OUTPUT_SIZES` it has."""

  path: str
  size: str = 'model'


def output_size(wanted: str, task: str, outputs: list[str]) -> str:
  """Returns which of `OUTPUT_SIZES` a model's results shall have.

  Args:
    wanted: one of them; '' is the photo's where the model can.
    task: of the model.
    outputs: names of the model's outputs.

  Raises:
    ValueError: the photo's size is wanted of a model that cannot.
  """
  can = task == 'try_on' and set(parts_lib.NEEDED) <= set(outputs)
  if wanted == 'photo' and not can:
    raise ValueError(
      f'--output_size=photo: the model returns {sorted(outputs)}; expected a '
      f'try-on model with {[*parts_lib.NEEDED]} (render.composition = "layers")'
    )
  return wanted or ('photo' if can else 'model')
