# SPDX-License-Identifier: Apache-2.0
"""The exported signature `serving_default`: what an application calls."""

import tensorflow as tf

from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import try_on


def save(model: try_on.ClothFlow, folder: str, batch: int | None) -> None:
  """Writes a SavedModel whose one signature is `ClothFlow.call`.

  Args:
    model: with trained weights.
    folder: where to write.
    batch: a fixed batch size, or None for any.
  """
  specs = try_on.input_signature(model.config.data, batch)
  specs = {
    name: tf.TensorSpec(spec.shape, spec.dtype, name)
    for name, spec in specs.items()
  }

  @tf.function(input_signature=[specs])
  def serve(raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return model(raw, training=False)

  # A bare module with the variables: Keras' own saving would also trace every
  # layer by itself, on shapes that exported warps do not have.
  module = tf.Module()
  module.variables_of_model = list(model.variables)
  module.serve = serve
  tf.saved_model.save(module, folder, signatures={raw_lib.SIGNATURE: serve})
