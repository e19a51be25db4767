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


# Of the photo: the rows at which a garment meets skin, and a parser's.
HEM, PARSED = 130, 135


def _dressed(garment, skin, parsed=PARSED):
  """A photo of a garment above skin, whose edge a parser has elsewhere."""
  photo = _photo(garment, (235, 235, 235))
  noise = np.random.default_rng(1).normal(0, 4, (70, 90, 3))
  pixels, truth, wrong = photo.pixels.copy(), photo.truth, photo.parsed.copy()
  pixels[HEM:200, 50:140] = np.clip(skin + noise, 0, 255)
  truth[HEM:] = np.where(truth[HEM:] > 0, labels.LEFT_LEG, 0)
  wrong[parsed:] = np.where(wrong[parsed:] > 0, labels.LEFT_LEG, 0)
  return photo._replace(pixels=pixels, parsed=wrong)


def _moved(photo):
  garment = np.arange(labels.NUM_LABELS) == labels.UPPER_CLOTHES
  return outline.garment_to_photo(
    photo.pixels, photo.parsed, photo.window, garment
  )


@pytest.mark.parametrize('parsed', [HEM - 5, HEM + 5])
def test_a_garments_edge_goes_to_the_photos(parsed):
  photo = _dressed((40, 40, 90), (205, 150, 125), parsed)
  result = _moved(photo)
  # Where the two meet, but for their ends, at the background.
  edge = np.s_[HEM - 10 : HEM + 10, 64:126]
  assert np.mean(photo.parsed[edge] != photo.truth[edge]) == 0.25
  assert np.mean(result[edge] != photo.truth[edge]) < 0.05
  far = np.ones(result.shape, bool)
  far[HEM - 2 * SCALE - 5 : HEM + 2 * SCALE + 5] = False
  np.testing.assert_array_equal(result[far], photo.parsed[far])


def test_a_garment_of_the_skins_colour_keeps_its_edge():
  photo = _dressed((200, 146, 122), (205, 150, 125))
  np.testing.assert_array_equal(_moved(photo), photo.parsed)


def test_with_the_garments_edge_the_outline_stays():
  photo = _dressed((40, 40, 90), (205, 150, 125))
  result = _moved(photo)
  assert (result != photo.parsed).any()
  # Though it wavers, and the background has a colour of its own.
  assert np.mean((photo.parsed > 0) != (photo.truth > 0)) > 0.02
  np.testing.assert_array_equal(result > 0, photo.parsed > 0)


def test_skin_that_a_garment_gives_up_is_that_beside_it():
  photo = _dressed((40, 40, 90), (205, 150, 125))
  half = photo.parsed[:, 95:]
  half[half == labels.LEFT_LEG] = labels.RIGHT_LEG
  result = _moved(photo)
  given = (photo.parsed == labels.UPPER_CLOTHES) & (result != photo.parsed)
  for label, columns in (
    (labels.LEFT_LEG, np.s_[:, :70]),
    (labels.RIGHT_LEG, np.s_[:, 100:]),
  ):
    assert set(np.unique(result[columns][given[columns]])) == {label}


def test_without_a_garment_or_without_a_rest_all_stays():
  photo = _photo((20, 20, 30), (235, 235, 235))
  np.testing.assert_array_equal(_moved(photo), photo.parsed)
  legs = np.where(photo.parsed > 0, labels.LEFT_LEG, 0).astype(np.uint8)
  photo = photo._replace(parsed=legs)
  np.testing.assert_array_equal(_moved(photo), legs)


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
  new = np.roll(old, -1, 1)
  new[:, -1:] = 1.0
  for uncovered, least, most in ((0.0, 0.95, 1.0), (1.0, 0.0, 0.1)):
    skin = np.float32(uncovered) * (1.0 - new)
    same = silhouette.agreement(new, old, clear, skin)
    assert least <= same[16, 11] <= most
  # In a sleeve as tight as skin it is the old one, which the photo shows.
  same = silhouette.agreement(old, old, clear, 1.0 - old)
  assert same[16, 11] > 0.95


@pytest.mark.parametrize('uncovered', [0.0, 1.0])
def test_a_straight_outline_is_where_it_was(uncovered):
  bare = np.zeros((24, 40), np.float32)
  bare[:, 20:] = 1.0
  plane = silhouette.plane(bare, np.float32(uncovered) * (1.0 - bare))
  distance = silhouette._distance(plane, silhouette.SMOOTH)[12]
  # The edge is between two pixels, at 19.5.
  expected = np.arange(40) - 19.5
  near = np.abs(expected) < 2
  np.testing.assert_allclose(distance[near], expected[near], atol=0.2)


def test_a_limbs_outline_has_fewer_dents_than_cloths():
  bare = np.zeros((48, 40), np.float32)
  bare[:, 20:] = 1.0
  for row in range(0, 48, 8):
    bare[row : row + 4, 20:22] = 0.0
  depths = []
  for uncovered in (0.0, 1.0):
    plane = silhouette.plane(bare, np.float32(uncovered) * (1.0 - bare))
    # How far the line of a half wavers.
    places = (1.0 - plane[12:36]).sum(1)
    depths.append(np.ptp(places))
  assert depths[1] < 0.5 * depths[0]


def test_distances_of_a_smooth_edge_are_those_of_the_edge():
  region = np.zeros((9, 41), np.float32)
  region[:, 20:] = 1.0
  distance = silhouette._distance(edges.smooth(region, 2.0), 2.0)[4]
  # The edge is between two pixels, at 19.5.
  expected = np.arange(41) - 19.5
  near = np.abs(expected) < 3
  np.testing.assert_allclose(distance[near], expected[near], atol=0.2)
