# SPDX-License-Identifier: Apache-2.0
"""Claims about windows: of lines, they are those of squares."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.ops import windows
from tests import samples


@pytest.mark.parametrize('side', [1, 3, 9])
def test_a_mean_is_over_what_the_picture_has_of_the_square(side):
  values = samples.uniform((2, 12, 10, 3), -1.0, 1.0)
  expected = np.empty_like(values)
  reach = side // 2
  for row, column in np.ndindex(12, 10):
    square = values[
      :,
      max(row - reach, 0) : row + reach + 1,
      max(column - reach, 0) : column + reach + 1,
    ]
    expected[:, row, column] = square.mean((1, 2))
  result = windows.mean(tf.constant(values), side)
  np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize('margin', [1, 4])
def test_a_region_grows_by_a_square(margin):
  region = np.zeros((1, 12, 10, 1), np.float32)
  region[0, 2, 5] = 1.0
  grown = windows.dilated(tf.constant(region), margin).numpy()
  rows, columns = np.nonzero(grown[0, ..., 0])
  assert (rows.min(), rows.max()) == (max(2 - margin, 0), 2 + margin)
  assert (columns.min(), columns.max()) == (5 - margin, min(5 + margin, 9))
  assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_halved_means_are_those_around_each_two_by_two_pixels():
  image = samples.uniform((2, 8, 6, 3), -1.0, 1.0)
  result = windows.halved(tf.constant(image), 4).numpy()
  assert result.shape == (2, 4, 3, 3)
  for i, j in ((0, 0), (1, 1), (3, 2)):
    rows = slice(max(2 * i - 1, 0), 2 * i + 3)
    columns = slice(max(2 * j - 1, 0), 2 * j + 3)
    expected = image[:, rows, columns].mean((1, 2))
    np.testing.assert_allclose(result[:, i, j], expected, atol=1e-6)
