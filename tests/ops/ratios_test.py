# SPDX-License-Identifier: Apache-2.0
"""Claims about means and thresholds in operations of mobile runtimes."""

import numpy as np
import tensorflow as tf

from clothflow_tf.ops import ratios


def test_a_ratio_is_that_of_numpy_and_0_of_nothing():
  weight = np.float32([0.0, 1e-5, 0.25, 1.0])
  total = weight * np.float32([9.0, -0.5, 0.5, 0.75])
  expected = [0.0, -0.5, 0.5, 0.75]
  result = ratios.ratio(tf.constant(total), tf.constant(weight))
  np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_positive_is_exactly_0_or_1():
  values = tf.constant([-1.0, 0.0, 1e-6, 1e-5, 0.5, 3.0])
  result = ratios.positive(values)
  np.testing.assert_allclose(result, [0, 0, 1, 1, 1, 1], atol=1e-6)
  assert result.numpy()[[0, 1, 3, 4, 5]].tolist() == [0, 0, 1, 1, 1]


def test_the_softmax_is_that_of_tensorflow_also_of_large_logits():
  logits = tf.random.normal([2, 3, 4, 20], seed=1) * 20.0
  expected = tf.nn.softmax(logits)
  np.testing.assert_allclose(ratios.softmax(logits), expected, atol=1e-6)
  steep = tf.reshape([500.0, -500.0, 0.0], [1, 1, 1, 3])
  np.testing.assert_allclose(
    ratios.softmax(steep)[0, 0, 0], [1, 0, 0], atol=1e-9
  )


def test_the_export_has_none_of_the_slow_operations(tmp_path):
  model = tf.Module()
  model.run = tf.function(
    lambda x: ratios.ratio(x, x) + ratios.positive(x),
    input_signature=[tf.TensorSpec([4])],
  )
  concrete = model.run.get_concrete_function()
  converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
  interpreter = tf.lite.Interpreter(model_content=converter.convert())
  kinds = {each['op_name'] for each in interpreter._get_ops_details()}
  slow = {'EQUAL', 'GREATER', 'CAST', 'SELECT', 'SELECT_V2', 'WHERE'}
  assert kinds and not kinds & slow
