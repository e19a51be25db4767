# SPDX-License-Identifier: Apache-2.0
"""A .tflite file, opened to be served, without TensorFlow.

It has the signatures of the SavedModel (docs/serving.md): `serving_default`
takes encoded pictures and returns them, framed and composed as
`clothflow_tf.inference` does it; `tensors` takes the raw inputs and returns all
outputs. The file itself runs one example at a time, so those of a batch are
read and composed side by side.
"""

from concurrent import futures
import os

import numpy as np

from clothflow_tf import files
from clothflow_tf.inference import encoded
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from export import runtime
from export.serving.wire import errors
from export.serving.wire import signatures

ENDING = '.tflite'
TENSORS = 'tensors'

_TEXT = np.dtype(object)
_PICTURES = {
  'person_image': signatures.Spec(_TEXT, (None,)),
  'person_layout': signatures.Spec(_TEXT, (None,)),
  'person_keypoints': signatures.Spec(np.dtype(np.float32), (None, 18, 3)),
  'garment_image': signatures.Spec(_TEXT, (None,)),
  'garment_mask': signatures.Spec(_TEXT, (None,)),
  'garment_label': signatures.Spec(np.dtype(np.int32), (None,)),
}
_RESULT = {encoded.RESULT: signatures.Spec(_TEXT, (None,))}


class TFLiteModel:
  """An exported file.

  Attributes:
    signatures: by name.
  """

  def __init__(self, path: str, threads: int | None = None):
    """Opens a file, and runs it once.

    Args:
      path: the file.
      threads: of its kernels; None is one a core.

    Raises:
      files.InputError: it cannot be opened.
    """
    self._model = runtime.Runtime(path, threads)
    self._pool = futures.ThreadPoolExecutor(threads or os.cpu_count())
    self.signatures = {TENSORS: self._tensors()}
    size = person.output_size('', self._model.task, self._model.names)
    if size == 'photo':
      name = signatures.DEFAULT
      made = signatures.Signature(name, _PICTURES, _RESULT)
      self.signatures[name] = made

  def run(self, name: str, inputs: signatures.Arrays) -> signatures.Arrays:
    """Returns the outputs of a signature; as `batching.Model`."""
    one = self._model.outputs if name == TENSORS else self._dressed
    count = len(next(iter(inputs.values())))
    rows = [{key: x[at] for key, x in inputs.items()} for at in range(count)]
    waiting = [self._pool.submit(one, row) for row in rows]
    results = [_result(future, at) for at, future in enumerate(waiting)]
    return {key: _stacked([x[key] for x in results]) for key in results[0]}

  def _dressed(self, request: encoded.Request) -> dict[str, bytes]:
    """Returns one person dressed, as PNG."""
    prepared = encoded.prepare(request, self._model.size)
    image = prepared.result(self._model.outputs(prepared.inputs))
    return {encoded.RESULT: encoded.png(image)}

  def _tensors(self) -> signatures.Signature:
    """Returns the signature of raw inputs, after running it on zeros."""
    shapes = raw.shapes(self._model.task, *self._model.size)
    zeros = {name: np.zeros(x, raw.DTYPES[name]) for name, x in shapes.items()}
    outputs = self._model.outputs(zeros)
    inputs, results = (
      {
        name: signatures.Spec(array.dtype, (None, *array.shape))
        for name, array in arrays.items()
      }
      for arrays in (zeros, outputs)
    )
    return signatures.Signature(TENSORS, inputs, results)


def _result(future: futures.Future, at: int) -> dict:
  try:
    return future.result()
  except files.InputError as error:
    # As the SavedModel says it.
    message = f'{error.name}[{at}]: {error.problem}'
    raise errors.invalid(message) from error


def _stacked(values: list) -> np.ndarray:
  if not isinstance(values[0], bytes):
    return np.stack(values)
  array = np.empty(len(values), object)
  array[:] = values
  return array
