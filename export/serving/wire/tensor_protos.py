# SPDX-License-Identifier: Apache-2.0
"""Arrays as the tensors that travel by gRPC, and back."""

import math
from typing import Any

import numpy as np

from export.serving.wire import errors
from export.serving.wire import protos
from export.serving.wire import signatures

# The field that values of a type are in where they are no plain memory.
_FIELDS = {
  'float32': 'float_val',
  'float64': 'double_val',
  'int64': 'int64_val',
  'bool': 'bool_val',
  'uint32': 'uint32_val',
  'uint64': 'uint64_val',
  'object': 'string_val',
  'float16': 'half_val',
}


def to_array(name: str, proto: Any, max_bytes: int) -> np.ndarray:
  """Returns the array of a tensor.

  Args:
    name: of the input, for errors.
    proto: a `protos.TensorProto`.
    max_bytes: of the array; a few bytes can claim any size.

  Raises:
    errors.ServingError: the tensor contradicts itself, or is too large.
  """
  dtype = signatures.dtype_of(proto.dtype)
  shape = tuple(dim.size for dim in proto.tensor_shape.dim)
  if proto.tensor_shape.unknown_rank or any(side < 0 for side in shape):
    raise errors.invalid(f'input {name} has an unknown shape')
  count = math.prod(shape)
  # Sides beside one of 0 are bounded, too: numpy refuses such shapes.
  needed = math.prod(side or 1 for side in shape) * dtype.itemsize
  if needed > max_bytes:
    raise errors.too_large(
      f'input {name} has shape {signatures.shape_text(shape)}, {needed:,} '
      f'bytes; expected at most {max_bytes:,}'
    )
  if proto.tensor_content and dtype.kind != 'O':
    return _of_content(name, proto.tensor_content, dtype, shape)
  values = [*getattr(proto, _FIELDS.get(dtype.name, 'int_val'))]
  if len(values) > count or (count and not values):
    raise errors.invalid(
      f'input {name} holds {len(values)} values; expected {count}, as its '
      f'shape {signatures.shape_text(shape)} says'
    )
  # TensorFlow leaves out the last ones that are equal.
  values += values[-1:] * (count - len(values))
  if dtype == np.float16:
    return np.array(values, np.uint16).view(dtype).reshape(shape)
  if dtype.kind != 'O':
    return _numbers(name, values, dtype).reshape(shape)
  array = np.empty(count, object)
  array[:] = values
  return array.reshape(shape)


def _of_content(
  name: str, content: bytes, dtype: np.dtype, shape: tuple[int, ...]
) -> np.ndarray:
  expected = math.prod(shape) * dtype.itemsize
  if len(content) != expected:
    raise errors.invalid(
      f'input {name} holds {len(content)} bytes; expected {expected}, as its '
      f'shape {signatures.shape_text(shape)} says'
    )
  if dtype.kind == 'b':
    return (np.frombuffer(content, np.uint8) != 0).reshape(shape)
  return np.frombuffer(content, dtype).reshape(shape)


def _numbers(name: str, values: list, dtype: np.dtype) -> np.ndarray:
  if dtype.kind in 'iu' and values:
    limits = np.iinfo(dtype)
    if min(values) < limits.min or max(values) > limits.max:
      raise errors.invalid(f'input {name} has values beyond {dtype}')
  return np.array(values, dtype)


def to_proto(array: np.ndarray) -> Any:
  """Returns the `protos.TensorProto` of an array."""
  proto = protos.TensorProto(dtype=signatures.spec_of(array).number)
  add_shape(proto.tensor_shape, array.shape)
  if array.dtype.kind == 'O':
    proto.string_val.extend(array.ravel().tolist())
  else:
    proto.tensor_content = np.ascontiguousarray(array).tobytes()
  return proto


def add_shape(proto: Any, shape: signatures.Shape) -> None:
  """Writes a shape into a `TensorShapeProto`."""
  if shape is None:
    proto.unknown_rank = True
    return
  for side in shape:
    proto.dim.add(size=-1 if side is None else side)
