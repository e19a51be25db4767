# SPDX-License-Identifier: Apache-2.0
"""Sizes of pictures: a record's, and the painting's, twice as large."""

from typing import NamedTuple


class Frame(NamedTuple):
  """Height and width of a picture in pixels."""

  height: int
  width: int

  def times(self, factor: float) -> 'Frame':
    """Returns the frame enlarged by a factor, in whole pixels."""
    return Frame(round(self.height * factor), round(self.width * factor))
