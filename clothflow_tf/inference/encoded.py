# SPDX-License-Identifier: Apache-2.0
"""A person and a garment as they travel to a server: encoded pictures.

The inputs of the exported signature that takes pictures (docs/serving.md), for
one example:

    person_image      bytes: PNG or JPEG, upright
    person_layout     bytes: PNG of record labels, of the photo's size
    person_keypoints  float32 [18, 3], COCO-18, pixels of the photo
    garment_image     bytes: PNG or JPEG, upright
    garment_mask      bytes: PNG, or none
    garment_label     int32 [], one of `raw.GARMENTS`' values

`pair` makes them of files, where a client is; `prepare` reads them with the
checks that files have, where a model is. Nothing here needs TensorFlow.
"""

from collections.abc import Mapping
import io
from typing import Any
from typing import NamedTuple

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs import user_files
from clothflow_tf.inference import mask_preview
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw

NAMES = (
  *('person_image', 'person_layout', 'person_keypoints'),
  *('garment_image', 'garment_mask', 'garment_label'),
)
# Of what a reader fits into a model's size; a server does that itself.
SIZE = raw.Size(256, 192)
# Of the response: the picture, and what is wrong with an example of a batch.
RESULT, STATUS = 'image_bytes', 'status'

_UPRIGHT = 1
_ORIENTATION = 0x0112  # EXIF's tag.

Request = dict[str, Any]


def prepare(request: Mapping[str, Any], size: raw.Size) -> person_lib.Prepared:
  """Returns an example ready for a model, for a result of the photo's size.

  Args:
    request: the module's table.
    size: of the model.

  Raises:
    files.InputError: the first problem of its inputs, by name.
  """
  label = int(request['garment_label'])
  if label not in raw.GARMENTS.values():
    expected = ', '.join(f'{x} {name}' for name, x in raw.GARMENTS.items())
    raise files.InputError(
      'garment_label', f'is {label}; expected one of {expected}'
    )
  content = {
    name: user_files.Content.of(name, request[name])
    for name in ('person_image', 'person_layout', 'garment_image')
  }
  mask = request['garment_mask']
  points = np.asarray(request['person_keypoints'], np.float32)
  if not np.isfinite(points).all():
    raise files.InputError(
      'person_keypoints', 'has numbers that are not finite'
    )
  person = examples.Person(
    content['person_image'],
    content['person_layout'],
    'person_keypoints',
    joints=tuple(tuple(point) for point in points.tolist()),
  )
  garment = examples.Garment(
    content['garment_image'],
    user_files.Content.of('garment_mask', mask) if mask else '',
    label,
  )
  originals = [
    _original(reader.read(part, size, whole=True)) for part in (person, garment)
  ]
  return person_lib.framed(*originals, label, size)


def _original(reading: reader.Reading) -> reader.Original:
  reading.require()
  return reading.original


class Pair(NamedTuple):
  """A person and a garment that are ready for a server; as `person.Prepared`.

  Attributes:
    inputs: the module's table.
    person: in all pixels of the photo.
    garment: likewise.
    remarks: on the files.
  """

  inputs: Request
  person: reader.Original
  garment: reader.Original
  remarks: tuple[findings.Problem, ...] = ()

  def mask_preview(self) -> np.ndarray | None:
    """Returns the garment with its mask's outline if the mask is doubtful."""
    if not mask_preview.is_needed(self.remarks):
      return None
    return mask_preview.draw(self.garment.pixels, self.garment.layout)

  def result(self, outputs: raw.Arrays) -> np.ndarray:
    """Returns the picture, uint8 [h, w, 3], of a response."""
    return outputs[person_lib.IMAGE]


def pair(example: examples.Example, read: person_lib.Read) -> Pair:
  """Returns a try-on example ready for a server.

  Args:
    example: its files.
    read: returns readings, with originals.

  Raises:
    files.InputError: the first problem of its files.
  """
  readings = [read(part) for part in example.parts]
  person, garment = (_original(reading) for reading in readings)
  inputs = {
    'person_image': _photo(example.target.image, person),
    'person_layout': _map(example.target.parse, person.layout),
    'person_keypoints': person.keypoints.astype(np.float32),
    'garment_image': _photo(example.source.image, garment),
    'garment_mask': _map(example.source.mask, garment.layout),
    'garment_label': np.int32(readings[1].arrays['garment_label']),
  }
  remarks = [x for reading in readings for x in reading.remarks]
  return Pair(inputs, person, garment, tuple(remarks))


def pair_of_files(given: person_lib.Files) -> tuple[Pair, list[str]]:
  """Returns one person ready for a server, and remarks on the files.

  Raises:
    files.InputError: a file cannot be used.
  """
  example, remarks = given.example('try_on'), []

  def read(part: examples.Part) -> reader.Reading:
    reading = reader.read(part, SIZE, whole=True)
    remarks.extend(f'{x.file}: {x.reason}' for x in reading.remarks)
    return reading

  return pair(example, read), [*dict.fromkeys(remarks)]


def _photo(path: str, original: reader.Original) -> bytes:
  """Returns a photo's own bytes if they need no change, or a PNG of it."""
  content = user_files.content_of(path, 'a picture')
  image = Image.open(io.BytesIO(content))
  plain = image.mode == 'RGB' and not image.has_transparency_data
  # A depth of 16 bits is in the first tile's arguments, which say so.
  if plain and image.format == 'PNG':
    plain = '16' not in str(image.tile)
  upright = image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT
  if plain and upright and image.format in ('PNG', 'JPEG'):
    return content
  return png(original.pixels)


def _map(path: str, values: np.ndarray) -> bytes:
  """Returns a map's own bytes if they hold the values as grey, or a PNG."""
  if path:
    content = user_files.content_of(path, 'a picture')
    image = Image.open(io.BytesIO(content))
    is_grey = image.format == 'PNG' and image.mode == 'L'
    if is_grey and np.array_equal(np.asarray(image), values):
      return content
  return png(values)


def png(pixels: np.ndarray) -> bytes:
  """Returns a picture, uint8 [h, w] or [h, w, 3], as PNG."""
  stream = io.BytesIO()
  # Deflate's first level: a tenth of the time, a tenth more bytes.
  Image.fromarray(pixels).save(stream, 'PNG', compress_level=1)
  return stream.getvalue()


def pixels(content: bytes, name: str) -> np.ndarray:
  """Returns the picture, uint8 [h, w, 3], of a response.

  Args:
    content: PNG or JPEG.
    name: of the server, for errors.

  Raises:
    files.InputError: it is no picture.
  """
  try:
    return np.asarray(Image.open(io.BytesIO(content)).convert('RGB'))
  except (OSError, ValueError, SyntaxError) as error:
    raise files.InputError(
      name, f'sent {len(content)} bytes that are no picture ({error})'
    ) from error
