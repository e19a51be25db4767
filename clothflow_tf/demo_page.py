# SPDX-License-Identifier: Apache-2.0
"""The pages of both demos. An exported file alone makes their pictures."""

import os
import statistics
import time

import numpy as np

from clothflow_tf import files
from clothflow_tf import pages
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs as pairs_lib
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw as raw_lib
from export import runtime

_DOLLS = 8
_PEOPLE, _GARMENTS = 6, 10  # Of a folder of photographs, at most.


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
  """Returns held-out dolls."""
  spec = generate.DollSpec('try_on', *model.size, split='test')
  return [generate.generate(spec, index) for index in range(count)]


def _dress_dolls(model: runtime.Runtime, path: str) -> float:
  """Dresses each doll in the next one's garment; returns milliseconds."""
  dolls, columns, times = _drawn(model, _DOLLS), [], []
  for doll, other in zip(dolls, dolls[1:] + dolls[:1]):
    of_other = {x: y for x, y in other.items() if x.startswith('source')}
    inputs = raw_lib.from_record({**doll, **of_other}, 'try_on')
    start = time.perf_counter()
    columns.append(_column(model, inputs))
    times.append(time.perf_counter() - start)
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
    garment = reader.read(part, model.size).require()
    inputs = raw_lib.from_record(doll, 'try_on') | garment
    columns.append(_column(model, inputs))
  files.write_image(path, np.hstack(columns))


def _column(model: runtime.Runtime, inputs: raw_lib.Arrays) -> np.ndarray:
  """Returns garment, person and result, one above the other."""
  shown = [inputs['garment_image'], inputs['person_image'], model(inputs)]
  return np.vstack(shown)


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
  read = pairs_lib.cached(options)
  inputs = {
    key: person_lib.inputs(example, read)
    for key, example in chosen.items()
    if key[0] in garments
  }
  blank = np.full((*model.size, 3), 255, np.uint8)
  shown = {key[0]: raw['garment_image'] for key, raw in inputs.items()}
  rows = [np.hstack([blank, *(shown[garment] for garment in garments)])]
  for person in people:
    of_person = {g: raw for (g, p), raw in inputs.items() if p == person}
    if not of_person:
      continue
    cells = [next(raw['person_image'] for raw in of_person.values())]
    for garment in garments:
      wanted = garment in of_person
      cells.append(model(of_person[garment]) if wanted else blank)
    rows.append(np.hstack(cells))
  files.write_image(path, np.vstack(rows))


def pairs(folder: str) -> list[examples_lib.Example]:
  """Returns the pairs of a VITON-HD folder's test_pairs.txt.

  Raises:
    files.InputError: there is no such file.
  """
  options = registry.read_options('viton_hd')
  return registry.pairs(options, folder, 'test_pairs.txt', 'test').examples
