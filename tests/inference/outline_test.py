# SPDX-License-Identifier: Apache-2.0
"""Claims about outlines: they follow the photo where it shows them."""

from typing import NamedTuple

import numpy as np
import pytest

from clothflow_tf.inference import edges
from clothflow_tf.inference import framing
from clothflow_tf.inference import outline
from clothflow_tf.inference import silhouette
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

SIZE = raw.Size(32, 24)
SCALE = 8
TRUTH = np.s_[64:200, 50:140]


class _Photo(NamedTuple):
  pixels: np.ndarray
  truth: np.ndarray
  parsed: np.ndarray
  window: framing.Window


def _photo(person, background, noise=4.0):
  """A person, a rectangle, whose parse map wavers by a pixel of the model."""
  shape = (SIZE.height * SCALE, SIZE.width * SCALE)
  pixels = np.full((*shape, 3), background, np.float64)
  pixels[TRUTH] = person
  pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
  truth = np.zeros(shape, np.uint8)
  truth[TRUTH] = labels.UPPER_CLOTHES
  wave = np.rint(8 * np.sin(np.arange(shape[0]) / 9.0)).astype(int)
  parsed = np.stack([np.roll(row, n) for row, n in zip(truth, wave)])
  window = framing.Window(0.0, 0.0, float(SCALE), SIZE)
  pixels = np.clip(pixels, 0, 255).astype(np.uint8)
  return _Photo(pixels, truth, parsed, window)


@pytest.mark.parametrize('person', [(20, 20, 30), (200, 150, 120)])
def test_a_wavering_outline_follows_the_photo(person):
  pixels, truth, parsed, window = _photo(person, (235, 235, 235))
  result = outline.to_photo(pixels, parsed, window)
  wrong = np.mean(parsed != truth)
  assert wrong > 0.02
  assert np.mean(result != truth) < wrong / 8


def test_where_the_photo_shows_nothing_the_outline_stays():
  pixels, _, parsed, window = _photo((228, 228, 228), (235, 235, 235))
  result = outline.to_photo(pixels, parsed, window)
  np.testing.assert_array_equal(result, parsed)
  assert outline.clear(window.picture(pixels), window.layout(parsed)).max() == 0


def test_a_pattern_of_the_backgrounds_colour_leaves_no_notches():
  pixels, _, parsed, window = _photo((20, 20, 30), (235, 235, 235))
  inside = np.zeros(parsed.shape, bool)
  inside[TRUTH] = True
  rows, columns = np.indices(parsed.shape)
  spots = inside & ((rows // 12 + columns // 12) % 2 == 0)
  pixels[spots] = (232, 232, 236)
  result = outline.to_photo(pixels, parsed, window)
  assert np.mean(result != parsed) < 0.002


def test_a_heads_outline_stays():
  pixels, _, parsed, window = _photo((20, 20, 30), (235, 235, 235))
  parsed = np.where(parsed > 0, labels.HAIR, 0).astype(np.uint8)
  result = outline.to_photo(pixels, parsed, window)
  np.testing.assert_array_equal(result, parsed)


def test_new_pixels_take_the_label_beside_them():
  pixels, truth, parsed, window = _photo((20, 20, 30), (235, 235, 235))
  parsed[132:] = np.where(parsed[132:] > 0, labels.PANTS, 0)
  result = outline.to_photo(pixels, parsed, window)
  added = (parsed == 0) & (result > 0)
  assert added.sum() > 200
  rows = np.nonzero(added & (result == labels.PANTS))[0]
  assert rows.min() >= 132 - SCALE
  assert set(np.unique(result)) == {0, labels.UPPER_CLOTHES, labels.PANTS}


def test_outlines_that_run_together_are_the_old_one():
  old = np.zeros(SIZE, np.float32)
  old[:, 12:] = 1.0
  clear = np.ones(SIZE, np.float32)
  for offset, least, most in ((1, 0.95, 1.0), (6, 0.0, 0.1)):
    new = np.roll(old, -offset, 1)
    new[:, -offset:] = 1.0
    same = silhouette.agreement(new, old, clear, 0.0 * new)
    assert least <= same[16, 12 - offset // 2] <= most
    unseen = silhouette.agreement(new, old, 0 * clear, 0.0 * new)
    assert unseen.max() < 1e-6


def test_an_uncovered_arm_has_an_outline_of_its_own():
  old = np.zeros(SIZE, np.float32)
  old[:, 12:] = 1.0
  clear = np.ones(SIZE, np.float32)
  new = np.roll(old, -2, 1)
  new[:, -2:] = 1.0
  for uncovered, least, most in ((0.0, 0.95, 1.0), (1.0, 0.0, 0.1)):
    skin = np.float32(uncovered) * (1.0 - new)
    same = silhouette.agreement(new, old, clear, skin)
    assert least <= same[16, 11] <= most
  # In a sleeve as tight as skin it is the old one, which the photo shows.
  same = silhouette.agreement(old, old, clear, 1.0 - old)
  assert same[16, 11] > 0.95


def test_distances_of_a_smooth_edge_are_those_of_the_edge():
  region = np.zeros((9, 41), np.float32)
  region[:, 20:] = 1.0
  distance = silhouette._distance(edges.smooth(region, 2.0), 2.0)[4]
  # The edge is between two pixels, at 19.5.
  expected = np.arange(41) - 19.5
  near = np.abs(expected) < 3
  np.testing.assert_allclose(distance[near], expected[near], atol=0.2)
