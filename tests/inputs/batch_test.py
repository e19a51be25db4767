# SPDX-License-Identifier: Apache-2.0
"""Claims about what networks see of a record."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import heat_maps
from clothflow_tf.inputs import labels
from tests import samples

# Each label is worn on its own 6x6 tile of the target, 9 pixels apart.
PITCH, SIDE = 9, 6
# The hole grows by round(0.025 * 64) pixels, less than half of the gap.
MARGIN = 2


def _tile(label):
  row, column = divmod(label, 5)
  top, left = 4 + PITCH * row, 2 + PITCH * column
  return slice(top, top + SIDE), slice(left, left + SIDE)


def _record(garment, absent=()):
  """Returns a try-on record whose person wears every label but some."""
  record = samples.record()
  layout = np.zeros_like(record['target_layout'])
  for label in range(1, labels.NUM_LABELS):
    if label not in absent:
      layout[0][_tile(label)] = label
  record['target_layout'] = layout
  source = record['source_layout']
  record['source_layout'] = np.where(source > 0, garment, 0).astype(np.uint8)
  # No pixel is 0 in [-1, 1], so what is 0 was taken out.
  record['target_image'] = np.full_like(record['target_image'], 250)
  return record


def _batch(record, task='try_on'):
  data = samples.config().data
  data.task = task
  return batch_lib.from_record(record, data)


def _kept(batch, label):
  """Returns the layout and the pixels that a label's tile still has."""
  rows, columns = _tile(label)
  layout = batch['agnostic_layout'][0, rows, columns, label].numpy()
  image = batch['agnostic_image'][0, rows, columns].numpy()
  return layout, image


def test_a_heat_map_peaks_at_its_joint():
  joints = np.zeros((1, 18, 3), np.float32)
  joints[0, 3] = (7, 20, 0.4)
  maps = heat_maps.heat_maps(tf.constant(joints), 32, 24, 2.0).numpy()[0]
  assert np.unravel_index(maps[..., 3].argmax(), (32, 24)) == (20, 7)
  np.testing.assert_allclose(maps[20, 7, 3], 1.0)
  # Two pixels aside is one standard deviation.
  np.testing.assert_allclose(maps[20, 9, 3], np.exp(-0.5), rtol=1e-5)
  np.testing.assert_allclose(maps[22, 9, 3], np.exp(-1.0), rtol=1e-5)


def test_a_missing_joint_has_no_heat():
  joints = np.zeros((1, 18, 3), np.float32)
  joints[0, 3] = (7, 20, 0.4)
  maps = heat_maps.heat_maps(tf.constant(joints), 32, 24, 2.0).numpy()
  assert np.delete(maps, 3, axis=-1).max() == 0.0


def test_one_hot_is_one_at_the_label():
  layout = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
  channels = batch_lib.one_hot(tf.constant(layout))
  expected = np.eye(20, dtype=np.float32).reshape(1, 4, 5, 20)
  np.testing.assert_array_equal(channels, expected)


def test_normalizing_loses_no_value():
  values = np.arange(256, dtype=np.uint8)
  normal = batch_lib.normalize(tf.constant(values))
  assert float(normal[0]) == -1.0
  assert float(normal[-1]) == 1.0
  np.testing.assert_array_equal(batch_lib.denormalize(normal), values)


def test_denormalizing_clips():
  values = batch_lib.denormalize(tf.constant([-3.0, 2.0]))
  np.testing.assert_array_equal(values, [0, 255])


def test_clothing_keeps_the_clothing_channels_in_order():
  layout = batch_lib.one_hot(tf.constant([[list(labels.CLOTHING) + [2, 0]]]))
  kept = batch_lib.clothing(layout)[0, 0].numpy()
  count = len(labels.CLOTHING)
  np.testing.assert_array_equal(kept[:count], np.eye(count))
  np.testing.assert_array_equal(kept[count:], np.zeros((2, count)))


@pytest.mark.parametrize('garment', labels.CLOTHING)
def test_nothing_is_left_of_what_a_garment_replaces(garment):
  batch = _batch(_record(garment))
  for label in range(1, labels.NUM_LABELS):
    layout, image = _kept(batch, label)
    gone = labels.REMOVED_BY['garment_and_skin'][garment, label]
    left = 0.0 if gone else 1.0
    assert (layout == left).all(), labels.NAMES[label]
    assert ((image != 0.0) == left).all(), labels.NAMES[label]
  total = tf.reduce_sum(batch['agnostic_layout'], -1)
  np.testing.assert_array_equal(total, np.ones(total.shape))


@pytest.mark.parametrize(
  ('garment', 'gone', 'stays'),
  [
    (
      labels.UPPER_CLOTHES,
      (labels.UPPER_CLOTHES, labels.COAT, labels.LEFT_ARM, labels.TORSO_SKIN),
      (labels.PANTS, labels.FACE, labels.HAIR, labels.LEFT_SHOE),
    ),
    (
      labels.PANTS,
      (labels.PANTS, labels.SKIRT, labels.LEFT_LEG),
      (labels.UPPER_CLOTHES, labels.COAT, labels.LEFT_ARM, labels.FACE),
    ),
  ],
)
def test_upper_and_lower_garments_leave_each_other(garment, gone, stays):
  batch = _batch(_record(garment))
  assert not any(_kept(batch, label)[0].any() for label in gone)
  assert all(_kept(batch, label)[0].all() for label in stays)


def test_the_hole_does_not_tell_how_long_the_sleeve_was():
  bare = _record(labels.UPPER_CLOTHES)
  sleeved = _record(labels.UPPER_CLOTHES)
  for arm in (labels.LEFT_ARM, labels.RIGHT_ARM):
    sleeved['target_layout'][0][_tile(arm)] = labels.UPPER_CLOTHES
  bare, sleeved = _batch(bare), _batch(sleeved)
  for key in ('agnostic_image', 'agnostic_layout'):
    np.testing.assert_array_equal(bare[key], sleeved[key])


def test_the_hole_is_wider_than_the_garment_in_the_image_only():
  garment = labels.UPPER_CLOTHES
  others = set(range(1, labels.NUM_LABELS)) - {garment}
  batch = _batch(_record(garment, absent=others))
  hole = batch['agnostic_image'][0, ..., 0].numpy() == 0.0
  rows, columns = _tile(garment)
  expected = np.zeros_like(hole)
  expected[
    rows.start - MARGIN : rows.stop + MARGIN,
    max(columns.start - MARGIN, 0) : columns.stop + MARGIN,
  ] = True
  np.testing.assert_array_equal(hole, expected)
  background = batch['agnostic_layout'][0, ..., labels.BACKGROUND]
  np.testing.assert_array_equal(background, np.ones_like(background))


def test_in_pose_transfer_the_source_is_the_person():
  batch = _batch(samples.record(), 'pose_transfer')
  for role in ('person', 'agnostic'):
    for part in ('image', 'layout'):
      np.testing.assert_array_equal(
        batch[f'{role}_{part}'], batch[f'source_{part}']
      )


def test_the_garment_is_the_clothing_pixels_and_nothing_else():
  batch = _batch(samples.record())
  worn = batch['source_layout'][..., labels.UPPER_CLOTHES : labels.FACE]
  worn = tf.reduce_sum(worn, -1, keepdims=True)
  np.testing.assert_array_equal(batch['garment'], batch['source_image'] * worn)
  count = np.count_nonzero(np.abs(batch['garment']).sum(-1))
  assert count == 24 * 20


def _beside_an_arm():
  """Trousers, 40, left of an arm; a parser's seam, 250, belongs to them."""
  record = samples.record()
  layout = np.zeros_like(record['target_layout'])
  layout[:, 20:50, 10:24] = labels.PANTS
  layout[:, 20:50, 24:36] = labels.LEFT_ARM
  image = np.full_like(record['target_image'], 180)
  image[:, 20:50, 10:24] = 40
  image[:, 20:50, 23] = 250
  source = np.where(record['source_layout'] > 0, labels.UPPER_CLOTHES, 0)
  record.update(target_layout=layout, target_image=image)
  record['source_layout'] = source.astype(np.uint8)
  data = samples.config().data
  data.agnostic_fill = True
  filled = batch_lib.from_record(record, data)['agnostic_image']
  return batch_lib.denormalize(filled).numpy()[0, ..., 0]


def test_a_filled_hole_has_no_seam_of_what_was_there():
  row = _beside_an_arm()[35]
  # The rim is 0.012 of 64 rows: one pixel, the width of the seam, and one more
  # where the grid of the means, of every other pixel, lies so.
  assert (row[11:24] == 40).all()
  assert (row[25:36] == 180).all()
  assert 250 not in row
