# SPDX-License-Identifier: Apache-2.0
"""Claims: regions are connected as OpenCV says, of any form."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from export.serving.graph import regions


def _planes():
  """Noise of several densities, blobs, a spiral, all and nothing."""
  rng = np.random.default_rng(0)
  yield from (rng.random((31, 45)) < share for share in (0.3, 0.5, 0.8))
  yield cv2.GaussianBlur(rng.random((60, 50)), (0, 0), 2) > 0.5
  spiral = np.zeros((21, 21), bool)
  for ring in range(0, 10, 2):
    spiral[ring, ring : 21 - ring] = True
    spiral[ring : 21 - ring, 20 - ring] = True
    spiral[20 - ring, ring : 21 - ring] = True
    spiral[ring + 2 : 21 - ring, ring] = True
    spiral[ring + 2, ring : ring + 3] = True
  yield spiral
  yield np.zeros((4, 7), bool)
  yield np.ones((5, 1), bool)


@pytest.mark.parametrize('diagonal', [True, False])
def test_pieces_are_those_of_opencv(diagonal):
  for plane in _planes():
    runs = regions.runs(tf.constant(plane), diagonal)
    pieces = np.zeros(plane.shape, int)
    numbers = zip(*(np.asarray(x)[:-1] for x in runs[:4]), strict=True)
    for row, start, stop, piece in numbers:
      pieces[row, start : stop + 1] = piece + 1
    connectivity = 8 if diagonal else 4
    _, expected = cv2.connectedComponents(
      plane.astype(np.uint8), connectivity=connectivity
    )
    # The same division, whatever the numbers.
    pairs = {*zip(pieces.ravel(), expected.ravel(), strict=True)}
    assert len(pairs) == len(np.unique(pieces)) == len(np.unique(expected))


def test_a_pixel_is_held_by_the_run_that_covers_it():
  plane = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0]], bool)
  runs = regions.runs(tf.constant(plane), True)
  rows, columns = np.indices(plane.shape)
  result = runs.at(tf.constant(rows.ravel()), tf.constant(columns.ravel()))
  expected = [0, 0, -1, 1, -1, -1, -1, -1, -1, 2, 2, -1]
  assert result.numpy().tolist() == expected
