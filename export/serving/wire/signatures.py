# SPDX-License-Identifier: Apache-2.0
"""What a served model takes and returns: names, types and shapes.

They are read from the model, so that the server serves any. Arrays are numpy's;
strings are arrays of objects, each bytes. `None` in a shape is any size, and a
shape that is None any shape.
"""

from collections.abc import Mapping
import dataclasses

import numpy as np

from export.serving.wire import errors

DEFAULT = 'serving_default'
METHOD = 'tensorflow/serving/predict'

Shape = tuple[int | None, ...] | None
Arrays = dict[str, np.ndarray]

# TensorFlow's number of each type, and its name.
_TYPES = {
  'float32': (1, 'DT_FLOAT'),
  'float64': (2, 'DT_DOUBLE'),
  'int32': (3, 'DT_INT32'),
  'uint8': (4, 'DT_UINT8'),
  'int16': (5, 'DT_INT16'),
  'int8': (6, 'DT_INT8'),
  'object': (7, 'DT_STRING'),
  'int64': (9, 'DT_INT64'),
  'bool': (10, 'DT_BOOL'),
  'uint16': (17, 'DT_UINT16'),
  'float16': (19, 'DT_HALF'),
  'uint32': (22, 'DT_UINT32'),
  'uint64': (23, 'DT_UINT64'),
}
_BY_NUMBER = {number: np.dtype(name) for name, (number, _) in _TYPES.items()}


@dataclasses.dataclass(frozen=True)
class Spec:
  """Type and shape of one input or output."""

  dtype: np.dtype
  shape: Shape

  @property
  def number(self) -> int:
    """TensorFlow's number of the type."""
    return _TYPES[self.dtype.name][0]

  @property
  def type_name(self) -> str:
    """TensorFlow's name of the type."""
    return _TYPES[self.dtype.name][1]

  @property
  def is_text(self) -> bool:
    return self.dtype.kind == 'O'

  def fits(self, shape: tuple[int, ...]) -> bool:
    """Says whether an array of a shape can be fed here."""
    if self.shape is None:
      return True
    return len(shape) == len(self.shape) and all(
      wanted in (None, side) for wanted, side in zip(self.shape, shape)
    )

  def __str__(self) -> str:
    return f'{self.type_name} {shape_text(self.shape)}'


def spec_of(array: np.ndarray) -> Spec:
  """Returns type and shape of an array."""
  return Spec(array.dtype, array.shape)


def shape_text(shape: Shape) -> str:
  """Returns a shape for a message, -1 for any size."""
  if shape is None:
    return '[?]'
  sides = ['-1' if side is None else str(side) for side in shape]
  return f'[{",".join(sides)}]'


def dtype_of(number: int) -> np.dtype:
  """Returns numpy's type of TensorFlow's number, or raises an error."""
  if number not in _BY_NUMBER:
    raise errors.invalid(f'the tensor has type {number}, which is not served')
  return _BY_NUMBER[number]


@dataclasses.dataclass(frozen=True)
class Signature:
  """One function of a model.

  Attributes:
    name: of the signature.
    inputs: name to type and shape.
    outputs: likewise.
  """

  name: str
  inputs: Mapping[str, Spec]
  outputs: Mapping[str, Spec]

  @property
  def is_batched(self) -> bool:
    """Whether the first dimension of everything is one batch of any size."""
    specs = [*self.inputs.values(), *self.outputs.values()]
    return all(x.shape and x.shape[0] is None for x in specs)

  def check(self, arrays: Arrays) -> None:
    """Refuses inputs of other names, types or shapes.

    Raises:
      errors.ServingError: names the input, what came and what was expected.
    """
    for name in sorted({*self.inputs} - {*arrays}):
      raise errors.invalid(
        f'input {name} is missing; signature {self.name} takes '
        f'{sorted(self.inputs)}'
      )
    for name, array in arrays.items():
      if name not in self.inputs:
        raise errors.invalid(
          f'input {name} is unknown; signature {self.name} takes '
          f'{sorted(self.inputs)}'
        )
      spec = self.inputs[name]
      if array.dtype != spec.dtype or not spec.fits(array.shape):
        raise errors.invalid(
          f'input {name} is {spec_of(array)}; expected {spec}'
        )
    if self.is_batched:
      sizes = {name: len(array) for name, array in arrays.items()}
      if len({*sizes.values()}) > 1:
        raise errors.invalid(
          f'inputs have different batch sizes: {sizes}; expected one'
        )
      if 0 in sizes.values():
        raise errors.invalid('the batch is empty; expected at least one')
