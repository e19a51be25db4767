# SPDX-License-Identifier: Apache-2.0
"""Requests that TensorFlow Serving runs before it serves a new version.

The first call of a graph takes seconds. What stands in `assets.extra` is run
while the model is loaded, so that no user waits for it.
"""

import os

import numpy as np
import tensorflow as tf

from clothflow_tf.inference import drawn
from clothflow_tf.inputs import raw
from export.serving.wire import protos

_FILE = 'assets.extra/tf_serving_warmup_requests'
# Elements of the requests: a single one, and a batch.
_COUNTS = (1, 2)


def requests(
  task: str, size: raw.Size, encoded: bool
) -> list[dict[str, np.ndarray]]:
  """Returns requests of drawn people for `serving_default`.

  Args:
    task: of the model.
    size: of the model; the photos have it, too.
    encoded: whether it takes pictures as bytes, else raw inputs.
  """
  dolls = drawn.raw_inputs(task, size, max(_COUNTS))
  if encoded:
    dolls = [_encoded(doll) for doll in dolls]
  return [
    {
      name: np.stack([doll[name] for doll in dolls[:count]])
      for name in dolls[0]
    }
    for count in _COUNTS
  ]


def _encoded(inputs: raw.Arrays) -> dict[str, np.ndarray]:
  """Returns raw inputs of one example as pictures' bytes."""
  request = {}
  for name, value in inputs.items():
    if value.dtype == np.uint8:
      image = value if value.ndim == 3 else value[..., np.newaxis]
      request[name] = np.array(tf.io.encode_png(image).numpy(), object)
    elif name != 'hem':
      request[name] = value
  return request


def write(folder: str, name: str, batches: list[dict[str, np.ndarray]]) -> None:
  """Writes requests into a version's folder.

  Args:
    folder: of one version.
    name: of the model.
    batches: inputs of `serving_default`.
  """
  path = os.path.join(folder, _FILE)
  os.makedirs(os.path.dirname(path))
  with tf.io.TFRecordWriter(path) as writer:
    for batch in batches:
      log = protos.PredictionLog()
      request = log.predict_log.request
      request.model_spec.name = name
      request.model_spec.signature_name = raw.SIGNATURE
      for key, value in batch.items():
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request.inputs[key].ParseFromString(tensor)
      writer.write(log.SerializeToString())
