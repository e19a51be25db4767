# SPDX-License-Identifier: Apache-2.0
"""Claims: a batch of bytes is dressed as `try_on` dresses files, or refused.

The networks are none: their outputs are made up, the same for every input.
"""

import numpy as np
from PIL import Image
import pytest
import tensorflow as tf

from clothflow_tf.data.photographs import masks
from export.serving.graph import dressing
from export.serving.graph import garments
from tests.export.serving.graph import requests
from tests.export.serving.graph import scenes

OUTPUTS = scenes.outputs(0)
# As in composition_test.
MEAN = 0.01


def _network(inputs):
  count = inputs['garment_label'].shape[0]
  return {
    name: tf.constant(np.stack([value] * count))
    for name, value in OUTPUTS.items()
  }


def _dress(elements, **options):
  request = {
    name: tf.constant(value) for name, value in requests.batch(elements).items()
  }
  options = dressing.Options(**options)
  return dressing.dress(_network, scenes.SIZE, options, request)


@pytest.fixture(scope='module')
def elements():
  return [
    requests.element(index, scenes.PLACES[place])
    for index, place in enumerate((0, 2, 3))
  ]


def test_photos_of_any_size_are_dressed_as_by_try_on(elements, tmp_path):
  palette = Image.fromarray(requests.decoded(elements[1]['person_layout']))
  palette.putpalette([*range(60)])
  file = tmp_path / 'palette.png'
  palette.save(file)
  second = {**elements[1], 'person_layout': file.read_bytes()}
  third = {**elements[2], 'garment_mask': b''}
  chosen = [elements[0], second, third]
  results = _dress(chosen)['image_bytes'].numpy()
  for element, result in zip(chosen, results, strict=True):
    expected = requests.dressed(
      element, lambda _: OUTPUTS, scenes.SIZE, tmp_path
    )
    result = requests.decoded(result)
    assert np.abs(result.astype(int) - expected).mean() <= MEAN
    photo = requests.decoded(element['person_image'])
    kept = (expected == photo).all(-1)
    np.testing.assert_array_equal((result == photo).all(-1), kept)


def _with_joints(element, change):
  return {**element, 'person_keypoints': change(element['person_keypoints'])}


BLANK = requests.encoded(np.zeros((128, 96), np.uint8))
NOISE = np.random.default_rng(0).integers(0, 256, (128, 96, 3), np.uint8)
FAULTS = {
  'person_image[1]: is no picture': {'person_image': b'text'},
  'person_image[1]: is broken': {'person_image': requests.encoded(NOISE)[:999]},
  'person_layout[1]: is all background': {'person_layout': BLANK},
  'person_layout[1]: is 5x4; expected the size': {
    'person_layout': requests.encoded(np.ones((4, 5), np.uint8))
  },
  'person_layout[1]: has label 20': {
    'person_layout': requests.encoded(np.full((128, 96), 20, np.uint8))
  },
  'garment_image[1]: is no picture': {'garment_image': b''},
  'garment_image[1]: has no plain backdrop': {
    'garment_image': requests.encoded(NOISE),
    'garment_mask': b'',
  },
  'garment_mask[1]: has an empty mask': {'garment_mask': BLANK},
  'garment_mask[1]: has a mask that covers all four': {
    'garment_mask': requests.encoded(np.full((128, 96), 255, np.uint8))
  },
  'garment_mask[1]: has colours': {'garment_mask': requests.encoded(NOISE)},
  'garment_label[1]: is 3': {'garment_label': np.int32(3)},
}
POSES = {
  'has NaN': lambda x: x * np.float32(np.nan),
  'has no joint': np.zeros_like,
  'joints lie within 2 pixels': lambda x: x / np.float32([96, 128, 1]),
  'joints lie outside the picture': lambda x: x * np.float32([9, 9, 1]),
  'joints lie on the background': lambda x: np.where(
    x[:, 2:] > 0, np.float32([90, 5, 1]), x
  ),
  'has no joint; expected a person': lambda x: x * np.float32([1, 1, 0.2]),
}


@pytest.mark.parametrize('problem', FAULTS)
def test_an_input_that_cannot_be_used_is_named(problem, elements):
  bad = {**elements[0], **FAULTS[problem]}
  with pytest.raises(tf.errors.InvalidArgumentError) as caught:
    _dress([elements[0], bad])
  assert problem in str(caught.value)


@pytest.mark.parametrize('problem', POSES)
def test_a_pose_that_cannot_be_the_persons_is_named(problem, elements):
  bad = _with_joints(elements[0], POSES[problem])
  with pytest.raises(tf.errors.InvalidArgumentError) as caught:
    _dress([bad])
  assert 'person_keypoints[0]: ' in str(caught.value)
  assert problem in str(caught.value)


def test_a_joint_of_little_confidence_is_missing(elements):
  def unsure(points):
    points = points.copy()
    points[4] = (1, 1, 0.2)
    return points

  def missing(points):
    points = points.copy()
    points[4] = 0
    return points

  results = _dress([_with_joints(elements[0], x) for x in (unsure, missing)])
  first, second = results['image_bytes'].numpy()
  assert first == second


def test_partial_says_which_and_dresses_the_others(elements):
  bad = {**elements[0], 'person_image': b'text'}
  result = _dress([bad, elements[1]], partial=True)
  status = [x.decode() for x in result['status'].numpy()]
  assert status[0].startswith('person_image[0]: ') and status[1] == ''
  assert result['image_bytes'][0] == b''
  single = _dress([elements[1]], partial=True)
  assert result['image_bytes'][1] == single['image_bytes'][0]


def test_inputs_of_different_counts_are_refused(elements):
  request = requests.batch(elements[:2])
  request['garment_label'] = request['garment_label'][:1]
  request = {name: tf.constant(value) for name, value in request.items()}
  with pytest.raises(tf.errors.InvalidArgumentError, match='as many of each'):
    dressing.dress(_network, scenes.SIZE, dressing.Options(), request)


def test_jpeg_if_asked_for(elements):
  result = _dress(elements[:1], kind='jpeg')['image_bytes'].numpy()[0]
  assert result.startswith(b'\xff\xd8\xff')


def test_without_a_mask_the_reader_and_a_graph_cut_out_the_same():
  for index in range(3):
    photo = scenes.garment(index)[0].pixels
    mask, problem = garments._cut_out(tf.constant(photo))
    assert problem == b''
    np.testing.assert_array_equal(
      np.where(mask.numpy() >= 128, 255, 0), masks.cut_out(photo)
    )


def test_a_transparent_product_is_its_own_mask(elements):
  garment, _ = scenes.garment(0)
  clear = np.dstack([garment.pixels, garment.layout])
  bare = {**elements[0], 'garment_mask': b''}
  white = np.where(garment.layout[..., None] > 0, garment.pixels, 255)
  given = {
    **elements[0],
    'garment_image': requests.encoded(white.astype(np.uint8)),
  }
  results = _dress([{**bare, 'garment_image': requests.encoded(clear)}, given])
  first, second = results['image_bytes'].numpy()
  assert first == second
