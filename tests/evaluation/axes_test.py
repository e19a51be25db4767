# SPDX-License-Identifier: Apache-2.0
"""Claims about the five axes: what is right is best, what is worse is worse."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.evaluation import axes
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from tests import samples

# The garment of `samples` is on rows 18 to 41, columns 18 to 37.
HAND = np.s_[:, 26:34, 24:32]


def _batch():
  """A hand before the garment; a person in another top before."""
  record = samples.record()
  record['target_layout'][HAND] = labels.LEFT_ARM
  record['target_image'][HAND] = 150
  record['visible'][HAND] = False
  person = record['target_image'].copy()
  garment = record['target_layout'] == labels.UPPER_CLOTHES
  person[garment] = 30
  record['person_image'] = person
  record['person_layout'] = record['target_layout'].copy()
  return batch_lib.from_record(record, samples.config().data)


def _result(batch, image=None, layout=None, flow=None):
  return {
    'image': batch['target_image'] if image is None else tf.constant(image),
    'layout': batch['target_layout'] if layout is None else tf.constant(layout),
    'flow': batch['flow'] if flow is None else flow,
  }


def _value(values, name):
  value, weight = (np.asarray(x) for x in values[name])
  return float(value[0]), float(weight[0])


def _all(batch, result):
  return {
    **axes.outside(batch, result),
    **axes.outlines(batch, result),
    **axes.errors(batch, result),
    **axes.cloth(batch, result, None),
    **axes.order(batch, result),
    **axes.whole(batch, result, None),
  }


def test_the_truth_is_perfect():
  batch = _batch()
  values = _all(batch, _result(batch))
  best = {
    'outside_changed': 0.0,
    'outside_change': 0.0,
    'garment_boundary_f': 1.0,
    'flow_outliers': 0.0,
    'garment_rim_ssim': 1.0,
    'order': 1.0,
    'order_seen/arms': 1.0,
    'psnr': 100.0,
  }
  for name, expected in best.items():
    value, _ = _value(values, name)
    np.testing.assert_allclose(value, expected, rtol=1e-5, err_msg=name)
  # Pictures of 64 pixels have no five scales.
  assert 'ms_ssim' not in values


def test_a_changed_backdrop_is_outside_and_a_changed_garment_is_not():
  batch = _batch()
  image = batch['target_image'].numpy()
  image[:, 18:42, 18:38] *= -1  # The garment.
  values = axes.outside(batch, _result(batch, image))
  assert _value(values, 'outside_changed')[0] == 0.0
  pixels = _value(values, 'outside_changed')[1]
  image[:, 60:, :10] += 60 / 127.5
  values = axes.outside(batch, _result(batch, image))
  np.testing.assert_allclose(
    _value(values, 'outside_changed'), (40 / pixels, pixels), rtol=1e-5
  )
  size, _ = _value(values, 'outside_change')
  np.testing.assert_allclose(size, 60 * 40 / pixels, rtol=1e-3)


def test_a_small_change_has_a_size_though_it_is_not_seen():
  batch = _batch()
  image = batch['target_image'].numpy()
  image[:, 6:14, 22:30] += 10 / 127.5  # The face.
  values = axes.outside(batch, _result(batch, image))
  np.testing.assert_allclose(
    _value(values, 'kept_change/face'), (10.0, 64.0), rtol=1e-4
  )
  assert _value(values, 'outside_changed')[0] == 0.0


def _without_hand(batch):
  label = batch['target_layout'].numpy().argmax(-1)
  label[HAND] = labels.UPPER_CLOTHES
  return np.eye(labels.NUM_LABELS, dtype=np.float32)[label]


def test_a_hand_that_vanishes_behind_the_garment_is_out_of_order():
  batch = _batch()
  values = axes.order(batch, _result(batch, layout=_without_hand(batch)))
  # Contact: the hand's 64 pixels, all within 4 of the garment, and the 16x16
  # square around them.
  value, pixels = _value(values, 'order/arms')
  assert pixels == 16 * 16
  np.testing.assert_allclose(value, 1 - 64 / 256)
  assert _value(values, 'order/hair') == (0.0, 0.0)
  # The picture is right all the same; it is judged by itself.
  assert _value(values, 'order_seen/arms')[0] == 1.0


def test_a_hand_that_is_painted_over_is_seen():
  batch = _batch()
  image = batch['target_image'].numpy()
  image[HAND] += 100 / 127.5
  values = axes.order(batch, _result(batch, image))
  np.testing.assert_allclose(_value(values, 'order_seen/arms')[0], 0.75)
  assert _value(values, 'order/arms')[0] == 1.0


def test_inside_and_rim_are_told_apart():
  batch = _batch()
  image = batch['target_image'].numpy()
  record = batch['target_layout'].numpy()
  record[HAND] = np.eye(labels.NUM_LABELS)[labels.UPPER_CLOTHES]
  batch['target_layout'] = tf.constant(record)
  inside = image.copy()
  inside[:, 28:32, 26:30] *= -1
  edge = image.copy()
  edge[:, 14:18] *= -1  # Just above the garment.
  spoilt = [
    axes.cloth(batch, _result(batch, x), None) for x in (image, inside, edge)
  ]
  inner, rim = (
    [_value(x, name)[0] for x in spoilt]
    for name in ('garment_ssim', 'garment_rim_ssim')
  )
  np.testing.assert_allclose([inner[0], inner[2]], 1.0, atol=1e-5)
  assert inner[1] < 0.9
  assert rim[2] < rim[1] < 1.0


@pytest.mark.parametrize(('x', 'share'), [(7.9, 0.0), (8.1, 1.0)])
def test_cloth_from_over_8_pixels_away_is_an_outlier(x, share):
  batch = _batch()
  flow = batch['flow'] + [x, 0.0]
  value, pixels = _value(
    axes.errors(batch, _result(batch, flow=flow)), 'flow_outliers'
  )
  assert value == share
  assert pixels == 24 * 20 - 64


def test_a_ragged_outline_scores_worse():
  batch = _batch()
  label = batch['target_layout'].numpy().argmax(-1)
  scores = [1.0]
  for depth in (3, 4):
    ragged = label.copy()
    ragged[:, 42 - depth : 42, 18:38:2] = 0
    layout = np.eye(labels.NUM_LABELS, dtype=np.float32)[ragged]
    values = axes.outlines(batch, _result(batch, layout=layout))
    scores.append(_value(values, 'garment_boundary_f')[0])
  assert scores[0] > scores[1] > scores[2]
