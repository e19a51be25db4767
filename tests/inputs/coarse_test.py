# SPDX-License-Identifier: Apache-2.0
"""Claims about batches on a coarser grid."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import coarse
from clothflow_tf.inputs import raw
from tests import samples

PICTURES = (
  *('source_layout', 'person_layout', 'agnostic_layout', 'pose'),
  *('source_image', 'agnostic_image', 'removed'),
)


def _record():
  record = samples.record()
  # The person before: in other clothes, and with a neck.
  layout = np.roll(record['target_layout'], 5, axis=2)
  layout[:, 14:18, 20:30] = 10
  record['person_layout'] = layout
  record['person_image'] = np.roll(record['target_image'], 5, axis=2)
  return record


@pytest.mark.parametrize('agnostic', ['garment', 'garment_and_skin'])
@pytest.mark.parametrize('task', ['try_on', 'pose_transfer'])
def test_counting_and_averaging_give_the_same(task, agnostic):
  data = samples.config().data
  data.task, data.agnostic = task, agnostic
  counted = batch_lib.from_record(_record(), data)
  full = {k: v for k, v in counted.items() if k != 'person_labels'}
  names = [*PICTURES, 'target_layout']
  one, other = (coarse.averaged(x, names, 4, data) for x in (counted, full))
  for name in names:
    assert one[name].shape[1:3] == (16, 12)
    np.testing.assert_allclose(one[name], other[name], atol=1e-6, err_msg=name)
    mean = tf.reduce_mean(counted[name][:, 20:24, 16:20], [1, 2])
    np.testing.assert_allclose(one[name][:, 5, 4], mean, atol=1e-6)


def test_raw_inputs_are_averaged_to_what_a_record_is():
  data = samples.config().data
  record = _record()
  counted = batch_lib.from_record(record, data)
  given = {
    name: tf.constant(value)
    for name, value in raw.from_record(record, data.task).items()
  }
  full = batch_lib.from_raw(given, data)
  assert 'person_labels' not in full
  one, other = (coarse.averaged(x, PICTURES, 4, data) for x in (counted, full))
  for name in PICTURES:
    np.testing.assert_allclose(one[name], other[name], atol=1e-6, err_msg=name)


def test_what_is_no_picture_stays():
  data = samples.config().data
  batch = batch_lib.from_record(samples.record(), data)
  names = ('keypoints', 'ends', 'garments')
  for name, value in coarse.averaged(batch, names, 4, data).items():
    np.testing.assert_array_equal(value, batch[name], err_msg=name)
