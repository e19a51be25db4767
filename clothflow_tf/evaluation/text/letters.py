# SPDX-License-Identifier: Apache-2.0
"""Letters as they should look in a picture of the garment worn.

A letter of the product is drawn by itself, and likewise all others of the
alphabet in its place. The true flow bends them as the cloth is bent. A letter
counts if the person shows all of its box: nothing hides it, no fold, no edge.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.data.dolls import painting

ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
# A product is painted at so many times its size in the record.
_FINENESS = 2
_LEAST = 3  # Pixels that a letter's box must have on each side.


class Letter(NamedTuple):
  """A letter in a picture of the person.

  Attributes:
    place: of `ALPHABET`.
    top, left: of its box, pixels.
    shapes: float32 [26, h, w], how much of each pixel each letter of the
      alphabet would cover, 0 to 1.
  """

  place: int
  top: int
  left: int
  shapes: np.ndarray


class Flow(NamedTuple):
  """The true flow [H, W, 2] float32, pixels, and where it is known, bool."""

  vectors: np.ndarray
  visible: np.ndarray


def seen(word: painting.Word, flow: Flow) -> list[Letter]:
  """Returns the letters of a word that the person shows whole."""
  letters = []
  for number, letter in enumerate(word.text):
    if letter in ALPHABET:
      letters += _seen(word, number, flow)
  return letters


def _seen(word: painting.Word, number: int, flow: Flow) -> list[Letter]:
  """Returns one letter or, if a part of it is hidden, none."""
  low, high = _box(word, number)
  rows, columns = np.indices(flow.visible.shape, np.float32)
  places = np.stack([columns, rows], -1) + flow.vectors
  inside = ((places >= low) & (places <= high)).all(-1) & flow.visible
  ys, xs = np.nonzero(inside)
  if not ys.size or min(np.ptp(ys), np.ptp(xs)) + 1 < _LEAST:
    return []
  box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
  # Where cloth ends or is hidden, what is seen reaches less far than the box.
  short = [places[inside].min(0) - low, high - places[inside].max(0)]
  steps = [np.abs(np.diff(places[box], axis=axis)).max() for axis in (0, 1)]
  if not flow.visible[box].all() or np.max(short) > max(steps):
    return []
  place = ALPHABET.index(word.text[number])
  shapes = _shapes(word, number, places[box])
  return [Letter(place, int(ys.min()), int(xs.min()), shapes)]


def _box(word: painting.Word, number: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns the lowest and highest (x, y) of a letter, in the record."""
  x, y = word.corner
  start, end = (_advance(word, count) for count in (number, number + 1))
  (_, tall), _ = cv2.getTextSize(
    word.text, word.font, word.scale, word.thickness
  )
  # The painting's x has its centre at x / 2 - 1 / 4 in the record.
  corners = np.array([(x + start, y - tall), (x + end, y)], np.float32)
  low, high = (corners + 0.5) / _FINENESS - 0.5
  return low, high


def _advance(word: painting.Word, count: int) -> int:
  """Returns how far from the corner the letter after `count` begins."""
  before = word.text[:count]
  (wide, _), _ = cv2.getTextSize(before, word.font, word.scale, word.thickness)
  return wide - word.thickness if before else 0


def _shapes(word: painting.Word, number: int, places: np.ndarray) -> np.ndarray:
  """Returns all letters in one's place, [26, h, w], at record places (x, y)."""
  fine = _FINENESS
  low = np.floor(places.min((0, 1))).astype(int) - 1
  wide, tall = np.ceil(places.max((0, 1))).astype(int) + 2 - low
  x, y = np.array(word.corner) - fine * low
  corner = (int(x + _advance(word, number)), int(y))
  near = (places - low).astype(np.float32)
  shapes = []
  for letter in ALPHABET:
    sheet = np.zeros((fine * tall, fine * wide), np.uint8)
    cv2.putText(
      sheet,
      letter,
      corner,
      word.font,
      word.scale,
      255,
      word.thickness,
      cv2.LINE_AA,
    )
    small = cv2.resize(sheet, (wide, tall), interpolation=cv2.INTER_AREA)
    covered = small.astype(np.float32) / 255.0
    shapes.append(cv2.remap(covered, near, None, cv2.INTER_LINEAR))
  return np.stack(shapes)
