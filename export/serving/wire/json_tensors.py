# SPDX-License-Identifier: Apache-2.0
"""The JSON of TensorFlow Serving's REST API, as arrays and back.

A request has its tensors in rows or in columns:

    {"instances": [{"a": 1, "b": [2, 3]}, ...]}     one object an example
    {"inputs": {"a": [1, ...], "b": [[2, 3], ...]}}

A signature of one input needs no names. Bytes are {"b64": ...}. The response
has the form of the request, under "predictions" or "outputs": objects by name,
or the values themselves if there is one output; outputs whose names end in
`_bytes` are {"b64": ...}. NaN and infinities are written as these words.
"""

import base64
import binascii
from collections.abc import Mapping
import json
from typing import Any
from typing import NamedTuple

import numpy as np

from export.serving.wire import errors
from export.serving.wire import signatures

_BASE64 = 'b64'
_BYTES = '_bytes'
# More dimensions than any tensor has; numpy takes no more.
_MAX_DEPTH = 32


class Request(NamedTuple):
  """A parsed request.

  Attributes:
    body: the JSON object.
    is_row: whether the tensors are in rows.
    signature_name: of the function to call.
  """

  body: dict[str, Any]
  is_row: bool
  signature_name: str


def parse(content: bytes) -> Request:
  """Returns the request in the body of an HTTP request.

  Raises:
    errors.ServingError: it is none.
  """
  try:
    body = json.loads(content)
  except (ValueError, RecursionError) as error:
    raise errors.invalid(f'JSON Parse error: {error}') from error
  if not isinstance(body, dict):
    raise errors.invalid(f'the body is {_kind(body)}; expected an object')
  name = body.get('signature_name', signatures.DEFAULT)
  if not isinstance(name, str):
    raise errors.invalid(f"'signature_name' is {_kind(name)}; expected text")
  rows = body.get('instances')
  if ('instances' in body) == ('inputs' in body):
    raise errors.invalid(
      f"the body has {sorted(body)}; expected one of 'instances' and 'inputs'"
    )
  if 'instances' in body and (not isinstance(rows, list) or not rows):
    came = 'empty' if rows == [] else _kind(rows)
    raise errors.invalid(f"'instances' is {came}; expected a list of values")
  return Request(body, 'instances' in body, name or signatures.DEFAULT)


def inputs_of(
  request: Request, signature: signatures.Signature
) -> signatures.Arrays:
  """Returns the arrays of a request, by the types of the signature.

  Raises:
    errors.ServingError: names the input, what came and what was expected.
  """
  columns = _columns(request, signature)
  unknown = sorted({*columns} - {*signature.inputs})
  if unknown:
    raise errors.invalid(
      f'inputs {unknown} are unknown; signature {signature.name} takes '
      f'{sorted(signature.inputs)}'
    )
  return {
    name: _array(name, value, signature.inputs[name].dtype)
    for name, value in columns.items()
  }


def _columns(
  request: Request, signature: signatures.Signature
) -> dict[str, Any]:
  """Returns the nested lists of each input."""
  names = [*signature.inputs]
  if not request.is_row:
    value = request.body['inputs']
    if _is_named(value):
      return value
    if len(names) != 1:
      raise errors.invalid(
        f"'inputs' is {_kind(value)}; expected an object with {sorted(names)}"
      )
    return {names[0]: value}
  rows = request.body['instances']
  if not _is_named(rows[0]):
    if len(names) != 1:
      raise errors.invalid(
        f"'instances' is a list of {_kind(rows[0])}; expected objects with "
        f'{sorted(names)}'
      )
    return {names[0]: rows}
  for index, row in enumerate(rows):
    if not _is_named(row) or {*row} != {*names}:
      came = sorted(row) if isinstance(row, dict) else _kind(row)
      raise errors.invalid(
        f"element {index} of 'instances' is {came}; expected an object with "
        f'{sorted(names)}'
      )
  return {name: [row[name] for row in rows] for name in names}


def _is_named(value: Any) -> bool:
  """Says whether a value is an object of inputs, and not one of bytes."""
  return isinstance(value, dict) and not _is_bytes(value)


def _is_bytes(value: dict) -> bool:
  return value.keys() == {_BASE64} and isinstance(value[_BASE64], str)


def _array(name: str, value: Any, dtype: np.dtype) -> np.ndarray:
  shape, first = [], value
  while isinstance(first, list) and len(shape) <= _MAX_DEPTH:
    shape.append(len(first))
    first = first[0] if first else None
  if len(shape) > _MAX_DEPTH:
    raise errors.invalid(f'input {name} is nested more than {_MAX_DEPTH} deep')
  flat: list[Any] = []
  _flatten(name, value, shape, flat)
  if dtype.kind == 'O':
    array = np.empty(len(flat), object)
    array[:] = [_text(name, item) for item in flat]
  else:
    array = _numbers(name, flat, dtype)
  return array.reshape(shape)


def _flatten(name: str, value: Any, shape: list[int], flat: list[Any]) -> None:
  if not shape:
    flat.append(value)
    return
  if not isinstance(value, list) or len(value) != shape[0]:
    size = len(value) if isinstance(value, list) else _kind(value)
    raise errors.invalid(
      f'input {name} is no tensor: a list of {shape[0]} stands beside {size}'
    )
  if len(shape) == 1:
    flat += value
    return
  for item in value:
    _flatten(name, item, shape[1:], flat)


def _text(name: str, value: Any) -> bytes:
  if isinstance(value, str):
    return value.encode('utf-8', 'surrogatepass')
  if not isinstance(value, dict) or not _is_bytes(value):
    raise errors.invalid(
      f'input {name} has {_kind(value)}; expected text, or {{"b64": ...}}'
    )
  text = value[_BASE64]
  try:
    # Serving takes it without the padding, too.
    return base64.b64decode(text + '=' * (-len(text) % 4), validate=True)
  except (ValueError, binascii.Error) as error:
    raise errors.invalid(f'input {name} is no base64: {error}') from error


def _numbers(name: str, flat: list[Any], dtype: np.dtype) -> np.ndarray:
  allowed = {'b': {bool}, 'f': {int, float}}.get(dtype.kind, {int})
  wrong = {*map(type, flat)} - allowed
  if wrong:
    kind = next(item for item in flat if type(item) in wrong)
    raise errors.invalid(f'input {name} has {_kind(kind)}; expected {dtype}')
  if dtype.kind in 'iu' and flat:
    limits = np.iinfo(dtype)
    if min(flat) < limits.min or max(flat) > limits.max:
      raise errors.invalid(
        f'input {name} has a number beyond {dtype} ({limits.min} to '
        f'{limits.max})'
      )
    return np.array(flat, dtype)
  try:
    array = np.array(flat, np.float64 if dtype.kind == 'f' else dtype)
  except OverflowError as error:
    raise errors.invalid(f'input {name} has a number beyond {dtype}') from error
  with np.errstate(over='ignore'):
    exact = array.astype(dtype)
  if not np.array_equal(np.isinf(exact), np.isinf(array)):
    raise errors.invalid(f'input {name} has a number beyond {dtype}')
  return exact


def _kind(value: Any) -> str:
  names = {
    dict: 'an object',
    list: 'a list',
    str: 'text',
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number',
    type(None): 'null',
  }
  return names[type(value)]


def response(outputs: Mapping[str, np.ndarray], is_row: bool) -> dict[str, Any]:
  """Returns the response to a request.

  Raises:
    errors.ServingError: rows are asked for, and outputs have none.
  """
  values = {name: _values(name, array) for name, array in outputs.items()}
  if not is_row:
    single = len(values) == 1
    return {'outputs': next(iter(values.values())) if single else values}
  sizes = {n: x.shape[0] if x.ndim else None for n, x in outputs.items()}
  if len({*sizes.values()}) != 1 or None in sizes.values():
    raise errors.invalid(
      f"outputs have batch sizes {sizes}, so they are no rows; use 'inputs'"
    )
  if len(values) == 1:
    return {'predictions': next(iter(values.values()))}
  rows = zip(*values.values())
  return {'predictions': [dict(zip(values, row)) for row in rows]}


def _values(name: str, array: np.ndarray) -> Any:
  """Returns an array as nested lists."""
  if array.dtype.kind == 'O':
    write = _bytes_of if name.endswith(_BYTES) else _text_of
    flat = np.empty(array.size, object)
    flat[:] = [write(value) for value in array.ravel()]
    return flat.reshape(array.shape).tolist()
  if array.dtype in (np.float16, np.float32):
    # The shortest number that reads back the same: 0.2, no 0.20000000298.
    return array.astype('U').astype(np.float64).tolist()
  return array.tolist()


def _bytes_of(value: bytes) -> dict[str, str]:
  return {_BASE64: base64.b64encode(value).decode('ascii')}


def _text_of(value: bytes) -> str:
  return value.decode('utf-8', 'replace')
