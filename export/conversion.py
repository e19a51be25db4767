# SPDX-License-Identifier: Apache-2.0
"""Converting a trained run to one .tflite file."""

import tempfile
from typing import Any

import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from clothflow_tf.inputs import raw
from clothflow_tf.models import try_on
from export import metadata
from export import quantization
from export import signature


def convert(
  run_dir: str, mode: str, examples: list[dict[str, Any]], licence: str = ''
) -> bytes:
  """Returns the .tflite file of a run.

  Args:
    run_dir: a trained run.
    mode: 'float32', 'float16', 'dynamic' or 'int8' (`export.tflite`).
    examples: for 'int8', raw inputs of batch 1 to measure activations on.
    licence: of the weights, for the file's `metadata`.
  """
  model = try_on.load(run_dir, warp='flat')
  data = model.config.data
  size = raw.Size(data.height, data.width)
  about = metadata.facts(data.task, size, mode, licence)
  with tempfile.TemporaryDirectory() as folder:
    signature.save(model, folder, batch=1)
    converter = tf.lite.TFLiteConverter.from_saved_model(
      folder, signature_keys=[raw.SIGNATURE]
    )
    if mode == 'float16':
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
      converter.target_spec.supported_types = [tf.float16]
    content = converter.convert()
  if mode in quantization.MODES:
    # Its names stay: the quantizer puts weights behind the flatbuffer, where
    # the tool that takes names off would lose them.
    content = quantization.quantized(content, mode, raw.SIGNATURE, examples)
  else:
    content = _nameless(content)
  return metadata.attached(content, about)


def _nameless(content: bytes) -> bytes:
  """Returns a .tflite file without the names of inner tensors.

  They are 2 % of a small file, and no runtime needs them: a signature refers to
  its tensors by number.
  """
  model = flatbuffer_utils.convert_bytearray_to_object(content)
  for graph in model.subgraphs:
    for tensor in graph.tensors:
      tensor.name = None
  return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
