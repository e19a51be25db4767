# SPDX-License-Identifier: Apache-2.0
"""Claims about what networks see of a person without the old garment."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import agnostic
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from tests import samples

ARM, TOP, SKIRT = labels.LEFT_ARM, labels.UPPER_CLOTHES, labels.SKIRT
# Rows of the person: face, arm beside top, skirt, background around.
FACE_AT = np.s_[:, 4:12, 20:30]
ARM_AT = np.s_[:, 14:40, 30:40]
TOP_AT = np.s_[:, 14:40, 14:30]
SKIRT_AT = np.s_[:, 40:56, 14:34]
PARTS = (
  (FACE_AT, labels.FACE, 200),
  (ARM_AT, ARM, 180),
  (TOP_AT, TOP, 20),
  (SKIRT_AT, SKIRT, 90),
)


def _record(garment=TOP, **changes):
  record = samples.record()
  image = np.full_like(record['target_image'], 240)
  layout = np.zeros_like(record['target_layout'])
  for where, label, grey in PARTS:
    image[where], layout[where] = grey, label
  source = np.where(record['source_layout'] > 0, garment, 0).astype(np.uint8)
  person = {'person_image': image, 'person_layout': layout}
  return {**record, **person, 'source_layout': source, **changes}


def _data(**changes):
  data = samples.config().data
  data.agnostic = 'garment'
  for name, value in changes.items():
    setattr(data, name, value)
  return data


def _made(record, **changes):
  batch = batch_lib.from_record(record, _data(**changes))
  return {name: np.asarray(value) for name, value in batch.items()}


def _grey(image):
  return np.round((image + 1.0) * 127.5)[..., 0]


def test_only_the_old_garment_goes():
  batch = _made(_record())
  layout = batch['agnostic_layout']
  assert not layout[TOP_AT][..., TOP].any()
  for where, label in (
    (ARM_AT, ARM),
    (FACE_AT, labels.FACE),
    (SKIRT_AT, SKIRT),
  ):
    assert layout[where][..., label].all(), labels.NAMES[label]
    assert (batch['removed'][where] == 0.0).all(), labels.NAMES[label]
  assert (batch['removed'][TOP_AT] == 1.0).all()
  np.testing.assert_array_equal(_grey(batch['agnostic_image'])[ARM_AT], 180)


def test_a_skirt_takes_off_the_skirt_and_leaves_the_top():
  batch = _made(_record(SKIRT))
  assert batch['agnostic_layout'][TOP_AT][..., TOP].all()
  assert not batch['agnostic_layout'][SKIRT_AT][..., SKIRT].any()


def test_a_filled_hole_shows_background_and_nothing_of_the_old_garment():
  record = _record()
  filled = _made(record, agnostic_fill=True)
  grey = _grey(filled['agnostic_image'])[TOP_AT]
  # Background is 240, arm 180, skirt 90; the top was 20.
  assert grey.min() > 85
  repainted = {**record, 'person_image': record['person_image'].copy()}
  repainted['person_image'][TOP_AT] = 250
  again = _made(repainted, agnostic_fill=True)
  # Beside it a corner between arm and skirt may count as a mixture.
  np.testing.assert_array_equal(
    filled['agnostic_image'][TOP_AT], again['agnostic_image'][TOP_AT]
  )


def test_skin_and_clothes_are_the_nearest_ones():
  batch = _made(_record())
  # The face is 200, the arm 180: below, beside the arm, skin has its colour.
  skin = _grey(batch['skin'])
  assert abs(skin[0, 34, 28] - 180) < 3
  assert abs(skin[0, 6, 25] - 200) < 3
  assert abs(_grey(batch['clothes'])[0, 38, 20] - 90) < 3


def test_without_a_face_skin_is_that_of_the_arms():
  record = _record()
  record['person_layout'] = record['person_layout'].copy()
  record['person_layout'][FACE_AT] = labels.HAIR
  np.testing.assert_allclose(_grey(_made(record)['skin']), 180, atol=3)


def test_without_any_skin_there_is_a_default():
  record = _record()
  record['person_layout'] = np.where(
    np.isin(record['person_layout'], [labels.FACE, ARM]),
    labels.HAIR,
    record['person_layout'],
  ).astype(np.uint8)
  skin = _made(record)['skin'][0]
  expected = np.broadcast_to(np.float32(agnostic.DEFAULT_SKIN), skin.shape)
  np.testing.assert_allclose(skin, expected, atol=1e-5)


def _pair(position):
  record = _record(position=np.array([position], np.int64))
  record['target_image'] = record.pop('person_image')
  record['target_layout'] = record.pop('person_layout')
  return record


def test_the_hole_of_pairs_has_another_width_in_each_example():
  # Nothing but a top, or its neighbours would hide where the margin ends.
  sizes = []
  for position in range(24):
    record = _pair(position)
    layout = record['target_layout']
    record['target_layout'] = np.where(layout == TOP, layout, 0).astype('uint8')
    settings = {'agnostic': 'garment_and_skin', 'agnostic_margin': 0.06}
    sizes.append(int(_made(record, **settings)['removed'].sum()))
  assert len(set(sizes)) == 3
  # So a fixed erosion does not give back the outline of two thirds of them.
  counts = [sizes.count(size) for size in set(sizes)]
  assert max(counts) < 0.6 * len(sizes)


def test_the_margin_follows_from_the_place_alone():
  settings = {'agnostic': 'garment_and_skin', 'agnostic_margin': 0.06}
  one, again = (_made(_pair(3), **settings) for _ in range(2))
  np.testing.assert_array_equal(one['removed'], again['removed'])


@pytest.mark.parametrize('mode', ['garment', 'garment_and_skin'])
def test_each_layout_label_is_one_or_none(mode):
  total = _made(_record(), agnostic=mode)['agnostic_layout'].sum(-1)
  np.testing.assert_array_equal(total, np.ones_like(total))


def test_nothing_is_removed_in_pose_transfer():
  batch = _made(_record(), task='pose_transfer')
  assert not batch['removed'].any()
  assert tf.reduce_all(batch['agnostic_image'] == batch['source_image'])


def test_a_kept_pixel_keeps_the_parsers_label_in_the_truth():
  record = _record(garment=SKIRT)
  target = record['person_layout'].copy()
  # The parser took a sleeve of the top for an arm; the truth knows better.
  record['person_layout'][TOP_AT] = ARM
  image = record['person_image'].copy()
  image[SKIRT_AT] = 30  # The new skirt, where the old one was, and higher up:
  higher = np.s_[:, 34:40, 14:34]
  image[higher], target[higher] = 30, SKIRT
  repainted = np.s_[:, 14:20, 14:18]  # And a part that is not as it was.
  image[repainted] = 60
  record.update(target_layout=target, target_image=image)
  truth = _made(record)['target_layout'].argmax(-1)
  expected = target.copy()
  expected[TOP_AT] = ARM
  expected[repainted] = TOP
  expected[higher] = SKIRT
  np.testing.assert_array_equal(truth, expected)


def test_without_a_picture_of_the_person_the_truth_stays():
  record = _record()
  record = {k: v for k, v in record.items() if not k.startswith('person')}
  truth = _made(record, agnostic='garment_and_skin')['target_layout']
  np.testing.assert_array_equal(truth.argmax(-1), record['target_layout'])
