# SPDX-License-Identifier: Apache-2.0
"""Pairs of a VITON-HD folder as strips: person, product, result."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from clothflow_tf import files
from clothflow_tf.data.photographs import framing
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs as pairs_lib
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import raw as raw_lib

_PAIRS = 'test_pairs.txt'
_GAP, _WHITE = 8, 255
# A strip shows photos so many times larger than the model sees them, at most.
_ENLARGED = 2


class Strip(NamedTuple):
  """A pair's name, and its picture, uint8 [h, w, 3]."""

  name: str
  picture: np.ndarray


def draw(
  folder: str,
  size: raw_lib.Size,
  model: Callable[[raw_lib.Arrays], raw_lib.Arrays],
) -> Iterator[Strip]:
  """Yields a strip for each pair of the folder that can be used.

  Args:
    folder: has test_pairs.txt.
    size: of the model.
    model: returns its outputs for raw inputs; results have the photo's size if
      these are enough for it.

  Raises:
    files.InputError: there is no such folder, or no list of pairs.
  """
  options = registry.read_options('viton_hd', size)
  read = pairs_lib.cached(options, whole=True)
  shown = raw_lib.Size(*(_ENLARGED * side for side in size))
  for example in registry.pairs(options, folder, _PAIRS, 'test').examples:
    try:
      prepared = person_lib.prepare(example, read, size)
    except files.InputError:
      continue  # `prepare --check` lists what cannot be used.
    outputs = model(prepared.inputs)
    if not set(parts_lib.NEEDED) <= outputs.keys():
      prepared = prepared._replace(window=None)
    images = (
      prepared.person.pixels,
      prepared.garment.pixels,
      prepared.result(outputs),
    )
    cells = [_fitted(image, shown) for image in images]
    gap = np.full((shown.height, _GAP, 3), _WHITE, np.uint8)
    columns = [part for cell in cells for part in (cell, gap)][:-1]
    yield Strip(example.name, np.hstack(columns))


def _fitted(image: np.ndarray, size: raw_lib.Size) -> np.ndarray:
  letterbox = framing.Letterbox(raw_lib.Size(*image.shape[:2]), size)
  return letterbox.pixels(image, Image.Resampling.BICUBIC, _WHITE)
