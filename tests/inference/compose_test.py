# SPDX-License-Identifier: Apache-2.0
"""Claims: the photograph comes back, with the garment changed and no more.

Some are of outputs that no model made; some of the shipped model on held-out
paper dolls, which are drawn larger than the model.
"""

import functools
import os

import cv2
import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.dolls import generate
from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing
from clothflow_tf.inference import person as person_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from export import runtime
from tests import places
from tests.inference import placed_dolls

SIZE = raw.Size(32, 24)
SHIPPED = os.path.join(places.REPO, 'weights/try_on/try_on_int8.tflite')
TOP = labels.UPPER_CLOTHES
_NO_JOINTS = np.zeros((18, 3), np.float32)


def _original(size, seed, layout):
  pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
  return reader.Original(pixels, layout, _NO_JOINTS)


@pytest.fixture
def ready():
  """A photo four times the model's size; all of the body is the old garment."""
  size = (4 * SIZE.height, 4 * SIZE.width)
  layout = np.zeros(size, np.uint8)
  layout[40:100, 20:80] = TOP
  layout[20:40, 40:60] = labels.FACE
  person = _original(size, 1, layout)
  garment = _original(size, 2, np.full(size, 255, np.uint8))
  window = framing.Window(0.0, 0.0, 4.0, SIZE)
  inputs = {'garment_label': np.int32(TOP)}
  return person_lib.Prepared(inputs, person, garment, window)


def _outputs(shares):
  """Outputs of a model whose garment is not moved, and painted all grey."""
  composition = np.zeros((*SIZE, 3), np.float32)
  composition[:] = shares
  return {
    'composition': composition,
    'flow': np.zeros((*SIZE, 2), np.float32),
    'light': np.zeros((*SIZE, 1), np.float32),
    'image': np.full((*SIZE, 3), 7, np.uint8),
    'painted': np.full((*SIZE, 3), 128, np.uint8),
    'layout': np.zeros(SIZE, np.uint8),
    'removed': np.zeros(SIZE, np.uint8),
  }


def test_where_nothing_may_change_nothing_does(ready):
  result = ready.result(_outputs((0, 1, 0)))
  np.testing.assert_array_equal(result, ready.person.pixels)
  assert result is not ready.person.pixels


def test_a_sliver_of_the_old_outline_becomes_background(ready):
  ready.person.pixels[ready.person.layout == 0] = (200, 210, 220)
  outputs = _outputs((0, 1, 0))
  old, new = np.s_[10:25, 5:20], np.s_[10:25, 12:20]
  outputs['removed'][old] = 1
  outputs['composition'][old] = (0, 0, 1)  # Painted grey, without garment.
  outputs['composition'][new] = (1, 0, 0)
  outputs['layout'][new] = TOP
  clean = ready.result(outputs)
  outputs['layout'][10:25, 5] = TOP
  np.testing.assert_array_equal(ready.result(outputs), clean)
  # Behind the sliver, away from both outlines, is what is behind the person; it
  # is continued from pixels of the model that the old garment is mixed into.
  behind = clean[52:88, 30:34].reshape(-1, 3)
  np.testing.assert_allclose(behind, [(200, 210, 220)] * len(behind), atol=8)


def test_the_garment_comes_in_all_its_pixels(ready):
  outputs = _outputs((0, 1, 0))
  outputs['composition'][10:25, 5:20] = (1, 0, 0)
  result = ready.result(outputs)
  # Well within, where no edge is near.
  inner = np.s_[50:90, 30:70]
  np.testing.assert_allclose(
    result[inner].astype(int), ready.garment.pixels[inner].astype(int), atol=1
  )
  far = np.ones(result.shape[:2], bool)
  far[34:106, 14:86] = False
  np.testing.assert_array_equal(result[far], ready.person.pixels[far])


@pytest.mark.parametrize(('x', 'y'), [(2.0, 0.0), (0.0, -1.5)])
def test_the_flow_is_of_the_models_pixels(ready, x, y):
  outputs = _outputs((0, 1, 0))
  outputs['composition'][10:25, 5:20] = (1, 0, 0)
  outputs['flow'][:] = (x, y)
  result = ready.result(outputs)
  # Four of the photo's pixels for one of the model's; x to the right.
  dx, dy = round(4 * x), round(4 * y)
  expected = ready.garment.pixels[50 + dy : 90 + dy, 30 + dx : 70 + dx]
  inner = result[50:90, 30:70]
  np.testing.assert_allclose(inner.astype(int), expected.astype(int), atol=1)


def test_light_is_a_factor_of_the_garments_colours(ready):
  outputs = _outputs((0, 1, 0))
  outputs['composition'][10:25, 5:20] = (1, 0, 0)
  outputs['light'][:] = -0.5
  result = ready.result(outputs)[50:90, 30:70]
  expected = 0.5 * ready.garment.pixels[50:90, 30:70]
  np.testing.assert_allclose(result, expected, atol=1)


def test_nothing_of_the_old_garment_is_left(ready):
  # The model leaves half of it; the photo's own layout knows better.
  outputs = _outputs((0, 0.4, 0.6))
  outputs['layout'][:] = labels.PANTS
  old = ready.person.layout == TOP
  ready.person.pixels[old] = 250
  result = ready.result(outputs)
  # Beside it, what is painted goes on from what is seen there.
  assert result[old].max() < 200
  inner = cv2.erode(old.astype(np.uint8), np.ones((25, 25))) > 0
  np.testing.assert_array_equal(result[inner], 128)


@pytest.mark.parametrize(
  ('label', 'is_skin'),
  [(labels.TORSO_SKIN, True), (labels.LEFT_ARM, True), (labels.PANTS, False)],
)
def test_beside_bare_skin_the_garments_own_mask_counts(ready, label, is_skin):
  ready.garment.pixels[:] = (10, 200, 10)
  ready.garment.layout[:60] = 0
  outputs = _outputs((0, 0, 1))
  outputs['layout'][:], outputs['removed'][:] = label, 1
  garment = np.s_[13:25, 5:20]
  outputs['layout'][garment] = TOP
  outputs['composition'][garment] = (1, 0, 0)
  outputs['image'][garment] = (10, 200, 10)
  beyond = ready.result(outputs)[55, 50].astype(int)
  expected = (128, 128, 128) if is_skin else (10, 200, 10)
  assert np.abs(beyond - expected).max() < 30, beyond


def test_a_face_never_changes_but_for_the_old_collars_edge(ready):
  result = ready.result(_outputs((0.5, 0, 0.5)))
  same = (result == ready.person.pixels).all(-1)
  face = np.s_[20:40, 40:60]
  # Three of the model's pixels are twelve of the photo's.
  assert same[face][:-12].all()
  assert not same[face][-2:].all()


def test_a_speck_of_garment_on_what_is_kept_is_none(ready):
  ready.person.layout[104:128, 20:80] = labels.PANTS
  outputs = _outputs((0, 1, 0))
  outputs['composition'][10:25, 5:20] = (1, 0, 0)
  outputs['composition'][28:30, 10:12] = (1, 0, 0)
  result = ready.result(outputs)
  kept = np.s_[108:124, 30:60]
  np.testing.assert_array_equal(result[kept], ready.person.pixels[kept])


def test_strips_are_not_seen(ready, monkeypatch):
  outputs = _outputs((0.2, 0.5, 0.3))
  rng = np.random.default_rng(0)
  outputs['flow'][:] = rng.normal(0, 1, outputs['flow'].shape)
  whole = ready.result(outputs)
  monkeypatch.setattr('clothflow_tf.inference.compose._STRIP', 700)
  np.testing.assert_array_equal(ready.result(outputs), whole)


@pytest.fixture(scope='module')
def model():
  return runtime.Runtime(SHIPPED)


@functools.cache
def _doll(index):
  spec = generate.DollSpec('try_on', 512, 384, seed=3, split='test')
  return generate.generate(spec, index)


def _tops():
  """Returns the first dolls that put on a top."""
  indices = [i for i in range(8) if _doll(i)['source_layout'].max() == TOP]
  assert len(indices) >= 3
  return indices[:3]


PLACES = [
  (1.1, (0.5, 0.5), (400, 300)),
  (0.8, (0.3, 0.6), (500, 500)),
  (0.6, (0.8, 0.5), (600, 800)),
  (0.4, (0.2, 0.7), (800, 1200)),
]


def test_a_person_anywhere_is_dressed_as_in_the_middle(model):
  usual, elsewhere = [], []
  for index in _tops():
    doll = _doll(index)
    person, truth = placed_dolls.placed(doll, 1.0, (0.5, 0.5), (512, 384))
    usual.append(placed_dolls.dressed(model, doll, person).overlap(truth))
    for place in PLACES:
      person, truth = placed_dolls.placed(doll, *place)
      elsewhere.append(placed_dolls.dressed(model, doll, person).overlap(truth))
  assert np.mean(usual) > 0.75
  assert np.mean(elsewhere) > np.mean(usual) - 0.03


@pytest.mark.parametrize('place', [*PLACES, (0.25, (0.9, 0.9), (600, 400))])
def test_a_photo_changes_only_where_a_garment_is_or_was(model, place):
  doll = _doll(_tops()[0])
  person, _ = placed_dolls.placed(doll, *place)
  result = placed_dolls.dressed(model, doll, person).photo
  changed = (result != person.pixels).any(-1)
  layout = person.layout
  for label in (labels.FACE, labels.LEFT_SHOE, labels.RIGHT_SHOE):
    assert not changed[layout == label].any()
  # However large the photo: nothing far from the person.
  rows, columns = np.nonzero(layout)
  near = np.zeros_like(changed)
  reach = round(0.1 * np.ptp(rows)) + 8
  near[
    max(rows.min() - reach, 0) : rows.max() + reach,
    max(columns.min() - reach, 0) : columns.max() + reach,
  ] = True
  assert not changed[~near].any()
  assert changed.any()


@pytest.mark.parametrize('size', [(1024, 768), (1920, 1080), (3000, 4000)])
def test_outside_what_the_model_says_the_photo_stays_to_the_bit(model, size):
  doll = _doll(_tops()[1])
  person, _ = placed_dolls.placed(doll, 0.9, (0.5, 0.5), size)
  dressed = placed_dolls.dressed(model, doll, person)
  changes = np.float32(dressed.outputs['composition'][..., 1] < 1.0)
  y, x = (
    np.rint(dressed.ready.window.to_model(np.arange(side), axis)).astype(int)
    for side, axis in zip(size, (1, 0))
  )
  # Between two of the model's pixels both count.
  changes = cv2.dilate(changes, np.ones((3, 3), np.uint8))
  height, width = changes.shape
  inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))
  may = inside & (
    changes[np.ix_(y.clip(0, height - 1), x.clip(0, width - 1))] > 0
  )
  changed = (dressed.photo != person.pixels).any(-1)
  assert not changed[~may].any()
  # Neither everything nor nothing.
  assert 0.02 < changed.mean() < may.mean() < 0.5


def test_a_second_person_stays_pixel_for_pixel(model):
  doll = _doll(_tops()[0])
  one, _ = placed_dolls.placed(doll, 0.9, (0.27, 0.55), (512, 768))
  two, _ = placed_dolls.placed(doll, 0.9, (0.77, 0.55), (512, 768))
  there = (two.layout > 0)[..., None]
  pixels = np.where(there, two.pixels, one.pixels)
  layout = np.maximum(one.layout, two.layout)
  person = reader.Original(pixels, layout, one.keypoints)
  result = placed_dolls.dressed(model, doll, person).photo
  changed = (result != pixels).any(-1)
  assert changed[:, :400].any()
  assert not changed[:, 480:].any()


def test_prints_are_sharper_than_the_models_own_picture(model):
  better = 0
  for index in _tops():
    doll = _doll(index)
    person, truth = placed_dolls.placed(doll, 1.0, (0.5, 0.5), (512, 384))
    dressed = placed_dolls.dressed(model, doll, person)
    enlarged = Image.fromarray(dressed.outputs['image']).resize((384, 512))
    errors = []
    kept = (truth == TOP) & (person.layout > 0)
    for picture in (dressed.photo, np.asarray(enlarged)):
      gray = picture.astype(float).mean(-1)
      expected = doll['target_image'].astype(float).mean(-1)
      # Detail alone: a shifted or a lighter garment is no less sharp.
      detail = [
        np.abs(np.diff(x, axis=1))[kept[:, 1:]] for x in (gray, expected)
      ]
      errors.append(abs(np.log(detail[0].mean() / detail[1].mean())))
    better += errors[0] < errors[1]
  assert better == 3
