# SPDX-License-Identifier: Apache-2.0
"""Claims about raw inputs and where they stand in a record."""

import numpy as np
import pytest

from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.inputs import record as record_lib
from tests import samples

SIZE = (8, 6)


def _raw(task):
  """Returns raw inputs, every value of them different from its neighbours."""
  random = np.random.default_rng(3)
  values = {}
  for name, shape in raw_lib.shapes(task, *SIZE).items():
    values[name] = random.integers(0, 20, shape).astype(raw_lib.DTYPES[name])
  if task == 'try_on':
    values['garment_mask'] = np.where(values['garment_mask'] > 9, 255, 0)
    values['garment_mask'] = values['garment_mask'].astype(np.uint8)
    values['garment_label'] = np.array(labels.SKIRT, np.int32)
    values['hem'] = np.array(-1.0, np.float32)
  return values


@pytest.mark.parametrize('task', ['try_on', 'pose_transfer'])
def test_a_record_gives_back_the_raw_inputs_it_was_made_of(task):
  raw = _raw(task)
  layout = None
  if task == 'try_on':
    layout = raw_lib.garment_layout(raw['garment_mask'], labels.SKIRT)
  back = raw_lib.from_record(raw_lib.to_record(raw, layout), task)
  assert back.keys() == raw.keys()
  for name, value in raw.items():
    np.testing.assert_array_equal(back[name], value, name)


def test_a_pair_is_a_valid_record_of_a_person_in_the_garment():
  raw = _raw('try_on')
  raw['garment_label'] = np.int32(labels.COAT)
  record = raw_lib.record_of_pair(raw, raw)
  record_lib.validate(record, 'pair')
  np.testing.assert_array_equal(record['target_image'], raw['person_image'])
  inside = record['source_layout'] == labels.COAT
  np.testing.assert_array_equal(inside, raw['garment_mask'] == 255)
  assert raw_lib.from_record(record, 'try_on').keys() == raw.keys()


def test_two_poses_are_a_valid_record():
  first, second = _raw('try_on'), _raw('pose_transfer')
  second['person_keypoints'] = second.pop('target_keypoints')
  record = raw_lib.record_of_poses(first, second)
  record_lib.validate(record, 'transfer')
  for name in ('image', 'layout', 'keypoints'):
    np.testing.assert_array_equal(
      record[f'target_{name}'], first[f'person_{name}']
    )
    np.testing.assert_array_equal(
      record[f'source_{name}'], second[f'person_{name}']
    )


def test_a_mask_is_garment_from_its_threshold_on():
  mask = np.array([[0, 127, 128, 255]], np.uint8)
  layout = raw_lib.garment_layout(mask, labels.DRESS)
  np.testing.assert_array_equal(layout, [[0, 0, labels.DRESS, labels.DRESS]])


def test_a_stored_person_in_other_clothes_comes_before_the_truth():
  record = {name: value[0] for name, value in samples.record().items()}
  record['person_image'] = 255 - record['target_image']
  record['person_layout'] = np.roll(record['target_layout'], 3)
  raw = raw_lib.from_record(record, 'try_on')
  np.testing.assert_array_equal(raw['person_image'], record['person_image'])
  np.testing.assert_array_equal(raw['person_layout'], record['person_layout'])
