# SPDX-License-Identifier: Apache-2.0
"""Claims about the requests that TensorFlow Serving warms a version with."""

import numpy as np
import pytest
import tensorflow as tf

from export.serving import warm_up


def test_warm_up_requests_are_records_of_the_protos(tmp_path):
  logs = pytest.importorskip('tensorflow_serving.apis.prediction_log_pb2')
  batch = {'garment_label': np.int32([5, 6])}
  warm_up.write(str(tmp_path), 'doll', [batch])
  path = tmp_path / 'assets.extra' / 'tf_serving_warmup_requests'
  (record,) = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
  request = logs.PredictionLog.FromString(record).predict_log.request
  assert request.model_spec.name == 'doll'
  assert request.model_spec.signature_name == 'serving_default'
  (item,) = request.inputs.items()
  assert item[0] == 'garment_label'
  np.testing.assert_array_equal(tf.make_ndarray(item[1]), [5, 6])
