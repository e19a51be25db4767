# SPDX-License-Identifier: Apache-2.0
"""Claims about enlarging grids of values."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.ops import resize
from tests import samples


@pytest.mark.parametrize('factor', [1, 2, 3, 4])
def test_repetition_is_numpys_along_both_sides(factor):
  values = samples.uniform((2, 3, 4, 5), -1.0, 1.0)
  expected = values.repeat(factor, axis=1).repeat(factor, axis=2)
  np.testing.assert_array_equal(
    resize.repeat(tf.constant(values), factor), expected
  )


def test_repetition_is_nearest_resizing():
  values = tf.constant(samples.uniform((1, 4, 6, 2), -1.0, 1.0))
  np.testing.assert_array_equal(
    resize.enlarge(values, 2, 'nearest'),
    tf.image.resize(values, [8, 12], 'nearest'),
  )


@pytest.mark.parametrize('method', resize.METHODS)
def test_xla_differentiates_it_as_tensorflow_does(method):
  values = tf.constant(samples.uniform((2, 3, 4, 2), -1.0, 1.0))

  def gradient():
    with tf.GradientTape() as tape:
      tape.watch(values)
      loss = tf.reduce_sum(tf.square(resize.enlarge(values, 2, method)))
    return tape.gradient(loss, values)

  compiled = tf.function(gradient, jit_compile=True)()
  # Sums of four products of numbers below 2.
  np.testing.assert_allclose(compiled, gradient(), atol=1e-5)


@pytest.mark.parametrize('method', resize.METHODS)
def test_a_constant_stays(method):
  larger = resize.enlarge(tf.fill([1, 3, 5, 2], 0.25), 4, method)
  np.testing.assert_allclose(larger, np.full((1, 12, 20, 2), 0.25), rtol=1e-6)


def test_another_method_is_refused():
  with pytest.raises(ValueError, match='bicubic'):
    resize.enlarge(tf.zeros([1, 2, 2, 1]), 2, 'bicubic')
