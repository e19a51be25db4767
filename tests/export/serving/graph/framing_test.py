# SPDX-License-Identifier: Apache-2.0
"""Claims: a graph's window and inputs are those of `inputs.window`."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.data.photographs import reader
from clothflow_tf.inference import framing as reference
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import window as window_lib
from export.serving.graph import framing
from tests.export.serving.graph import scenes

TOP, TROUSERS, DRESS = labels.UPPER_CLOTHES, labels.PANTS, labels.DRESS
NECK, HIPS = 1, [8, 11]


def _framed(original, label):
  photo = scenes.photo(original)
  own = framing.own_region(photo.layout, photo.keypoints)
  window = framing.place(photo, own, tf.constant(label), scenes.SIZE)
  seen = tf.cast(own.seen(window), tf.uint8)
  return window, {
    'person_image': window.picture(photo.pixels),
    'person_layout': window.layout(photo.layout) * seen,
    'person_keypoints': window.points(photo.keypoints),
  }


def _assert_same(original, label):
  window, inputs = _framed(original, label)
  expected = reference.place(original, scenes.SIZE, label)
  ours = [float(x) for x in window[:3]]
  theirs = [expected.left, expected.top, expected.scale]
  np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
  for name, value in reference.person(original, expected).items():
    np.testing.assert_allclose(inputs[name], value, atol=1e-4, err_msg=name)
  return expected


@pytest.mark.parametrize('place', scenes.PLACES)
@pytest.mark.parametrize('label', [TOP, TROUSERS, DRESS])
def test_a_person_is_framed_as_by_the_reference(place, label):
  _assert_same(scenes.person(1, place), label)


@pytest.mark.parametrize('missing', [[NECK], HIPS, [NECK, *HIPS], range(18)])
def test_also_where_joints_are_missing(missing):
  original = scenes.person(0, scenes.PLACES[2])
  keypoints = original.keypoints.copy()
  keypoints[[*missing]] = 0
  original = reader.Original(original.pixels, original.layout, keypoints)
  _assert_same(original, TOP)


def test_a_large_photo_is_averaged_before_it_is_resized():
  window = _assert_same(scenes.person(0, (0.9, (0.5, 0.5), (900, 700))), DRESS)
  assert window.scale > 2 * window_lib.FINEST


def test_of_two_people_the_one_of_the_pose_is_seen():
  size = (128, 192)
  one = scenes.person(0, (0.9, (0.27, 0.55), size))
  two = scenes.person(0, (0.9, (0.77, 0.55), size))
  layout = np.maximum(one.layout, two.layout)
  for keypoints in (one.keypoints, two.keypoints):
    stray = keypoints.copy()
    # A wrist on the other person does not make her the same.
    other = two if keypoints is one.keypoints else one
    stray[4] = other.keypoints[1]
    original = reader.Original(one.pixels, layout, stray)
    photo = scenes.photo(original)
    own = framing.own_region(photo.layout, photo.keypoints)
    whole = framing.Window(*tf.constant([0.0, 0.0, 1.0], tf.float64), size)
    shown = own.seen(whole).numpy() & (layout > 0)
    expected = window_lib.own_region(layout, stray) & (layout > 0)
    np.testing.assert_array_equal(shown, expected)
    assert 0 < shown.sum() < np.count_nonzero(layout)
