# SPDX-License-Identifier: Apache-2.0
"""The exported signatures: what an application calls.

| signature         | from                     | to                           |
|-------------------|--------------------------|------------------------------|
| `serving_default` | encoded pictures         | encoded pictures             |
|                   | (`serving.graph`)        |                              |
| `tensors`         | raw inputs               | all that `ClothFlow` returns |
| `layout`, `flow`, | what the stage's network | what it returns              |
| `render`          | takes                    |                              |

A file for a device has the raw signature alone, as `serving_default`; so has a
model that cannot compose a photo, beside the others.

The first two run the networks on one example of a batch after the other. A
kernel may choose the order of its sums by the size of the batch, as Eigen's
convolutions do: then an example would look another in company than alone, by a
grey level in some pixels. On a CPU a loop of single examples is as fast, and
needs the memory of one.
"""

import tensorflow as tf

from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import try_on
from export.serving.graph import dressing

TENSORS = 'tensors'


def save(model: try_on.ClothFlow, folder: str, batch: int | None) -> None:
  """Writes a SavedModel whose one signature is `ClothFlow.call`.

  Args:
    model: with trained weights.
    folder: where to write.
    batch: a fixed batch size, or None for any.
  """
  _write(model, folder, {raw_lib.SIGNATURE: _raw(model, batch)})


def composes(model: try_on.ClothFlow) -> bool:
  """Says whether a photo can be composed of a model's outputs."""
  config = model.config
  layers = config.render.composition == 'layers'
  return config.data.task == 'try_on' and layers


def save_served(
  model: try_on.ClothFlow, folder: str, options: dressing.Options
) -> dict[str, tf.types.experimental.ConcreteFunction]:
  """Writes a SavedModel for a server, with all signatures, for any batch.

  Args:
    model: with trained weights.
    folder: where to write.
    options: of `serving_default`; no use where the model cannot compose.

  Returns:
    The signatures.
  """
  raw = _one_by_one(model)
  functions = {
    raw_lib.SIGNATURE: raw,
    TENSORS: raw,
    **{name: _stage(network) for name, network in model.stages.items()},
  }
  if composes(model):
    functions[raw_lib.SIGNATURE] = _encoded(model, raw, options)
  return _write(model, folder, functions)


def _raw(
  model: try_on.ClothFlow, batch: int | None
) -> tf.types.experimental.PolymorphicFunction:
  @tf.function(input_signature=[_specs(model, batch)])
  def serve(raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return model(raw, training=False)

  return serve


def _specs(
  model: try_on.ClothFlow, batch: int | None
) -> dict[str, tf.TensorSpec]:
  specs = try_on.input_signature(model.config.data, batch)
  return {
    name: tf.TensorSpec(spec.shape, spec.dtype, name)
    for name, spec in specs.items()
  }


def _one_by_one(
  model: try_on.ClothFlow,
) -> tf.types.experimental.PolymorphicFunction:
  """Returns `_raw` for any batch, whose examples do not see each other."""
  one = _raw(model, 1).get_concrete_function()
  specs = {
    name: tf.TensorSpec(x.shape[1:], x.dtype)
    for name, x in one.structured_outputs.items()
  }

  def single(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    batch = {name: x[tf.newaxis] for name, x in example.items()}
    return {name: x[0] for name, x in one(batch).items()}

  @tf.function(input_signature=[_specs(model, None)], autograph=False)
  def serve(raw: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    # One at a time: each has all threads, and memory for one is enough.
    return tf.map_fn(
      single, raw, fn_output_signature=specs, parallel_iterations=1
    )

  return serve


def _encoded(
  model: try_on.ClothFlow,
  raw: tf.types.experimental.PolymorphicFunction,
  options: dressing.Options,
) -> tf.types.experimental.PolymorphicFunction:
  data = model.config.data
  size = raw_lib.Size(data.height, data.width)

  # Its conditions and loops are TensorFlow's own already.
  @tf.function(input_signature=[dressing.SPECS], autograph=False)
  def serve(request: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return dressing.dress(raw, size, options, request)

  return serve


def _stage(
  network: tf.keras.Model,
) -> tf.types.experimental.PolymorphicFunction:
  specs = {
    name: tf.TensorSpec([None, *entry.shape[1:]], entry.dtype, name)
    for name, entry in zip(network.input_names, network.inputs)
  }

  @tf.function(input_signature=[specs])
  def serve(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return _flat(network(inputs, training=False))

  return serve


def _flat(
  outputs: dict[str, tf.Tensor | list[tf.Tensor]],
) -> dict[str, tf.Tensor]:
  """Returns tensors by name; those of a list with their number, finest 0."""
  result = {}
  for name, value in outputs.items():
    if isinstance(value, tf.Tensor):
      result[name] = value
    else:
      result.update({f'{name}_{i}': x for i, x in enumerate(value)})
  return result


def _write(
  model: try_on.ClothFlow,
  folder: str,
  functions: dict[str, tf.types.experimental.PolymorphicFunction],
) -> dict[str, tf.types.experimental.ConcreteFunction]:
  # A bare module with the variables: Keras' own saving would also trace every
  # layer by itself, on shapes that exported warps do not have.
  module = tf.Module()
  module.variables_of_model = list(model.variables)
  module.functions = dict(functions)
  concrete = {k: x.get_concrete_function() for k, x in functions.items()}
  tf.saved_model.save(module, folder, signatures=concrete)
  return concrete
