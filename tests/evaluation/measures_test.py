# SPDX-License-Identifier: Apache-2.0
"""Claims about what is measured of each example; worse results score worse."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.evaluation import measures
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from tests import samples

ARM = np.s_[:, 20:40, 34:44]


def _batch():
  """A person in another top than the target's; face and arm stay."""
  record = samples.record()
  record['target_layout'][ARM] = labels.LEFT_ARM
  record['target_layout'][:, 6:14, 22:30] = labels.FACE
  record['target_image'][ARM] = 150
  person = record['target_image'].copy()
  person[:, 18:30, 10:30] = 30
  record['person_image'] = person
  record['person_layout'] = record['target_layout'].copy()
  data = samples.config().data
  data.ends = True
  return batch_lib.from_record(record, data)


def _result(batch, image=None, layout=None):
  target = batch['target_image'] if image is None else tf.constant(image)
  shown = batch['target_layout'] if layout is None else tf.constant(layout)
  return {'image': target, 'layout': shown}


def _value(values, name):
  value, weight = (np.asarray(x) for x in values[name])
  return float(value[0]), float(weight[0])


def test_the_truth_is_perfect():
  batch = _batch()
  result = _result(batch)
  assert _value(measures.images(batch, result), 'ssim') == (1.0, 1.0)
  assert _value(measures.shapes(batch, result), 'garment_iou') == (1.0, 1.0)
  assert _value(measures.ends(batch, result), 'hem_error')[0] == 0.0
  assert _value(measures.kept(batch, result), 'kept_changed')[0] == 0.0


@pytest.mark.parametrize(('change', 'share'), [(20, 0.0), (30, 1.0)])
def test_a_kept_pixel_is_changed_beyond_24_grey_levels(change, share):
  batch = _batch()
  image = batch['target_image'].numpy()
  image[ARM] += change / 127.5
  values = measures.kept(batch, _result(batch, image))
  measured, pixels = _value(values, 'kept_changed/arms')
  np.testing.assert_allclose(measured, share)
  assert pixels == 20 * 10
  assert _value(values, 'kept_changed/face') == (0.0, 64.0)
  # Of all kept pixels, arm and face, the arm's share.
  total = 20 * 10 / (20 * 10 + 64)
  np.testing.assert_allclose(_value(values, 'kept_changed')[0], share * total)


def test_what_the_truth_changes_is_not_kept():
  batch = _batch()
  image = batch['target_image'].numpy()
  image[ARM] = 1.0
  batch['target_image'] = tf.constant(image)
  assert _value(measures.kept(batch, _result(batch)), 'kept_changed/arms') == (
    0.0,
    0.0,
  )


def _shorter(layout, rows):
  """Returns a one-hot layout whose garment loses its lowest rows."""
  label = layout.numpy().argmax(-1)
  inside = np.argwhere(label[0] == labels.UPPER_CLOTHES)[:, 0]
  last = inside.max()
  label[:, last - rows + 1 : last + 1] = np.where(
    label[:, last - rows + 1 : last + 1] == labels.UPPER_CLOTHES,
    0,
    label[:, last - rows + 1 : last + 1],
  )
  return np.eye(labels.NUM_LABELS, dtype=np.float32)[label]


def test_a_hem_too_high_is_told_in_pixels():
  batch = _batch()
  wrong = [
    _value(
      measures.ends(batch, _result(batch, layout=_shorter(layout, rows))),
      'hem_error',
    )[0]
    for layout in [batch['target_layout']]
    for rows in (2, 5)
  ]
  np.testing.assert_allclose(wrong, [2.0, 5.0], atol=1e-3)


def test_a_worse_outline_overlaps_less():
  batch = _batch()
  layout = batch['target_layout']
  overlaps = [
    _value(
      measures.shapes(batch, _result(batch, layout=_shorter(layout, rows))),
      'garment_iou',
    )[0]
    for rows in (1, 4, 8)
  ]
  assert overlaps == sorted(overlaps, reverse=True)
  assert overlaps[0] < 1.0


def test_a_part_that_nobody_sees_has_no_weight():
  batch = _batch()
  assert (
    _value(measures.shapes(batch, _result(batch)), 'torso_skin_iou')[1] == 0
  )


def test_a_blurred_image_is_less_similar():
  batch = _batch()
  blurred = tf.nn.avg_pool2d(batch['target_image'], 5, 1, 'SAME').numpy()
  more = tf.nn.avg_pool2d(batch['target_image'], 11, 1, 'SAME').numpy()
  scores = [
    _value(measures.images(batch, _result(batch, image)), 'ssim')[0]
    for image in (blurred, more)
  ]
  assert 1.0 > scores[0] > scores[1]
