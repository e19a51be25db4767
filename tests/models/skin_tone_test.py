# SPDX-License-Identifier: Apache-2.0
"""Claims about the colour of new skin."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import skin_tone

SHAPE = (2, 64, 48)
HAND, FACE, LEG = (
  np.s_[:, 40:56, 4:16],
  np.s_[:, 2:14, 18:30],
  np.s_[:, 40:, 30:],
)
ARM = np.s_[:, 8:40, 4:16]  # An old sleeve hid it.
ARMS_MIDDLE, ARMS_EDGE = np.s_[:, 20:28, 9:11], np.s_[:, 20:28, 4]
# Of the two people of a batch.
SKIN = np.array([[0.8, 0.6, 0.45], [0.4, 0.25, 0.2]], np.float32)
PINK = np.array([0.9, 0.7, 0.7], np.float32)
BLUE = np.array([0.1, 0.1, 0.6], np.float32)


def _image(fill):
  return np.zeros((*SHAPE, 3), np.float32) + fill


def _one_hot(indices):
  return batch_lib.one_hot(tf.constant(indices))


@pytest.fixture
def person():
  """A hand, a face and stockings, and an arm that was hidden."""
  photo, shown = _image(0.5), np.zeros(SHAPE, np.int32)
  for part, label in ((HAND, labels.LEFT_ARM), (FACE, labels.FACE)):
    photo[part] = SKIN[:, np.newaxis, np.newaxis]
    shown[part] = label
  photo[LEG], shown[LEG] = BLUE, labels.LEFT_LEG
  predicted, removed = shown.copy(), np.zeros((*SHAPE, 1), np.float32)
  predicted[ARM], removed[ARM] = labels.LEFT_ARM, 1.0
  return {
    'photo': photo,
    'shown': shown,
    'predicted': predicted,
    'removed': removed,
    'painted': _image(PINK),
  }


def _matched(person):
  """Returns the colours in [0, 1]."""
  batch = {
    'person_image': tf.constant(2.0 * person['photo'] - 1.0),
    'person_layout': _one_hot(person['shown']),
    'agnostic_layout': _one_hot(person['shown']),
    'removed': tf.constant(person['removed']),
  }
  painted = tf.constant(2.0 * person['painted'] - 1.0)
  share = batch['removed']
  layout = _one_hot(person['predicted'])
  return (skin_tone.matched(painted, share, batch, layout).numpy() + 1.0) / 2.0


def test_new_skin_has_the_colour_of_the_hand_of_each_person(person):
  means = _matched(person)[ARM].mean((1, 2))
  np.testing.assert_allclose(means, SKIN, atol=0.02)


def test_stockings_lend_no_colour_and_a_face_does(person):
  for part in (HAND, FACE):
    person['shown'][part] = person['predicted'][part] = labels.BACKGROUND
  np.testing.assert_array_equal(_matched(person), _image(PINK))
  person['shown'][:, 2:26, 18:34] = labels.FACE
  person['photo'][:, 2:26, 18:34] = SKIN[:, np.newaxis, np.newaxis]
  means = _matched(person)[ARM].mean((1, 2))
  # 96 pixels' worth: half of the way.
  wanted = (SKIN + PINK) / 2.0
  np.testing.assert_allclose(means, wanted, atol=0.02)


def test_a_sleeve_that_passes_for_an_arm_lends_no_colour(person):
  person['shown'][LEG] = person['predicted'][LEG] = labels.RIGHT_ARM
  means = _matched(person)[ARM].mean((1, 2))
  np.testing.assert_allclose(means, SKIN, atol=0.02)


def test_without_a_face_what_was_painted_tells_a_sleeve(person):
  person['shown'][FACE] = person['predicted'][FACE] = labels.BACKGROUND
  person['shown'][LEG] = person['predicted'][LEG] = labels.RIGHT_ARM
  person['painted'][:] = 0.85 * SKIN[:, np.newaxis, np.newaxis] + 0.01
  means = _matched(person)[ARM].mean((1, 2))
  np.testing.assert_allclose(means, SKIN, atol=0.02)


def test_skin_that_goes_lends_no_colour(person):
  person['removed'][HAND] = person['removed'][FACE] = 1.0
  np.testing.assert_allclose(_matched(person), _image(PINK), atol=1e-6)


def test_what_is_no_skin_stays_as_painted(person):
  outside = person['predicted'] == labels.BACKGROUND
  np.testing.assert_allclose(
    _matched(person)[outside], _image(PINK)[outside], atol=1e-6
  )


def test_a_few_pixels_of_new_skin_stay_as_painted(person):
  person['removed'][:] = 0.0
  person['removed'][:, 8:12, 4:16] = 1.0
  np.testing.assert_allclose(_matched(person), _image(PINK), atol=1e-6)


def test_light_and_dark_of_what_was_painted_stay(person):
  person['painted'][:, 8:24] *= 0.9
  arm = _matched(person)[ARM].mean((-1, 2))
  ratios = arm[:, :12].mean(-1) / arm[:, -12:].mean(-1)
  np.testing.assert_allclose(ratios, 0.9, atol=0.03)


def test_a_black_blot_becomes_a_shade_at_most(person):
  person['painted'][:, 20:28, 8:12] = 0.0
  result = _matched(person)
  for index, color in enumerate(SKIN):
    least = result[index, 20:28, 8:12].min(0).min(0)
    assert (least > 0.65 * color).all()


def test_an_arm_is_darker_at_its_outline(person):
  result = _matched(person)
  ratio = result[ARMS_EDGE].mean((-1, 1)) / result[ARMS_MIDDLE].mean((-1, 1, 2))
  assert (ratio < 0.97).all() and (ratio > 0.8).all()


def test_skin_is_redder_where_it_is_darker(person):
  edge, middle = (
    np.median(_matched(person)[part].reshape(2, -1, 3), 1)
    for part in (ARMS_EDGE, ARMS_MIDDLE)
  )
  red, green, blue = (edge / middle).T
  assert (red > green + 0.02).all() and (green > blue + 0.01).all()


def test_all_gradients_are_finite(person):
  painted = tf.constant(2.0 * person['painted'] - 1.0)
  for photo in (person['photo'], _image(0.0)):
    batch = {
      'person_image': tf.constant(2.0 * photo - 1.0),
      'person_layout': _one_hot(person['shown']),
      'agnostic_layout': _one_hot(person['shown']),
      'removed': tf.constant(person['removed']),
    }
    with tf.GradientTape() as tape:
      tape.watch(painted)
      layout = _one_hot(person['predicted'])
      result = skin_tone.matched(painted, batch['removed'], batch, layout)
    assert np.isfinite(tape.gradient(result, painted)).all()
