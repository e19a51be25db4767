# SPDX-License-Identifier: Apache-2.0
r"""Where the milliseconds of an exported model go, piece by piece.

    python -m export.profile --run_dir=weights/try_on --threads=2

LiteRT's Python runtime has no profiler of operations. So each piece of the
model is converted by itself, to float32, and timed by itself, in turns: what is
made of the raw inputs, each network, and what joins them. Beside its time stand
the multiplications and additions of its convolutions (GFLOP), how many of these
it does a second (GFLOP/s), and its operations by kind.
"""

import collections
from collections.abc import Callable
import statistics
import tempfile
import time
from typing import Any

from absl import flags
import numpy as np

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs
from clothflow_tf.inference import drawn
from clothflow_tf.inputs import raw as raw_lib

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_THREADS = flags.DEFINE_integer('threads', 2, 'of the kernels', lower_bound=1)
_RUNS = flags.DEFINE_integer('runs', 50, 'of each piece', lower_bound=1)
_JSON = flags.DEFINE_string('json', None, 'file to write the numbers to')
flags.mark_flags_as_required(['run_dir'])

_WARM = 3
_CONVOLUTIONS = ('CONV_2D', 'DEPTHWISE_CONV_2D')
_KINDS = 6

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
  import tensorflow as tf

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
  import tensorflow as tf

  from clothflow_tf.inputs import batch as batch_lib
  from clothflow_tf.models import composition
  from clothflow_tf.models import layout as layout_lib
  from clothflow_tf.models import try_on

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
  import tensorflow as tf

  from clothflow_tf.models import try_on

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


def measure(parts: list[Part], times: int) -> list[dict[str, Any]]:
  """Returns each piece's median in milliseconds, share, GFLOP and kinds."""
  seconds: list[list[float]] = [[] for _ in parts]
  for turn in range(_WARM + times):
    for part, own in zip(parts, seconds):
      value = part.run()
      if turn >= _WARM:
        own.append(value)
  medians = [statistics.median(own) for own in seconds]
  return [
    {
      'name': part.name,
      'median_ms': 1000 * median,
      'share': median / sum(medians),
      'gflop': part.gflop,
      'gflop_s': part.gflop / median,
      'kinds': part.kinds,
    }
    for part, median in zip(parts, medians)
  ]


def main(_: list[str]) -> None:
  runs.load_config(_RUN_DIR.value)
  rows = measure(parts_of(_RUN_DIR.value, _THREADS.value), _RUNS.value)
  if _JSON.value:
    files.write_json(_JSON.value, rows)
  for row in rows:
    kinds = [f'{n} {kind}' for kind, n in [*row['kinds'].items()][:_KINDS]]
    print(
      f'{row["median_ms"]:6.2f} ms {row["share"]:5.1%} {row["gflop"]:5.2f} '
      f'GFLOP {row["gflop_s"]:4.0f}/s  {row["name"]:18s} {", ".join(kinds)}'
    )
  print(f'{sum(row["median_ms"] for row in rows):6.2f} ms in all')


if __name__ == '__main__':
  program.run(main)
