# SPDX-License-Identifier: Apache-2.0
"""Drawn people in photos of several sizes, for reference and graph."""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from export.serving.graph import framing
from tests.inference import placed_dolls

SIZE = raw.Size(64, 48)


class Place(NamedTuple):
  """A doll's share of the photo's height, its middle, the photo's size."""

  share: float
  at: tuple[float, float]
  size: tuple[int, int]


PLACES = [
  Place(1.0, (0.5, 0.5), (128, 96)),
  Place(0.8, (0.3, 0.6), (150, 150)),
  Place(0.5, (0.8, 0.5), (160, 230)),
  Place(1.2, (0.5, 0.5), (300, 200)),
  Place(0.9, (0.6, 0.5), (420, 330)),
]
_NO_JOINTS = np.zeros((18, 3), np.float32)


@functools.cache
def doll(index: int) -> dict:
  spec = generate.DollSpec('try_on', 128, 96, seed=3, split='test')
  return generate.generate(spec, index)


def person(index: int, place: Place) -> reader.Original:
  return placed_dolls.placed(doll(index), *place)[0]


def garment(index: int) -> tuple[reader.Original, int]:
  """Returns a doll's product photo, and its label."""
  layout = doll(index)['source_layout']
  mask = (layout > 0) * np.uint8(255)
  original = reader.Original(doll(index)['source_image'], mask, _NO_JOINTS)
  return original, int(layout.max())


def photo(original: reader.Original) -> framing.Photo:
  return framing.Photo(
    tf.constant(original.pixels),
    tf.constant(original.layout),
    tf.constant(original.keypoints),
  )


def outputs(seed: int, size: raw.Size = SIZE) -> raw.Arrays:
  """Returns outputs that no model made: smooth shares, flow and light."""
  rng = np.random.default_rng(seed)

  def smooth(channels: int, cells: int = 6) -> np.ndarray:
    small = rng.normal(size=(cells, cells, channels)).astype(np.float32)
    return tf.image.resize(small, size, 'bicubic').numpy()

  shares = np.exp(4.0 * smooth(3))
  shares /= shares.sum(-1, keepdims=True)
  # The photo's share is exactly 1 around, as in a model's.
  shares[:6], shares[-9:], shares[:, :5], shares[:, -4:] = [(0, 1, 0)] * 4
  kinds = [
    labels.BACKGROUND,
    labels.UPPER_CLOTHES,
    labels.LEFT_ARM,
    labels.TORSO_SKIN,
    labels.PANTS,
  ]
  layout = smooth(len(kinds)).argmax(-1)
  return {
    'composition': shares,
    'flow': 3.0 * smooth(2),
    'light': 0.2 * smooth(1),
    'image': np.clip(128 + 60 * smooth(3), 0, 255).astype(np.uint8),
    'painted': np.clip(128 + 60 * smooth(3), 0, 255).astype(np.uint8),
    'layout': np.array(kinds, np.uint8)[layout],
    'removed': (smooth(1)[..., 0] > 0).astype(np.uint8),
  }
