# SPDX-License-Identifier: Apache-2.0
"""Places in pictures: points, and boxes, which index arrays."""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import frames


class Box(NamedTuple):
  """Rows and columns of a picture."""

  rows: slice
  columns: slice

  @property
  def origin(self) -> np.ndarray:
    """The first (x, y)."""
    return np.array([self.columns.start, self.rows.start])

  @property
  def size(self) -> frames.Frame:
    rows, columns = self.rows, self.columns
    return frames.Frame(rows.stop - rows.start, columns.stop - columns.start)


class Point(NamedTuple):
  """A place: x to the right, y down."""

  x: float
  y: float
