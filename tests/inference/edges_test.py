# SPDX-License-Identifier: Apache-2.0
"""Claims about enlarged edges, and colours continued beyond them."""

import numpy as np
import pytest

from clothflow_tf.inference import edges


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
