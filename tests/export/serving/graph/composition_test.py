# SPDX-License-Identifier: Apache-2.0
"""Claims: a graph composes the photo that `inference.compose` does."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import compose as reference
from clothflow_tf.inference import framing as framing_reference
from clothflow_tf.inference import parts as parts_lib
from export.serving.graph import composition
from export.serving.graph import edges
from export.serving.graph import framing
from tests.export.serving.graph import scenes
from tests.export.serving.graph import standing

# Sums in another order may round a level otherwise, or move a sample by 1/32
# of a pixel; seen in one pixel of ten thousand.
MEAN, LEVELS = 0.01, 4


def _composed(person, garment, label, outputs):
  window = framing_reference.place(person, scenes.SIZE, label)
  parts = parts_lib.Parts(person, window, garment, label, outputs)
  numbers = tf.constant([window.left, window.top, window.scale], tf.float64)
  place = edges.Place(
    tf.constant(person.layout),
    framing.Window(*numbers, scenes.SIZE),
    tf.constant(label),
  )
  scene = composition.Scene(
    scenes.photo(person),
    tf.constant(window.picture(person.pixels)),
    composition.Garment(
      tf.constant(garment.pixels), tf.constant(garment.layout)
    ),
    place,
    {name: tf.constant(value) for name, value in outputs.items()},
  )
  return composition.compose(scene).numpy(), reference.compose(parts)


def _assert_same(result, expected, photo):
  gap = np.abs(result.astype(int) - expected)
  assert gap.mean() <= MEAN
  assert gap.max() <= LEVELS
  kept = (expected == photo).all(-1)
  np.testing.assert_array_equal((result == photo).all(-1), kept)
  assert 0.05 < kept.mean() < 0.99


@pytest.mark.parametrize('place', scenes.PLACES)
@pytest.mark.parametrize('seed', [0, 1])
def test_a_photo_is_composed_as_by_the_reference(place, seed):
  person = scenes.person(seed, place)
  garment, label = scenes.garment(seed)
  outputs = scenes.outputs(seed)
  result, expected = _composed(person, garment, label, outputs)
  _assert_same(result, expected, person.pixels)


def test_a_large_product_photo_is_averaged():
  person = scenes.person(0, scenes.PLACES[0])
  garment, label = scenes.garment(0)
  pixels, mask = (
    x.repeat(4, 0).repeat(4, 1) for x in (garment.pixels, garment.layout)
  )
  noise = np.random.default_rng(0).integers(0, 9, pixels.shape, np.uint8)
  garment = reader.Original(pixels // 2 + noise, mask, garment.keypoints)
  outputs = scenes.outputs(2)
  result, expected = _composed(person, garment, label, outputs)
  _assert_same(result, expected, person.pixels)


def test_strips_are_not_seen(monkeypatch):
  person = scenes.person(1, scenes.PLACES[3])
  garment, label = scenes.garment(1)
  outputs = scenes.outputs(3)
  whole, _ = _composed(person, garment, label, outputs)
  monkeypatch.setattr(composition, '_STRIP', 6000)
  strips, _ = _composed(person, garment, label, outputs)
  np.testing.assert_array_equal(strips, whole)


def test_where_nothing_may_change_nothing_does():
  person = scenes.person(0, scenes.PLACES[1])
  garment, label = scenes.garment(0)
  outputs = scenes.outputs(0)
  outputs['composition'][:] = (0, 1, 0)
  result, _ = _composed(person, garment, label, outputs)
  np.testing.assert_array_equal(result, person.pixels)


def test_specks_and_holes_go_as_in_the_reference():
  person = scenes.person(0, scenes.PLACES[0])
  garment, label = scenes.garment(0)
  outputs = scenes.outputs(0)
  shares = outputs['composition']
  shares[:] = (0, 1, 0)
  shares[20:44, 12:36] = (1, 0, 0)
  rng = np.random.default_rng(1)
  for row, column in rng.integers(8, (56, 40), (40, 2)):
    shares[row : row + 2, column] = rng.permutation([1.0, 0.0, 0.0])
  result, expected = _composed(person, garment, label, outputs)
  _assert_same(result, expected, person.pixels)


@pytest.mark.parametrize(
  'scene',
  [
    standing.plain,
    standing.streak_on_kept_skin,
    standing.hole_of_the_layout,
    standing.band_without_garment,
    standing.new_hair,
    standing.tiny_piece,
    standing.wavering_arm,
    standing.painted_head,
    standing.cloth_for_skin,
    standing.edge_off,
  ],
)
def test_what_a_model_leaves_undecided_is_settled_as_in_the_reference(scene):
  person, outputs = scene()
  garment, _ = scenes.garment(0)
  result, expected = _composed(person, garment, standing.TOP, outputs)
  _assert_same(result, expected, person.pixels)
