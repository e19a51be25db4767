# SPDX-License-Identifier: Apache-2.0
"""A SavedModel, loaded to be served."""

import os
import re

import numpy as np
import tensorflow as tf

from export.serving.wire import errors
from export.serving.wire import protos
from export.serving.wire import signatures
from export.serving.wire import tensor_protos

MARK = 'saved_model.pb'
# TensorFlow Serving's place for requests that a version is run on before it is
# served.
_WARMUP = ('assets.extra', 'tf_serving_warmup_requests')
# Faults of a request, as its picture or numbers are none.
_INVALID = (
  tf.errors.InvalidArgumentError,
  tf.errors.OutOfRangeError,
  tf.errors.UnimplementedError,
)
# Lines of an error that are not the operation's own; what is indented is code.
_FRAME = re.compile(
  r'\s|$|Graph execution error|Detected at node|<stack traces', re.IGNORECASE
)
_ASSERTED = re.compile(r'assertion failed: \[(.*)\]')
# As `Assert` writes quotes.
_ESCAPED = re.compile(r'\\([\'"\\])')


class SavedModel:
  """A version of a model.

  Attributes:
    signatures: by name.
  """

  def __init__(self, folder: str):
    """Loads a version, and runs its warm-up requests.

    Args:
      folder: of the version.

    Raises:
      Exception: it cannot be loaded, or fails on its own requests.
    """
    self._loaded = tf.saved_model.load(folder)
    self._functions = dict(self._loaded.signatures)
    self.signatures = {
      name: _signature(name, function)
      for name, function in self._functions.items()
    }
    if not self.signatures:
      raise ValueError(f'{folder}: has no signature')
    self._warm(folder)

  def run(self, name: str, inputs: signatures.Arrays) -> signatures.Arrays:
    """Returns the outputs of a signature; as `batching.Model`."""
    tensors = {key: tf.constant(array) for key, array in inputs.items()}
    try:
      outputs = self._functions[name](**tensors)
    except _INVALID as error:
      raise errors.invalid(_reason(error)) from error
    except tf.errors.ResourceExhaustedError as error:
      raise errors.ServingError('UNAVAILABLE', _reason(error)) from error
    return {key: np.asarray(tensor) for key, tensor in outputs.items()}

  def _warm(self, folder: str) -> None:
    """Runs a version once: kernels are made, and memory is taken, by that."""
    path = os.path.join(folder, *_WARMUP)
    if not os.path.exists(path):
      self._try_zeros()
      return
    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
      request = protos.PredictionLog.FromString(record).predict_log.request
      inputs = {
        name: tensor_protos.to_array(name, proto, max_bytes=2**31)
        for name, proto in request.inputs.items()
      }
      name = request.model_spec.signature_name or signatures.DEFAULT
      self.signatures[name].check(inputs)
      self.run(name, inputs)

  def _try_zeros(self) -> None:
    """Runs signatures of numbers on zeros, where shapes are known."""
    for signature in self.signatures.values():
      specs = signature.inputs.values()
      if any(x.is_text or x.shape is None for x in specs):
        continue
      sides = [side for spec in specs for side in spec.shape[1:]]
      if None in sides:
        continue
      inputs = {
        name: np.zeros([1 if x is None else x for x in spec.shape], spec.dtype)
        for name, spec in signature.inputs.items()
      }
      try:
        self.run(signature.name, inputs)
      except errors.ServingError:
        continue  # Zeros need not be a picture of anything.


def _signature(name: str, function: tf.types.experimental.ConcreteFunction):
  """Returns what a function of a SavedModel takes and returns."""
  inputs = function.structured_input_signature[1]
  return signatures.Signature(
    name,
    {key: _spec(tensor) for key, tensor in inputs.items()},
    {key: _spec(x) for key, x in function.structured_outputs.items()},
  )


def _spec(tensor: tf.TensorSpec) -> signatures.Spec:
  dtype = np.dtype(tensor.dtype.as_numpy_dtype)
  if tensor.shape.rank is None:
    return signatures.Spec(dtype, None)
  return signatures.Spec(dtype, tuple(tensor.shape.as_list()))


def _reason(error: tf.errors.OpError) -> str:
  """Returns what an operation says, without where it stands in the graph.

  TensorFlow 2.15 writes a heading, the nodes with their traces, and only then
  the operation's own words, which may be those of `tf.debugging.Assert`:

      Graph execution error:

      Detected at node Assert_1/Assert defined at (most recent call last):
      <stack traces unavailable>
      assertion failed: [person_image[1]: is broken]
               [[{{node Assert_1/Assert}}]] [Op:__inference_...]
  """
  lines = error.message.splitlines()
  kept = [line for line in lines if not _FRAME.match(line)]
  if not kept:
    return ' '.join(error.message.split())
  line = kept[0].strip()
  if asserted := _ASSERTED.fullmatch(line):
    line = asserted[1].replace('] [', ' ')
  return _ESCAPED.sub(r'\1', line)
