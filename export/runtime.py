# SPDX-License-Identifier: Apache-2.0
"""Runs an exported .tflite on the device: numpy and LiteRT, no TensorFlow.

A model file says itself what it is. Its signature `serving_default` names the
inputs, and their names tell the task (`TASKS`), their shapes the size; so an
application gives a path and nothing else:

    model = runtime.Runtime('try_on.tflite')
    image = model({'person_image': ..., 'garment_mask': ...})

Inputs are those of `clothflow_tf.inputs.raw`, without a batch dimension; the
file's own, of 1, is added and taken off here. What is handed over is checked
by name, type and shape before the model sees it, since LiteRT's own messages
number tensors instead of naming them. Threads may share a model; one runs at a
time.
"""

import os
import threading

from ai_edge_litert import interpreter as litert
import numpy as np

from clothflow_tf import files
from clothflow_tf.inputs import raw
from export import metadata

IMAGE = 'image'
TASKS = {
  task: tuple(raw.shapes(task, 1, 1)) for task in ('try_on', 'pose_transfer')
}

# Bytes 4-8 of every TFLite file.
_IDENTIFIER = b'TFL3'


class Runtime:
  """An exported model, opened.

  Attributes:
    path: its file.
    task: one of `TASKS`.
    size: (height, width) of its images.
    names: of its outputs.
    about: what the file says of itself (`metadata`); {} for older ones.
  """

  def __init__(self, path: str, num_threads: int | None = None):
    """Opens a model.

    Args:
      path: a .tflite file.
      num_threads: threads of its kernels; None is one a core.

    Raises:
      InputError: no TFLite file, not one of this project's, or one of another
        version's format.
    """
    self.path = path
    self.about = metadata.read(path) if os.path.isfile(path) else {}
    self._lock = threading.Lock()
    self._interpreter = _open(path, num_threads)
    self._runner = _runner(self._interpreter, path)
    self._inputs = self._runner.get_input_details()
    self.task = _task(self._inputs, path)
    outputs = self._runner.get_output_details()
    if IMAGE not in outputs:
      raise files.InputError(
        path, f"has outputs {sorted(outputs)}; expected '{IMAGE}' among them"
      )
    self.names = [*outputs]
    shape = self._inputs['person_image']['shape']
    self.size = raw.Size(*(int(side) for side in shape[1:3]))

  def __call__(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the result, uint8 [H, W, 3], for one example's raw inputs.

    Those that `raw.DEFAULTS` has may be left out.

    Raises:
      InputError: an input is missing, unknown, or of another type or shape.
    """
    return self.outputs(inputs)[IMAGE]

  def outputs(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns all that the file yields, such as 'warped_garment', by name."""
    defaults = {k: x for k, x in raw.DEFAULTS.items() if k in self._inputs}
    inputs = {**defaults, **inputs}
    self._check(inputs)
    batch = {
      name: np.asarray(value)[np.newaxis] for name, value in inputs.items()
    }
    # An interpreter has one set of tensors, whichever thread calls it.
    with self._lock:
      return {
        name: value[0].copy() for name, value in self._runner(**batch).items()
      }

  def _check(self, inputs: dict[str, np.ndarray]) -> None:
    for name in [*self._inputs, *inputs]:
      if name not in inputs:
        raise files.InputError(name, f'is missing; expected by {self.path}')
      if name not in self._inputs:
        raise files.InputError(
          name, f'is unknown; {self.path} expected {sorted(self._inputs)}'
        )
    for name, details in self._inputs.items():
      kind, shape = np.dtype(details['dtype']), tuple(details['shape'][1:])
      value = inputs[name]
      came = f'{getattr(value, "dtype", type(value).__name__)} '
      came += str(list(np.shape(value)))
      expected = f'{kind} {[int(side) for side in shape]}'
      if came != expected:
        raise files.InputError(name, f'is {came}; expected {expected}')


def _open(path: str, num_threads: int | None) -> litert.Interpreter:
  expected = 'a .tflite file'
  try:
    with open(path, 'rb') as file:
      head = file.read(8)
  except OSError as error:
    came = error.strerror or error
    raise files.InputError(path, f'{came}; expected {expected}') from error
  if head[4:] != _IDENTIFIER:
    raise files.InputError(path, f'is no TFLite model; expected {expected}')
  try:
    # LiteRT's own default is a single thread.
    threads = num_threads or os.cpu_count()
    model = litert.Interpreter(os.fspath(path), num_threads=threads)
    model.allocate_tensors()
  # LiteRT raises both: for a broken file, for an operation it does not have.
  except (ValueError, RuntimeError) as error:
    raise files.InputError(path, f'cannot be opened ({error})') from error
  return model


def _runner(
  interpreter: litert.Interpreter, path: str
) -> litert.SignatureRunner:
  signatures = [*interpreter.get_signature_list()]
  if raw.SIGNATURE not in signatures:
    raise files.InputError(
      path,
      f"has signatures {signatures}; expected '{raw.SIGNATURE}' among them",
    )
  return interpreter.get_signature_runner(raw.SIGNATURE)


def _task(inputs: dict[str, dict], path: str) -> str:
  for task, names in TASKS.items():
    if set(names) == set(inputs):
      return task
  raise files.InputError(
    path, f'has inputs {sorted(inputs)}; expected those of {[*TASKS]}'
  )
