# SPDX-License-Identifier: Apache-2.0
"""The pieces of a model, each converted and timed by itself.

LiteRT's Python runtime has no profiler of operations. So the model is cut into
what is made of the raw inputs, each network, and what joins them (`pieces`);
each becomes a .tflite file of its own (`parts_of`), and all are timed in turns
(`measure`), beside a plain convolution.
"""

import collections
from collections.abc import Callable
import statistics
import tempfile
import time
from typing import Any

import numpy as np
import tensorflow as tf

from clothflow_tf.inference import drawn
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import raw as raw_lib
from clothflow_tf.models import composition
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import try_on

_WARM = 3
_CONVOLUTIONS = ('CONV_2D', 'DEPTHWISE_CONV_2D')
_ROOF = (1, 64, 48, 128)

Tensors = dict[str, Any]
Piece = Callable[[Tensors], Tensors]


class Part:
  """A piece of the model, converted by itself.

  Attributes:
    name: of the piece.
    kinds: how many operations of each kind it has.
    gflop: of its convolutions.
  """

  def __init__(self, name: str, content: bytes, inputs: Tensors, threads: int):
    """Opens the .tflite file of a piece and gives it its inputs."""
    from ai_edge_litert import interpreter as litert

    self.name = name
    self._interpreter = litert.Interpreter(
      model_content=content, num_threads=threads
    )
    self._interpreter.allocate_tensors()
    runner = self._interpreter.get_signature_runner()
    runner(**{key: np.asarray(value) for key, value in inputs.items()})
    self.kinds, self.gflop = _operations(content)

  def run(self) -> float:
    """Returns the seconds of a run; its inputs are in place."""
    start = time.perf_counter()
    self._interpreter.invoke()
    return time.perf_counter() - start


def _converted(piece: Piece, inputs: Tensors, variables: list[Any]) -> bytes:
  """Returns the .tflite file of a piece, float32.

  Args:
    piece: takes and returns tensors.
    inputs: of the shapes and types that it shall have.
    variables: all that it may read.
  """
  specs = {
    name: tf.TensorSpec(value.shape, value.dtype, name)
    for name, value in inputs.items()
  }
  module = tf.Module()
  module.variables_of_model = variables
  module.piece = tf.function(piece, input_signature=[specs])
  with tempfile.TemporaryDirectory() as folder:
    tf.saved_model.save(module, folder, signatures={'piece': module.piece})
    return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


def _operations(content: bytes) -> tuple[dict[str, int], float]:
  """Returns a file's operations by kind, and the GFLOP of its convolutions."""
  from tensorflow.lite.python import schema_py_generated as schema
  from tensorflow.lite.tools import flatbuffer_utils

  model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
  names = {
    value: name
    for name, value in vars(schema.BuiltinOperator).items()
    if not name.startswith('_')
  }
  kinds: collections.Counter = collections.Counter()
  total = 0.0
  graph = model.subgraphs[0]
  for operator in graph.operators:
    code = model.operatorCodes[operator.opcodeIndex]
    kind = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
    kinds[kind] += 1
    if kind in _CONVOLUTIONS:
      kernel = graph.tensors[operator.inputs[1]].shape
      pixels = np.prod(graph.tensors[operator.outputs[0]].shape[1:3])
      total += 2.0 * float(np.prod(kernel)) * float(pixels)
  return dict(kinds.most_common()), total / 1e9


def pieces(model: Any) -> dict[str, Piece]:
  """Returns the pieces of a model by name, in the order in which they run.

  Each takes the raw inputs and the outputs of those before it.

  Args:
    model: `clothflow_tf.models.try_on.ClothFlow`, warp 'flat'.
  """
  config = model.config

  def network(stage: str) -> Piece:
    net = model.stages[stage]

    def run(x: Tensors) -> Tensors:
      outputs = net(try_on.inputs_of(stage, x, net, config))
      # The flows of the cascade's levels are a list, which nothing else reads.
      return {k: y for k, y in outputs.items() if tf.is_tensor(y)}

    return run

  def layout(x: Tensors) -> Tensors:
    logits = layout_lib.at_full_size(x['logits'], x, config.layout)
    label = tf.argmax(logits, -1, output_type=tf.int32)
    hard = {'hard': batch_lib.one_hot(label)}
    return {**try_on.predicted_layout(logits, config.layout), **hard}

  result = {
    'inputs': lambda x: batch_lib.from_raw(x, config.data),
    'layout network': network('layout'),
    'layout': layout,
    'flow network, warp': network('flow'),
    'garment continued': lambda x: try_on.render_inputs(x, x, config.render),
    'render network': network('render'),
  }
  if config.render.composition == 'layers':
    result['composition'] = lambda x: composition.kept(x, x, x['hard'])
  return result


def parts_of(run_dir: str, threads: int) -> list[Part]:
  """Returns the pieces of a run's model, converted."""
  model = try_on.load(run_dir, warp='flat')
  data = model.config.data
  size = raw_lib.Size(data.height, data.width)
  (inputs,) = drawn.raw_inputs(data.task, size, 1)
  tensors = {k: tf.constant(x[np.newaxis]) for k, x in inputs.items()}
  parts = []
  for name, piece in pieces(model).items():
    content = _converted(piece, tensors, list(model.variables))
    parts.append(Part(name, content, tensors, threads))
    tensors = {**tensors, **piece(tensors)}
  return parts


def roofline(threads: int) -> Part:
  """Returns a plain convolution, which nothing in a model can outrun."""
  picture = {'x': tf.ones(_ROOF)}
  kernel = tf.ones([3, 3, _ROOF[-1], _ROOF[-1]])

  def convolution(x: Tensors) -> Tensors:
    return {'y': tf.nn.conv2d(x['x'], kernel, 1, 'SAME')}

  content = _converted(convolution, picture, [])
  return Part('roofline', content, picture, threads)


def measure(parts: list[Part], roof: Part, times: int) -> list[dict[str, Any]]:
  """Returns what is known of each piece.

  Args:
    parts: the pieces.
    roof: `roofline`.
    times: how often each is run.

  Returns:
    For each piece 'name', 'median_ms', its 'share' of all, 'gflop', 'roofline',
    the share of the roofline's operations a second, and 'kinds'.
  """
  seconds: dict[Part, list[float]] = {part: [] for part in (roof, *parts)}
  for turn in range(_WARM + times):
    for part, own in seconds.items():
      value = part.run()
      if turn >= _WARM:
        own.append(value)
  medians = {part: statistics.median(own) for part, own in seconds.items()}
  most, total = roof.gflop / medians.pop(roof), sum(medians.values())
  return [
    {
      'name': part.name,
      'median_ms': 1000 * median,
      'share': median / total,
      'gflop': part.gflop,
      'roofline': part.gflop / median / most,
      'kinds': part.kinds,
    }
    for part, median in medians.items()
  ]
