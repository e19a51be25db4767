# SPDX-License-Identifier: Apache-2.0
"""Claims about the shipped weights: what their model card says of them.

Quality is tested on trained weights, and with another garment than the person
wears.
"""

import json
import os
import re

import numpy as np
from PIL import Image
import pytest
import tensorflow as tf

from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.evaluation import report
from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import try_on
from export import runtime
from tests import tiny_run

WEIGHTS = tiny_run.REPO / 'weights'
TRY_ON = WEIGHTS / 'try_on'
SAMPLES = sorted((WEIGHTS / 'samples').glob('*.jpg'))
DOLLS = 16


@pytest.fixture(scope='module')
def card():
  return (WEIGHTS / 'README.md').read_text('utf-8')


@pytest.fixture(scope='module')
def full_report():
  return json.loads((TRY_ON / 'report.json').read_text('utf-8'))


@pytest.fixture(scope='module')
def model():
  return try_on.load(str(TRY_ON))


@pytest.fixture(scope='module')
def dolls():
  """The first test dolls at the shipped size."""
  spec = generate.DollSpec('try_on', 256, 192, split='test')
  return [generate.generate(spec, index) for index in range(DOLLS)]


@pytest.fixture(scope='module')
def measured(model, dolls):
  fields = [name for name in dolls[0] if name != 'shade']
  batches = [
    {
      name: tf.constant(np.stack([doll[name] for doll in dolls[i : i + 4]]))
      for name in fields
    }
    for i in range(0, DOLLS, 4)
  ]
  return report.evaluate(model, batches).report


def _rows(card):
  """Returns measure -> number of the card's table."""
  cells = re.findall(r'^\| `([\w/]+)` \|.*\| ([\d.]+)', card, re.MULTILINE)
  return {name: value for name, value in cells}


def test_the_card_says_what_was_measured(card, full_report):
  rows = _rows(card)
  assert len(rows) >= 12
  for name, text in rows.items():
    digits = len(text.partition('.')[2])
    assert text == f'{full_report[name]:.{digits}f}', name


def test_the_numbers_come_out_again(card, full_report, measured):
  # Sixteen dolls vary around the report's means: the bounds are wide.
  assert full_report['examples'] >= 400
  bounds = {'garment_iou': 0.1, 'arms_iou': 0.13, 'ssim': 0.08}
  for name, bound in bounds.items():
    assert abs(measured[name] - full_report[name]) < bound, name
  assert measured['flow_error'] < 1.6 * full_report['flow_error']
  assert measured['flow_error'] < 0.4 * measured['flow_error_identity']


def test_every_file_is_small():
  sizes = {
    path.name: path.stat().st_size
    for path in WEIGHTS.rglob('*')
    if path.is_file()
  }
  assert max(sizes.values()) < 6e6, sizes


@pytest.mark.parametrize('mode', ['float16', 'dynamic', 'int8'])
def test_a_device_file_draws_what_the_weights_do(model, dolls, mode):
  lite = runtime.Runtime(str(TRY_ON / f'try_on_{mode}.tflite'))
  errors = []
  for doll in dolls[:4]:
    inputs = raw_lib.from_record(doll, 'try_on')
    batch = {name: np.stack([value]) for name, value in inputs.items()}
    expected = model(batch)['image'].numpy()[0].astype(float)
    errors.append(np.square(lite(inputs) - expected).mean())
  # A trained model, in which a wrong pixel is a wrong pixel.
  assert 10 * np.log10(255**2 / np.mean(errors)) > {'float16': 40}.get(mode, 27)


def test_int8_moves_hardly_anything(dolls):
  plain, small = (
    runtime.Runtime(str(TRY_ON / f'try_on_{mode}.tflite'))
    for mode in ('float16', 'int8')
  )
  same, moved = [], []
  for doll in dolls:
    inputs = raw_lib.from_record(doll, 'try_on')
    expected, result = plain.outputs(inputs), small.outputs(inputs)
    same.append(np.mean(expected['layout'] == result['layout']))
    worn = expected['layout'] == inputs['garment_label']
    distance = np.linalg.norm(expected['flow'] - result['flow'], axis=-1)
    moved.append(distance[worn].mean())
  assert np.mean(same) > 0.99
  assert np.mean(moved) < 0.3
  sizes = [os.path.getsize(model.path) for model in (plain, small)]
  assert sizes[1] < 4e6 < sizes[0]


def test_the_samples_can_be_worn(dolls):
  assert len(SAMPLES) == 8
  lite = runtime.Runtime(str(TRY_ON / 'try_on_dynamic.tflite'))
  for path, doll in zip(SAMPLES, dolls):
    kind = path.name.partition('_')[0]
    mask = path.with_name(f'{path.stem}_mask.png')
    part = examples.Garment(str(path), str(mask), raw_lib.GARMENTS[kind])
    garment = reader.read(part, lite.size).require()
    inputs = raw_lib.from_record(doll, 'try_on') | garment
    result = lite(inputs)
    # It changes where the garment goes, and most of the picture stays.
    changed = (
      np.abs(result.astype(int) - doll['person_image']).max(-1) > 24
    ).mean()
    assert 0.01 < changed < 0.5, path.name


def test_no_photograph_of_a_person_is_shipped():
  pictures = {
    os.path.relpath(path, WEIGHTS)
    for path in WEIGHTS.rglob('*')
    if path.suffix in ('.jpg', '.png')
  }
  names = {f'samples/{path.stem}' for path in SAMPLES}
  expected = {f'{x}.jpg' for x in names} | {f'{x}_mask.png' for x in names}
  assert pictures == expected
  for path in SAMPLES:
    with Image.open(path) as photo:
      assert not photo.getexif()
