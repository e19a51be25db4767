# SPDX-License-Identifier: Apache-2.0
"""Converting a trained run to one .tflite file."""

import tempfile
from typing import Any

import tensorflow as tf

from clothflow_tf.inputs import raw
from clothflow_tf.models import try_on
from export import signature


def convert(run_dir: str, mode: str, examples: list[dict[str, Any]]) -> bytes:
  """Returns the .tflite file of a run.

  Args:
    run_dir: a trained run.
    mode: 'float32', 'float16', 'dynamic' or 'int8' (`export.tflite`).
    examples: for 'int8', raw inputs to measure activations on.
  """
  model = try_on.load(run_dir, warp='flat')
  with tempfile.TemporaryDirectory() as folder:
    signature.save(model, folder, batch=1)
    converter = tf.lite.TFLiteConverter.from_saved_model(
      folder, signature_keys=[raw.SIGNATURE]
    )
    if mode != 'float32':
      converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == 'float16':
      converter.target_spec.supported_types = [tf.float16]
    if mode == 'int8':
      converter.representative_dataset = lambda: (
        (raw.SIGNATURE, example) for example in examples
      )
    return converter.convert()
