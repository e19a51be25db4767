# SPDX-License-Identifier: Apache-2.0
"""Claims about enlarged edges, and colours continued beyond them."""

import numpy as np
import pytest

from clothflow_tf.inference import edges
from clothflow_tf.inputs import labels
from tests.inference import small_parts

TOP, filled = small_parts.TOP, small_parts.filled
GARMENT, PHOTO, PAINTED = small_parts.SHARES


@pytest.mark.parametrize('scale', [1.0, 2.0, 4.0, 12.0])
def test_sharpening_keeps_where_a_share_is_a_half(scale):
  share = np.linspace(0.0, 1.0, 41)
  result = edges.sharp(share, scale)
  assert result[20] == pytest.approx(0.5)
  assert (np.diff(result) >= 0).all()
  assert (result[0], result[-1]) == (0.0, 1.0)
  # Narrower the more the picture is enlarged, and never wider than it was.
  assert np.mean((result > 0.05) & (result < 0.95)) <= 0.9 / max(scale / 4, 1)


def test_known_colours_stay_and_reach_everywhere():
  picture = np.zeros((40, 60, 3), np.float32)
  picture[:, :20], picture[:, 20:] = (10, 20, 30), (200, 100, 50)
  known = np.ones((40, 60), bool)
  known[10:30, 5:55] = False
  result = edges.continued(picture, known)
  np.testing.assert_array_equal(result[known], picture[known])
  assert np.linalg.norm(result[20, 6] - (10, 20, 30)) < 40
  assert np.linalg.norm(result[20, 53] - (200, 100, 50)) < 40
  assert result.min() >= 9.99 and result.max() <= 200.01


def test_a_single_known_pixel_is_everywhere():
  picture = np.zeros((200, 150, 3), np.float32)
  picture[3, 4] = (10, 20, 30)
  known = np.zeros((200, 150), bool)
  known[3, 4] = True
  result = edges.continued(picture, known)
  np.testing.assert_allclose(
    result, np.broadcast_to((10, 20, 30), picture.shape)
  )


def test_without_any_known_colour_a_picture_stays():
  picture = np.full((8, 8, 3), 7, np.float32)
  result = edges.continued(picture, np.zeros((8, 8), bool))
  np.testing.assert_array_equal(result, picture)


def _half_dressed():
  """Parts: garment at the left, painted skin elsewhere."""
  result, shares = filled(labels.TORSO_SKIN), filled(PAINTED)
  result[:, :10], shares[:, :10] = TOP, GARMENT
  return small_parts.parts(filled(TOP), result, shares)


def test_a_small_piece_of_garment_by_itself_is_painted():
  for size, is_garment in ((1, False), (4, True)):
    parts = _half_dressed()
    piece = np.s_[10 : 10 + size, 15 : 15 + size]
    parts.outputs['composition'][piece] = GARMENT
    tidy = edges.tidy(parts)
    assert (tidy[piece] == (GARMENT if is_garment else PAINTED)).all()
    assert (tidy[:, :10] == GARMENT).all()


def test_a_small_piece_of_garment_on_what_is_kept_is_the_photo():
  parts = _half_dressed()
  parts.person.layout[:, 12:] = labels.LEFT_ARM
  shares = parts.outputs['composition']
  shares[:, 12:] = PHOTO
  shares[10, 15] = GARMENT
  assert (edges.tidy(parts)[9:12, 14:17] == PHOTO).all()


def test_a_hole_in_the_layout_of_the_garment_is_garment():
  for size, is_garment in ((5, True), (6, False)):
    photo, result, shares = filled(TOP), filled(TOP), filled(GARMENT)
    # The shares of more than the hole fade.
    shares[11 : 17 + size, 7 : 13 + size] = (0.6, 0, 0.4)
    result[14 : 14 + size, 10 : 10 + size] = labels.TORSO_SKIN
    tidy = edges.tidy(small_parts.parts(photo, result, shares))
    assert (tidy == GARMENT).all() == is_garment


def test_what_is_kept_may_show_through_the_garment():
  photo, result, shares = filled(TOP), filled(TOP), filled(GARMENT)
  # An arm, of which the old garment hid a half.
  photo[14:16, 10:12] = result[14:16, 10:14] = labels.LEFT_ARM
  shares[14:16, 10:12], shares[14:16, 12:14] = PHOTO, PAINTED
  tidy = edges.tidy(small_parts.parts(photo, result, shares))
  np.testing.assert_array_equal(tidy, shares)


SCALE = 4


def _photos_share(label, shares, stays=1.0, painted=1.0):
  """How much stays the photo, a line from the old garment into a label."""
  photo = filled(label)
  photo[:, :12] = TOP
  parts = small_parts.parts(photo, photo, shares, scale=SCALE)
  part = np.s_[48:49, 0 : 48 * SCALE]
  size = (1, 48 * SCALE)
  large = np.broadcast_to(shares[0, 0], (*size, 3))
  nearby = {
    'stays': np.full(size, stays),
    'painted': np.full(size, painted),
  }
  return edges.photo(large, nearby, np.zeros(size), parts, part)[0]


def test_skin_at_the_old_garments_edge_is_painted():
  line = _photos_share(labels.LEFT_ARM, filled(PHOTO))
  edge = 12 * SCALE
  assert (line[:edge] == 0.0).all()
  assert line[edge] == 0.0
  # The mixed colours reach 2.3 pixels of the model; it fades until there.
  assert 0.1 < line[edge + SCALE] < 0.9
  assert (line[edge + 3 * SCALE :] == 1.0).all()
  assert (np.diff(line) >= 0).all()


def test_skin_beside_a_garment_is_the_photo_up_to_its_edge():
  line = _photos_share(labels.LEFT_ARM, filled(PHOTO), painted=0.0)
  assert (line[: 12 * SCALE] == 0.0).all()
  assert (line[12 * SCALE :] == 1.0).all()


@pytest.mark.parametrize(('width', 'counts'), [(1, 0.0), (2, 0.0), (4, 1.0)])
def test_a_strip_between_garment_and_kept_skin_is_not_painted(width, counts):
  shares = filled(PHOTO)
  shares[:, :10], shares[:, 10 : 10 + width] = GARMENT, PAINTED
  result = edges.painted(shares)
  assert result[:, 10 : 10 + width].min() == counts
  assert result[:, 10 + width].min() == counts
  assert result[:, 10 + width + 5].max() < 0.01


def test_the_garment_reaches_to_the_edge_of_what_is_kept():
  photo = filled(labels.LEFT_ARM)
  photo[:, :12] = TOP
  parts = small_parts.parts(photo, photo, filled(PHOTO), scale=SCALE)
  size = 48 * SCALE
  part = np.s_[48:49, 0:size]
  # The model's edge is a pixel too far to the left, and a blur.
  places = (np.arange(size) + 0.5) / SCALE
  share = np.clip(0.5 - (places - 11.0) / 3.0, 0.0, 1.0)[np.newaxis]
  edge = 12 * SCALE
  for painted, reached in ((0.0, 1.0), (1.0, 0.2)):
    own = edges.garment(share, np.full((1, size), painted), parts, part)[0]
    np.testing.assert_allclose(own[edge - 1], reached, atol=0.2)
    assert own[edge + SCALE :].max() < 0.05
  # Nor is anything filled where no garment is near.
  none = edges.garment(0.0 * share, np.zeros((1, size)), parts, part)
  assert (none == 0.0).all()


def test_cloth_at_the_old_garments_edge_is_the_photo():
  line = _photos_share(labels.PANTS, filled(PHOTO))
  assert (line[12 * SCALE :] == 1.0).all()


@pytest.mark.parametrize('label', labels.HEAD)
def test_a_head_is_the_photo_whatever_the_model_says(label):
  line = _photos_share(label, filled(PAINTED), stays=0.0)
  assert (line[12 * SCALE :] == 1.0).all()
  other = _photos_share(labels.PANTS, filled(PAINTED), stays=0.0)
  assert (other == 0.0).all()
