# SPDX-License-Identifier: Apache-2.0
"""Random streams: which numbers make which doll.

A doll is a function of (seed, split, index) and of nothing else, so that any
process can make any doll. Each aspect of it (body, pose, garment, ...) draws
from a stream of its own, so that a new hair shape does not change the
garments. A split is part of the key: train, validation and test never share a
stream, hence never an identity, a garment or a texture.
"""

from typing import NamedTuple
import zlib

import numpy as np

SPLITS = ('train', 'validation', 'test')


class Key(NamedTuple):
  """Which doll: all that its drawing depends on."""

  seed: int
  split: str
  index: int


def stream(key: Key, aspect: str) -> np.random.Generator:
  """Returns the generator of an aspect of a doll."""
  split = SPLITS.index(key.split)
  entropy = (key.seed, split, key.index, zlib.crc32(aspect.encode()))
  return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
  """Draws a key of `weights` with probability proportional to its value."""
  names = list(weights)
  p = np.array([weights[name] for name in names], float)
  return names[int(np.searchsorted(np.cumsum(p / p.sum()), rng.random()))]


def chance(rng: np.random.Generator, p: float) -> bool:
  """Returns True with probability p."""
  return bool(rng.random() < p)
