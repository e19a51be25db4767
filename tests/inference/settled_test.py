# SPDX-License-Identifier: Apache-2.0
"""Claims: after it each pixel is one thing; what was decided stays."""

import numpy as np
import pytest

from clothflow_tf.inference import settled
from clothflow_tf.inputs import labels
from tests.inference import small_parts

TOP, filled = small_parts.TOP, small_parts.filled
GARMENT, PHOTO, PAINTED = small_parts.SHARES

ARM, SKIN = labels.LEFT_ARM, labels.TORSO_SKIN
# Well within, and no background is anywhere.
SPOT = np.s_[12:18, 10:14]


def _settled(photo, result, shares, label=TOP):
  parts = small_parts.parts(photo, result, shares, photo == label)
  parts = parts._replace(garment_label=label)
  return settled.of(parts, parts.outputs['composition'])


def test_what_is_decided_stays():
  photo, shares = filled(TOP), filled(GARMENT)
  photo[:8], photo[24:] = ARM, labels.PANTS
  shares[:8], shares[24:] = PHOTO, PHOTO
  result = _settled(photo, photo, shares)
  np.testing.assert_array_equal(result.layout, photo)
  np.testing.assert_array_equal(result.shares, shares)


def test_garment_that_is_not_drawn_on_kept_skin_is_that_skin():
  photo, result = filled(ARM), filled(ARM)
  result[SPOT] = TOP
  result = _settled(photo, result, filled(PHOTO))
  np.testing.assert_array_equal(result.layout, photo)


@pytest.mark.parametrize(
  ('garment', 'skin'),
  [(TOP, SKIN), (labels.SKIRT, labels.LEFT_LEG)],
)
def test_a_band_that_is_painted_where_the_old_garment_was_is_skin(
  garment, skin
):
  photo, result, shares = filled(garment), filled(skin), filled(PAINTED)
  # As wide as the picture; the garment has less than half of what is around.
  result[14:16] = garment
  result = _settled(photo, result, shares, garment)
  np.testing.assert_array_equal(result.layout, filled(skin))
  np.testing.assert_array_equal(result.shares, shares)


def test_beside_the_background_it_is_background():
  photo, result, shares = filled(TOP), filled(SKIN), filled(PAINTED)
  result[:, :8] = labels.BACKGROUND
  result[:, 8 : 8 + settled.SLIVER + 2] = TOP
  layout = _settled(photo, result, shares).layout
  assert (layout[:, : 8 + settled.SLIVER] == labels.BACKGROUND).all()
  assert (layout[:, 8 + settled.SLIVER :] == SKIN).all()


def test_a_streak_of_skin_in_the_garment_is_garment():
  photo, shares = filled(TOP), filled(GARMENT)
  for width, filled_up in ((1, True), (2, True), (8, False)):
    streak = np.s_[:, 8 : 8 + width]
    result, painted = photo.copy(), shares.copy()
    result[streak], painted[streak] = SKIN, PAINTED
    layout, after = _settled(photo, result, painted)
    middle = 8 + width // 2
    assert (layout[:, middle] == (TOP if filled_up else SKIN)).all()
    np.testing.assert_array_equal(
      after[0, middle], GARMENT if filled_up else PAINTED
    )


def test_a_patch_far_from_what_is_drawn_is_skin():
  for size, is_garment in ((4, False), (24, True)):
    photo, result, shares = filled(TOP), filled(SKIN), filled(PAINTED)
    result[:, :4], shares[:, :4] = TOP, GARMENT
    # The layout has a patch of garment; what is drawn reaches to it or not.
    result[12:18, 12:18] = TOP
    shares[14, :size] = GARMENT
    layout = _settled(photo, result, shares).layout
    assert (layout[15, 15] == TOP) == is_garment


def test_beside_the_background_nothing_is_filled_up():
  # There it may be what is behind the person.
  photo, shares = filled(TOP), filled(GARMENT)
  result = photo.copy()
  result[:, :8], result[:, 10] = labels.BACKGROUND, SKIN
  shares[:, :8], shares[:, 10] = PAINTED, PAINTED
  after = _settled(photo, result, shares)
  np.testing.assert_array_equal(after.layout, result)
  np.testing.assert_array_equal(after.shares, shares)


@pytest.mark.parametrize('label', labels.HEAD)
def test_a_head_that_the_photo_has_not_is_none(label):
  photo, result, shares = filled(TOP), filled(SKIN), filled(PAINTED)
  result[SPOT] = label
  assert (_settled(photo, result, shares).layout == SKIN).all()
  photo[SPOT], shares[SPOT] = label, PHOTO
  after = _settled(photo, result, shares)
  np.testing.assert_array_equal(after.layout, result)


def test_cloth_where_the_result_has_skin_is_painted():
  photo, result = filled(labels.PANTS), filled(labels.PANTS)
  result[SPOT] = labels.LEFT_LEG
  nearly = filled((0, 0.9, 0.1))
  after = _settled(photo, result, nearly)
  assert (after.shares[SPOT] == PAINTED).all()
  assert (after.shares == PAINTED).all(-1).sum() == 24
  # What may not change does not.
  after = _settled(photo, result, filled(PHOTO))
  np.testing.assert_array_equal(after.shares, filled(PHOTO))
  # A hand, a glove and a face, whatever they are taken for, are the photo.
  for label in (ARM, labels.GLOVE, labels.FACE):
    photo[:] = label
    after = _settled(photo, result, nearly)
    np.testing.assert_array_equal(after.shares, nearly)
