# SPDX-License-Identifier: Apache-2.0
"""The demo's pictures and page, made by the exported file alone."""

import os
import statistics
import time

import numpy as np

from clothflow_tf import files
from clothflow_tf import pages
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import agreement
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs as pairs_lib
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw as raw_lib
from export import runtime

_DOLLS = 8
_PEOPLE, _GARMENTS = 6, 10  # Of a folder of photographs, at most.


def make(folder: str, table: list[tuple[str, str, str]], viton_hd: str) -> str:
  """Draws the pictures into the folder and returns the page.

  Args:
    folder: has report/panel.png and try_on.tflite.
    table: (measure, here, bar) rows.
    viton_hd: a folder in the VITON-HD layout, or ''.
  """
  model = runtime.Runtime(os.path.join(folder, 'try_on.tflite'))
  milliseconds = _dress_dolls(model, os.path.join(folder, 'dolls.png'))
  parts = [
    pages.heading('Held-out paper dolls'),
    pages.table(('measure', 'here', 'bar'), table),
    pages.figure(['report/panel.png'], 'One doll a row, stage by stage'),
    pages.heading('The exported file, run without TensorFlow'),
    pages.paragraph(f'{milliseconds:.0f} ms an image here (median).'),
    pages.figure(['dolls.png'], 'Garment, person, result'),
  ]
  if viton_hd:
    dress_photographs(model, viton_hd, os.path.join(folder, 'photographs.png'))
    parts += [
      pages.heading('Photographs'),
      pages.figure(['photographs.png'], 'One person a row'),
    ]
  return pages.page('ClothFlow demo', parts)


def _dress_dolls(model: runtime.Runtime, path: str) -> float:
  """Dresses each doll in the next one's garment; returns milliseconds."""
  spec = generate.DollSpec('try_on', *model.size, split='test')
  dolls = [generate.generate(spec, index) for index in range(_DOLLS)]
  columns, times = [], []
  for doll, other in zip(dolls, dolls[1:] + dolls[:1]):
    of_other = {x: y for x, y in other.items() if x.startswith('source')}
    inputs = raw_lib.from_record({**doll, **of_other}, 'try_on')
    start = time.perf_counter()
    result = model(inputs)
    times.append(time.perf_counter() - start)
    columns.append(
      np.vstack([inputs['garment_image'], inputs['person_image'], result])
    )
  files.write_image(path, np.hstack(columns))
  return 1000 * statistics.median(times)


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
