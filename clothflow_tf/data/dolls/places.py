# SPDX-License-Identifier: Apache-2.0
"""Places in pictures: points, sizes, and boxes, which index arrays."""

from typing import NamedTuple

import numpy as np

from clothflow_tf.data.dolls import frames

Size = frames.Frame


class Box(NamedTuple):
  """Rows and columns of a picture."""

  rows: slice
  columns: slice

  @property
  def origin(self) -> np.ndarray:
    """The first (x, y)."""
    return np.array([self.columns.start, self.rows.start])

  @property
  def size(self) -> Size:
    rows, columns = self.rows, self.columns
    return Size(rows.stop - rows.start, columns.stop - columns.start)

  @property
  def area(self) -> int:
    """Number of pixels; 0 for a box that lies outside of the picture."""
    return max(self.size.height, 0) * max(self.size.width, 0)

  def union(self, other: 'Box') -> 'Box':
    """Returns the box around two boxes, of which one may be empty."""
    if not self.area or not other.area:
      return self if self.area else other
    return Box(
      *(
        slice(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in zip(self, other, strict=True)
      )
    )

  def common(self, other: 'Box') -> tuple['Box', 'Box']:
    """Returns what two boxes share, as places in this and in the other."""
    own, theirs = [], []
    for a, b in zip(self, other, strict=True):
      start = max(a.start, b.start)
      stop = max(min(a.stop, b.stop), start)
      own.append(slice(start - a.start, stop - a.start))
      theirs.append(slice(start - b.start, stop - b.start))
    return Box(*own), Box(*theirs)

  def grown(self, margin: int, size: Size) -> 'Box':
    """Returns the box with a margin around it, inside a picture's size."""
    return Box(
      *(
        slice(max(side.start - margin, 0), min(side.stop + margin, most))
        for side, most in zip(self, size, strict=True)
      )
    )


NOTHING = Box(slice(0, 0), slice(0, 0))


class Point(NamedTuple):
  """A place: x to the right, y down."""

  x: float
  y: float
