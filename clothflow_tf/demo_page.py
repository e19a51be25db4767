# SPDX-License-Identifier: Apache-2.0
"""The pages of both demos. An exported file alone makes their pictures."""

import os
import statistics
import time

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf import pages
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs as pairs_lib
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import raw as raw_lib
from export import runtime

_DOLLS = 8
_PEOPLE, _GARMENTS = 6, 10  # Of a folder of photographs, at most.
# Pictures are so many times larger than the model, on white.
_ENLARGED, _WHITE = 2, 255
_NO_JOINTS = np.zeros((keypoints.NUM_KEYPOINTS, 3), np.float32)


def shipped(folder: str, model_file: str, samples: str, viton_hd: str) -> str:
  """Dresses dolls and photographs with an exported file; returns the page.

  Args:
    folder: where pictures are written.
    model_file: the .tflite file.
    samples: a folder of garments, KIND_NUMBER.jpg and KIND_NUMBER_mask.png.
    viton_hd: a folder in the VITON-HD layout, or ''.

  Raises:
    files.InputError: a photograph is missing or unusable.
  """
  model = runtime.Runtime(model_file)
  parts = _dolls(model, folder)
  _dress_in_samples(model, samples, os.path.join(folder, 'samples.png'))
  parts += [
    pages.heading('Photographed garments on drawn people'),
    pages.figure(['samples.png'], 'Garment, person, result'),
  ]
  parts += _photographs(model, folder, viton_hd)
  return pages.page('ClothFlow', parts)


def trained(
  folder: str, table: list[tuple[str, str, str]], viton_hd: str
) -> str:
  """Draws the pictures of a short training into its folder; returns the page.

  Args:
    folder: has report/panel.png and try_on.tflite.
    table: (measure, here, bar) rows.
    viton_hd: a folder in the VITON-HD layout, or ''.
  """
  model = runtime.Runtime(os.path.join(folder, 'try_on.tflite'))
  parts = [
    pages.heading('Held-out paper dolls'),
    pages.table(('measure', 'here', 'bar'), table),
    pages.figure(['report/panel.png'], 'One doll a row, stage by stage'),
    *_dolls(model, folder),
    *_photographs(model, folder, viton_hd),
  ]
  return pages.page('ClothFlow, trained for minutes', parts)


def _dolls(model: runtime.Runtime, folder: str) -> list[str]:
  milliseconds = _dress_dolls(model, os.path.join(folder, 'dolls.png'))
  return [
    pages.heading("Drawn people in each other's garments"),
    pages.paragraph(
      'Made by the exported file, without TensorFlow: '
      f'{milliseconds:.0f} ms an image here (median).'
    ),
    pages.figure(['dolls.png'], 'Garment, person, result'),
  ]


def _photographs(
  model: runtime.Runtime, folder: str, viton_hd: str
) -> list[str]:
  if not viton_hd:
    return []
  dress_photographs(model, viton_hd, os.path.join(folder, 'photographs.png'))
  return [
    pages.heading('Photographs'),
    pages.figure(['photographs.png'], 'One person a row'),
  ]


def _drawn(model: runtime.Runtime, count: int) -> list[raw_lib.Arrays]:
  """Returns held-out dolls, larger than the model."""
  size = (_ENLARGED * side for side in model.size)
  spec = generate.DollSpec('try_on', *size, split='test')
  return [generate.generate(spec, index) for index in range(count)]


def _dress_dolls(model: runtime.Runtime, path: str) -> float:
  """Dresses each doll in the next one's garment; returns milliseconds."""
  dolls, columns, times = _drawn(model, _DOLLS), [], []
  for doll, other in zip(dolls, dolls[1:] + dolls[:1]):
    mask = (other['source_layout'] > 0) * np.uint8(255)
    garment = reader.Original(other['source_image'], mask, _NO_JOINTS)
    label = int(other['source_layout'].max())
    ready = person_lib.framed(_person(doll), garment, label, model.size)
    start = time.perf_counter()
    outputs = model.outputs(ready.inputs)
    times.append(time.perf_counter() - start)
    columns.append(_column(ready, outputs, model))
  files.write_image(path, np.hstack(columns))
  return 1000 * statistics.median(times)


def _dress_in_samples(model: runtime.Runtime, folder: str, path: str) -> None:
  """Dresses a doll in each garment of a folder."""
  names = sorted(x for x in os.listdir(folder) if x.endswith('.jpg'))
  columns = []
  for name, doll in zip(names, _drawn(model, len(names)), strict=True):
    stem = os.path.join(folder, name.removesuffix('.jpg'))
    label = raw_lib.GARMENTS[name.partition('_')[0]]
    part = examples_lib.Garment(f'{stem}.jpg', f'{stem}_mask.png', label)
    reading = reader.read(part, model.size, whole=True)
    reading.require()
    ready = person_lib.framed(
      _person(doll), reading.original, label, model.size
    )
    columns.append(_column(ready, model.outputs(ready.inputs), model))
  files.write_image(path, np.hstack(columns))


def _person(doll: raw_lib.Arrays) -> reader.Original:
  return reader.Original(
    doll['person_image'], doll['person_layout'], doll['target_keypoints']
  )


def _column(
  ready: person_lib.Prepared, outputs: raw_lib.Arrays, model: runtime.Runtime
) -> np.ndarray:
  """Returns garment, person and result, one above the other."""
  pictures = [ready.garment.pixels, ready.person.pixels, ready.result(outputs)]
  return np.vstack([_fitted(picture, model) for picture in pictures])


def dress_photographs(model: runtime.Runtime, folder: str, path: str) -> None:
  """Draws the first pairs of a VITON-HD folder's test_pairs.txt.

  Raises:
    files.InputError: a file is missing or unusable.
  """
  examples = pairs(folder)
  people = list(dict.fromkeys(x.target for x in examples))[:_PEOPLE]
  chosen = {(x.source, x.target): x for x in examples if x.target in people}
  garments = list(dict.fromkeys(garment for garment, _ in chosen))[:_GARMENTS]
  options = registry.read_options(
    'viton_hd', model.size, min_keypoints=agreement.SOMEBODY
  )
  read = pairs_lib.cached(options, whole=True)
  prepared = {
    key: person_lib.prepare(example, read, model.size)
    for key, example in chosen.items()
    if key[0] in garments
  }
  rows = [[_blank(model), *(_cell(read(x).original, model) for x in garments)]]
  for person in people:
    of_person = {g: x for (g, p), x in prepared.items() if p == person}
    if not of_person:
      continue
    row = [_cell(read(person).original, model)]
    for garment in garments:
      if garment not in of_person:
        row.append(_blank(model))
        continue
      ready = of_person[garment]
      dressed = ready.result(model.outputs(ready.inputs))
      row.append(_fitted(dressed, model))
    rows.append(row)
  files.write_image(path, np.vstack([np.hstack(row) for row in rows]))


def _cell(original: reader.Original, model: runtime.Runtime) -> np.ndarray:
  return _fitted(original.pixels, model)


def _fitted(picture: np.ndarray, model: runtime.Runtime) -> np.ndarray:
  """Returns a picture of any size, fitted into a cell of the sheet."""
  size = raw_lib.Size(*_blank(model).shape[:2])
  letterbox = framing.Letterbox(raw_lib.Size(*picture.shape[:2]), size)
  return letterbox.pixels(picture, Image.Resampling.BICUBIC, _WHITE)


def _blank(model: runtime.Runtime) -> np.ndarray:
  height, width = (_ENLARGED * side for side in model.size)
  return np.full((height, width, 3), _WHITE, np.uint8)


def pairs(folder: str) -> list[examples_lib.Example]:
  """Returns the pairs of a VITON-HD folder's test_pairs.txt.

  Raises:
    files.InputError: there is no such file.
  """
  options = registry.read_options('viton_hd')
  return registry.pairs(options, folder, 'test_pairs.txt', 'test').examples
