# SPDX-License-Identifier: Apache-2.0
"""Claims about what of a photo may change: parts and whole agree."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.data.dolls import generate
from clothflow_tf.evaluation import axes
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import composition
from tests import samples

PARTS = ('old_garment', 'new_garment', 'covered_skin', 'uncovered_skin', 'rim')
# Apart from the garment, or its skin would pass for a tight sleeve.
ARM = np.s_[:, 20:40, 42:47]
PIXELS = samples.HEIGHT * samples.WIDTH


def _data(height, width):
  data = samples.config().data
  data.height, data.width, data.agnostic = height, width, 'garment'
  return data


def _result(batch):
  """Returns the true layout, and a picture that is changed where it may be."""
  layout = batch['target_layout']
  changes = composition.region(batch, layout)
  photo = batch['person_image']
  return {
    'image': photo + changes * (batch['target_image'] - photo),
    'layout': layout,
    'composition': tf.concat(
      [0.75 * changes, 1.0 - changes, 0.25 * changes], -1
    ),
  }


def _values(record, data):
  batch = batch_lib.from_record(record, data)
  # As `gathering`: the truth as it is stored.
  batch['target_layout'] = batch_lib.one_hot(record['target_layout'])
  values = axes.may_change(batch, _result(batch))
  assert all((weight.numpy() == 1.0).all() for _, weight in values.values())
  return {name: value.numpy() for name, (value, _) in values.items()}


@pytest.fixture(scope='module')
def dolls():
  """Four drawn people who put on another garment than they wear."""
  spec = generate.DollSpec('try_on', 128, 96, split='test')
  records = [generate.generate(spec, index) for index in range(4)]
  return {
    name: np.stack([record[name] for record in records]) for name in records[0]
  }


def test_no_part_is_larger_than_the_whole_nor_all_of_them_smaller(dolls):
  values = _values(dolls, _data(128, 96))
  whole, parts = (
    values['may_change'],
    {name: values[f'may_change/{name}'] for name in PARTS},
  )
  assert (whole > 0.02).all() and (whole < 1.0).all()
  for part in (*parts.values(), values['composed/seen']):
    assert (part <= whole).all()
  assert (parts['covered_skin'] <= parts['new_garment']).all()
  total = sum(part for name, part in parts.items() if name != 'covered_skin')
  assert (whole <= total + 1e-6).all()
  composed = values['composed/garment'] + values['composed/painted']
  assert (composed <= whole).all() and (composed > 0.0).all()
  assert (parts['rim'] > 0.0).all()


def test_who_wears_the_garment_already_has_no_new_skin(dolls):
  own = {
    'person_image': dolls['target_image'],
    'person_layout': dolls['target_layout'],
  }
  values = _values({**dolls, **own}, _data(128, 96))
  assert not values['may_change/uncovered_skin'].any()
  assert not values['may_change/covered_skin'].any()
  new, old = (values[f'may_change/{name}_garment'] for name in ('new', 'old'))
  assert (new <= old).all()


def _sleeve(person_label, target_label):
  """Returns values where an arm has some label before and another after."""
  record = samples.record()
  record['person_image'] = record['target_image'].copy()
  record['person_layout'] = record['target_layout'].copy()
  record['person_layout'][ARM] = person_label
  record['target_layout'][ARM] = target_label
  return _values(record, _data(samples.HEIGHT, samples.WIDTH))


def test_a_shorter_sleeve_uncovers_the_arm_and_a_longer_one_covers_it():
  shirt, arm = labels.UPPER_CLOTHES, labels.LEFT_ARM
  size = pytest.approx(20 * 5 / PIXELS)
  shorter, longer = _sleeve(shirt, arm), _sleeve(arm, shirt)
  assert shorter['may_change/uncovered_skin'] == size
  assert shorter['may_change/covered_skin'] == 0.0
  assert longer['may_change/covered_skin'] == size
  assert longer['may_change/uncovered_skin'] == 0.0
  for values in (shorter, longer):
    assert values['composed/seen'] == 0.0  # The pictures are equal.


def test_where_all_may_change_there_is_nothing_to_report():
  batch = batch_lib.from_record(samples.record(), samples.config().data)
  result = {k: v for k, v in _result(batch).items() if k != 'composition'}
  assert axes.may_change(batch, result) == {}
