# SPDX-License-Identifier: Apache-2.0
"""The demo's pictures and page, made by the exported file alone."""

import html
import os
import statistics
import time

import numpy as np

from clothflow_tf.data import files
from clothflow_tf.data.dolls import generate
from export import runtime

_DOLLS = 8
_PEOPLE, _GARMENTS = 6, 10  # Of a folder of photographs, at most.
_STYLE = (
  'body{font:16px sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}'
  'td,th{padding:.2em 1em;text-align:left}img{max-width:100%}'
)


def make(folder: str, table: list[tuple[str, str, str]], viton_hd: str) -> str:
  """Draws the pictures into the folder and returns the page.

  Args:
    folder: has report/panel.png and try_on.tflite.
    table: (what, measured, bar) rows.
    viton_hd: a folder in the VITON-HD layout, or ''.
  """
  model = runtime.Runtime(os.path.join(folder, 'try_on.tflite'))
  milliseconds = _dress_dolls(model, os.path.join(folder, 'dolls.png'))
  parts = [
    '<!doctype html><meta charset="utf-8"><title>ClothFlow demo</title>',
    f'<style>{_STYLE}</style><h1>ClothFlow demo</h1>',
    '<h2>Held-out paper dolls</h2>',
    _html_table(table),
    '<img src="report/panel.png">',
    f'<h2>The exported file, run without TensorFlow</h2><p>{milliseconds:.0f} '
    'ms an image here (median). Garment, person, result.</p>'
    '<img src="dolls.png">',
  ]
  if viton_hd:
    dress_photographs(model, viton_hd, os.path.join(folder, 'photographs.png'))
    parts.append('<h2>Photographs</h2><img src="photographs.png">')
  return '\n'.join(parts) + '\n'


def _html_table(rows: list[tuple[str, str, str]]) -> str:
  lines = ['<tr><th>measure<th>here<th>bar']
  for cells in rows:
    lines.append('<tr>' + ''.join(f'<td>{html.escape(x)}' for x in cells))
  return f'<table>{"".join(lines)}</table>'


def _dress_dolls(model: runtime.Runtime, path: str) -> float:
  """Dresses each doll in the next one's garment; returns milliseconds."""
  spec = generate.DollSpec(height=model.height, width=model.width, split='test')
  dolls = [generate.generate(spec, index) for index in range(_DOLLS)]
  columns, times = [], []
  for doll, other in zip(dolls, dolls[1:] + dolls[:1]):
    inputs = {
      'person_image': doll['target_image'],
      'person_layout': doll['target_layout'],
      'person_keypoints': doll['target_keypoints'],
      'garment_image': other['source_image'],
      'garment_mask': (other['source_layout'] > 0).astype(np.uint8) * 255,
    }
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
  pairs = read_pairs(os.path.join(folder, 'test_pairs.txt'))
  people = list(dict.fromkeys(person for person, _ in pairs))[:_PEOPLE]
  garments = list(dict.fromkeys(g for person, g in pairs if person in people))
  garments = garments[:_GARMENTS]
  size = (model.height, model.width)
  products = {name: _garment(folder, name, size) for name in garments}
  blank = np.full((*size, 3), 255, np.uint8)
  top = [blank, *(products[name]['garment_image'] for name in garments)]
  rows = [np.hstack(top)]
  for person in people:
    inputs = _person(folder, person, size)
    cells = [inputs['person_image']]
    for garment in garments:
      wanted = (person, garment) in pairs
      cells.append(model({**inputs, **products[garment]}) if wanted else blank)
    rows.append(np.hstack(cells))
  files.write_image(path, np.vstack(rows))


def read_pairs(path: str) -> list[tuple[str, str]]:
  if not os.path.isfile(path):
    raise files.InputError(path, 'no such file; expected PERSON GARMENT lines')
  pairs = []
  with open(path, encoding='utf-8-sig') as file:
    for number, line in enumerate(file, start=1):
      names = line.split()
      if len(names) not in (0, 2):
        raise files.InputError(
          path, f'line {number} is {line.strip()!r}; expected PERSON GARMENT'
        )
      if names:
        pairs.append(tuple(names))
  return pairs


def _person(
  folder: str, name: str, size: tuple[int, int]
) -> dict[str, np.ndarray]:
  test, stem = os.path.join(folder, 'test'), os.path.splitext(name)[0]
  layouts = _existing(test, ('image-parse-v3', 'image-parse'))
  poses = _existing(test, ('openpose_json', 'openpose-json'))
  return files.read_person(
    os.path.join(test, 'image', name),
    os.path.join(layouts, f'{stem}.png'),
    os.path.join(poses, f'{stem}_keypoints.json'),
    size,
  )


def _garment(
  folder: str, name: str, size: tuple[int, int]
) -> dict[str, np.ndarray]:
  test = os.path.join(folder, 'test')
  return files.read_garment(
    os.path.join(test, 'cloth', name),
    os.path.join(test, 'cloth-mask', name),
    size,
  )


def _existing(folder: str, names: tuple[str, ...]) -> str:
  for name in names:
    if os.path.isdir(os.path.join(folder, name)):
      return os.path.join(folder, name)
  raise files.InputError(folder, f'has none of the folders {names}')
