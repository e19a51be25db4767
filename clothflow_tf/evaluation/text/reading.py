# SPDX-License-Identifier: Apache-2.0
"""Which letters on a garment can be read: template matching of one word.

A word is first found as a whole, up to `REACH` pixels from its true place: a
word that is a little off can be read all the same, and how far off cloth is,
the flow's error tells. Around that place each letter is compared with all
letters of the alphabet, each up to `SLACK` pixels off (cv2.matchTemplate,
normalised correlation). It is read if the right one is the most alike, is
`ALIKE` at least, and has `FAINTEST` of its true contrast.

Colours are seen along one line, from the cloth's true colour to the ink's.

What could flatter, and what is against it:

- The picture that is judged never says where to look or what to look for.
- Guessing reads one letter of 26. A word that is not there is read a little
  more often, since the best of many places is taken: `chance` is the share
  read in another person's picture, and stands in the report.
- Tiny or bent letters cannot be read in the truth either: only those that can
  count.
- Correlation does not see contrast: hence `FAINTEST`.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from clothflow_tf.evaluation.text import letters as letters_lib

REACH = 8
SLACK = 2
ALIKE = 0.6
FAINTEST = 0.25
_EDGE = REACH + SLACK  # Pixels added around a picture.

Letters = Sequence[letters_lib.Letter]


def read(
  letters: Letters, picture: np.ndarray, truth: np.ndarray
) -> list[bool]:
  """Tells which letters of a word can be read in a picture.

  Args:
    letters: those of one word, at least one.
    picture: float32 [H, W, 3] in [-1, 1], what is judged.
    truth: the true picture, likewise: says which colours word and cloth have.
  """
  axis = _ink(letters, truth)
  seen = _padded(picture @ axis)
  offset = _offset(letters, seen)
  return [_is_read(letter, seen, offset) for letter in letters]


def _ink(letters: Letters, truth: np.ndarray) -> np.ndarray:
  """Returns w [3]: w . colour grows by 1 from the cloth to the ink."""
  covers, colors = [], []
  for letter in letters:
    own = letter.shapes[letter.place]
    rows, columns = own.shape
    patch = truth[letter.top :, letter.left :][:rows, :columns]
    covers.append(own.ravel() - own.mean())
    colors.append((patch - patch.mean((0, 1))).reshape(-1, 3))
  cover, color = np.concatenate(covers), np.concatenate(colors)
  step = cover @ color / max(float(cover @ cover), 1e-6)
  return (step / max(float(step @ step), 1e-6)).astype(np.float32)


def _offset(letters: Letters, seen: np.ndarray) -> tuple[int, int]:
  """Returns by how many (rows, columns) the whole word is off."""
  top, left = (min(getattr(x, key) for x in letters) for key in ('top', 'left'))
  low = max(x.top + x.shapes.shape[1] for x in letters)
  right = max(x.left + x.shapes.shape[2] for x in letters)
  word = np.zeros((low - top, right - left), np.float32)
  for letter in letters:
    own = letter.shapes[letter.place]
    rows, columns = own.shape
    part = word[letter.top - top :, letter.left - left :][:rows, :columns]
    np.maximum(part, own, out=part)
  alike = _alike(word[np.newaxis], seen, (top, left), REACH)[0]
  row, column = np.unravel_index(alike.argmax(), alike.shape)
  return int(row) - REACH, int(column) - REACH


def _is_read(
  letter: letters_lib.Letter, seen: np.ndarray, offset: tuple[int, int]
) -> bool:
  top, left = letter.top + offset[0], letter.left + offset[1]
  alike = _alike(letter.shapes, seen, (top, left), SLACK)
  best = alike.max((1, 2))
  own = alike[letter.place]
  if best.argmax() != letter.place or own.max() < ALIKE:
    return False
  row, column = np.unravel_index(own.argmax(), own.shape)
  shape = letter.shapes[letter.place]
  rows, columns = shape.shape
  first = _EDGE + top + row - SLACK, _EDGE + left + column - SLACK
  patch = seen[first[0] :, first[1] :][:rows, :columns]
  cover = shape - shape.mean()
  # The slope of colour over cover; the truth's is 1.
  return float((cover * patch).sum() / (cover * cover).sum()) >= FAINTEST


def _alike(
  shapes: np.ndarray, seen: np.ndarray, at: tuple[int, int], reach: int
) -> np.ndarray:
  """Returns correlations [N, 2 reach + 1, 2 reach + 1] of shapes [N, h, w]."""
  rows, columns = shapes.shape[1:]
  top, left = (_EDGE + place - reach for place in at)
  window = seen[top : top + rows + 2 * reach, left : left + columns + 2 * reach]
  matches = [
    cv2.matchTemplate(window, shape, cv2.TM_CCOEFF_NORMED) for shape in shapes
  ]
  # A window of one colour has no correlation.
  return np.nan_to_num(np.stack(matches), nan=0.0, posinf=0.0, neginf=0.0)


def _padded(seen: np.ndarray) -> np.ndarray:
  edge = (_EDGE,) * 4
  return cv2.copyMakeBorder(seen, *edge, cv2.BORDER_REPLICATE)
