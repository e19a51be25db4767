# SPDX-License-Identifier: Apache-2.0
"""Where the words on a drawn garment are: the garment is drawn again.

Records of paper dolls do not say what is written on a product. But a doll
follows from (seed, split, index), so that it can be drawn again, in about a
tenth of a second, while we listen to what it writes with OpenCV. The dolls
need not know. Only writing on the product's own sheet counts: it has twice the
record's size, and what is written there lies at half its place in the record's
`source_image`. Cloth that is woven of words is a tile, which no record shows as
it was written; it does not count.

A data set may have been drawn by an earlier version. The product that is drawn
again must be the record's, pixel by pixel, or nothing is known.
"""

from collections.abc import Iterator
import contextlib
import os
import re
from typing import Any
from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import generate

_SEED = re.compile(r'_seed(\d+)_')
# A product is painted at so many times its size in the record.
FINENESS = 2


class OtherDollsError(ValueError):
  """A data set holds other dolls than this version draws."""


class Word(NamedTuple):
  """A word as OpenCV wrote it, in pixels of the product's painting.

  `corner` is the left end (x, y) of the line that letters stand on; `font`,
  `scale` and `thickness` are those of cv2.putText.
  """

  text: str
  corner: tuple[int, int]
  font: int
  scale: float
  thickness: int


def spec_of(
  folder: str, split: str, size: tuple[int, int]
) -> generate.DollSpec:
  """Returns which dolls a prepared data set holds.

  Args:
    folder: of the data set; its name tells a seed that is not 0.
    split: of `streams.SPLITS`.
    size: rows and columns of a record.
  """
  # The folder's own name is that of the version.
  seed = _SEED.search(os.path.basename(os.path.dirname(folder)))
  number = int(seed[1]) if seed else 0
  return generate.DollSpec('try_on', *size, seed=number, split=split)


def written(
  spec: generate.DollSpec, index: int, product: np.ndarray
) -> list[Word]:
  """Returns the words on a record's product.

  Args:
    spec: the data set's dolls.
    index: the record's.
    product: its source_image, uint8 [H, W, 3].

  Raises:
    OtherDollsError: these dolls are drawn otherwise now.
  """
  sheet = (FINENESS * spec.height, FINENESS * spec.width)
  with _listening(sheet) as words:
    record = generate.generate(spec, index)
  if not np.array_equal(record['source_image'], product):
    raise OtherDollsError(
      f'example {index} of split {spec.split!r} is not what clothflow_tf draws '
      'now; make the data set again (clothflow_tf.prepare)'
    )
  return words


@contextlib.contextmanager
def _listening(sheet: tuple[int, int]) -> Iterator[list[Word]]:
  """Yields a list that gets the words written on pictures of a size."""
  words, write = [], cv2.putText

  def heard(picture: np.ndarray, *rest: Any) -> np.ndarray:
    if picture.shape[:2] == sheet:
      text, corner, font, scale, _, thickness = rest[:6]
      words.append(Word(text, tuple(corner), font, scale, thickness))
    return write(picture, *rest)

  cv2.putText = heard
  try:
    yield words
  finally:
    cv2.putText = write
