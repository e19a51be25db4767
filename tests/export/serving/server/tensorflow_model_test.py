# SPDX-License-Identifier: Apache-2.0
"""Claims about a SavedModel that is loaded: its specs, and its warm-up."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_log_pb2

from export.serving.server import tensorflow_model
from export.serving.wire import errors
from tests.export.serving import servers


def _log(signature, **inputs):
  """Returns a warm-up record as TensorFlow Serving reads it."""
  request = predict_pb2.PredictRequest()
  request.model_spec.name = 'tiny'
  request.model_spec.signature_name = signature
  for name, value in inputs.items():
    request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
  return prediction_log_pb2.PredictionLog(
    predict_log=prediction_log_pb2.PredictLog(request=request)
  )


@pytest.fixture
def load(tmp_path, monkeypatch):
  """Loads the model with warm-up requests; returns what was run, in order."""

  def start(*logs):
    folder = tmp_path / '1'
    shutil.copytree(f'{servers.shared_model()}/1', folder)
    extra = folder / 'assets.extra'
    extra.mkdir()
    path = os.fspath(extra / 'tf_serving_warmup_requests')
    with tf.io.TFRecordWriter(path) as writer:
      for log in logs:
        writer.write(log.SerializeToString())
    names, run = [], tensorflow_model.SavedModel.run

    def spy(self, name, inputs):
      names.append(name)
      return run(self, name, inputs)

    monkeypatch.setattr(tensorflow_model.SavedModel, 'run', spy)
    tensorflow_model.SavedModel(str(folder))
    return names

  return start


def test_warm_up_requests_are_run_as_they_are(load):
  half = _log('half', x=np.float32([1]))
  assert load(half, _log('sum', x=np.float32([[1, 2]])), half) == [
    *('half', 'sum', 'half')
  ]


@pytest.mark.parametrize(
  'log', [_log('half', x=np.float32([[1]])), _log('half', y=np.float32([1]))]
)
def test_a_version_that_fails_on_its_own_requests_is_not_loaded(load, log):
  with pytest.raises(errors.ServingError):
    load(log)


def test_specs_are_those_of_the_signatures():
  model = tensorflow_model.SavedModel(f'{servers.shared_model()}/1')
  signature = model.signatures['serving_default']
  assert signature.is_batched
  points = signature.inputs['person_keypoints']
  assert (points.dtype, points.shape) == (np.float32, (None, 18, 3))
  assert signature.outputs['image_bytes'].is_text
  assert not model.signatures['sum'].is_batched


@tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'x')])
def _asserting(x):
  said = ['x[1]: is "so", it\'s wrong', tf.shape(x)]
  with tf.control_dependencies([tf.debugging.Assert(x[1] == '', said)]):
    return {'y': tf.identity(x)}


@tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'x')])
def _parsing(x):
  return {'y': tf.strings.to_number(x)}


@pytest.mark.parametrize(
  ('function', 'expected'),
  [
    (_asserting, 'x[1]: is "so", it\'s wrong 2'),
    (_parsing, 'StringToNumberOp could not correctly convert string: a'),
  ],
)
def test_an_operations_own_words_are_the_error(tmp_path, function, expected):
  module = tf.Module()
  module.serve = function
  tf.saved_model.save(module, str(tmp_path))
  model = tensorflow_model.SavedModel(str(tmp_path))
  with pytest.raises(errors.ServingError) as info:
    model.run('serving_default', {'x': np.array([b'1', b'a'], object)})
  assert info.value.code == 'INVALID_ARGUMENT'
  assert str(info.value) == expected
