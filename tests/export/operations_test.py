# SPDX-License-Identifier: Apache-2.0
"""Claims about the operations in the shipped files, read from their bytes.

A file that LiteRT opens here may still hold what phones lack. So these are the
operations that it may have, by name; whoever needs another one says so here.
"""

import pathlib

import numpy as np
import pytest
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from tests import tiny_run

FILES = sorted((tiny_run.REPO / 'weights').glob('*/*.tflite'))
# All are TensorFlow Lite's own since 2.9 or before.
ALLOWED = {
  *('ABS', 'ADD', 'ARG_MAX', 'AVERAGE_POOL_2D', 'BATCH_MATMUL', 'CAST'),
  *('CONCATENATION', 'CONV_2D', 'CUMSUM', 'DEPTHWISE_CONV_2D', 'DIV', 'EQUAL'),
  *('EXP', 'FLOOR', 'FULLY_CONNECTED', 'GATHER', 'GREATER', 'GREATER_EQUAL'),
  *('LESS', 'LESS_EQUAL', 'LOG', 'LOGISTIC', 'MAX_POOL_2D', 'MAXIMUM'),
  *('MINIMUM', 'MUL', 'NEG', 'ONE_HOT', 'PACK', 'REDUCE_MAX', 'REDUCE_MIN'),
  *('RELU', 'RESHAPE', 'RESIZE_BILINEAR', 'ROUND', 'SELECT_V2', 'SPLIT'),
  *('SQRT', 'SQUARE', 'SQUARED_DIFFERENCE', 'STRIDED_SLICE', 'SUB', 'SUM'),
  'TANH',
}
ROUNDED = {
  'float16': {'DEQUANTIZE'},
  'dynamic': set(),
  'int8': {'QUANTIZE', 'DEQUANTIZE'},
}


@pytest.fixture(
  scope='module',
  params=FILES,
  ids=lambda path: f'{path.parent.name}-{path.stem}',
)
def path(request) -> pathlib.Path:
  return request.param


@pytest.fixture(scope='module')
def content(path):
  return flatbuffer_utils.convert_bytearray_to_object(
    bytearray(path.read_bytes())
  )


def _mode(path):
  return path.stem.rpartition('_')[2]


def _codes(content):
  names = {
    value: name
    for name, value in vars(schema.BuiltinOperator).items()
    if not name.startswith('_')
  }
  # Codes of up to 127 are kept in the older field, too.
  return [
    names[max(x.builtinCode, x.deprecatedBuiltinCode)]
    for x in content.operatorCodes
  ]


def _operators(content, name):
  codes = _codes(content)
  operators = content.subgraphs[0].operators
  return [x for x in operators if codes[x.opcodeIndex] == name]


def test_every_mode_that_is_shipped_is_read():
  assert {_mode(path) for path in FILES} == {*ROUNDED}
  assert {path.parent.name for path in FILES} == {'try_on', 'try_on_fast'}


def test_a_file_has_operations_that_phones_have(path, content):
  codes = {*_codes(content)}
  assert codes <= ALLOWED | ROUNDED[_mode(path)]
  # What a file of TensorFlow's own operations would hold.
  assert not [x.customCode for x in content.operatorCodes if x.customCode]
  assert len(content.subgraphs) == 1  # No branches, no loops.


def test_every_size_is_known_before_it_runs(content):
  for tensor in content.subgraphs[0].tensors:
    signature = tensor.shapeSignature
    assert signature is None or min(signature, default=1) > 0, tensor.name


def test_gathering_is_as_graphics_delegates_take_it(content):
  tensors = content.subgraphs[0].tensors
  gathers = _operators(content, 'GATHER')
  sizes = [tensors[x.inputs[1]].shape[0] for x in gathers]
  assert sizes.count(256 * 192) >= 4  # The warp at full size.
  for operator in gathers:
    indices = tensors[operator.inputs[1]]
    assert len(indices.shape) == 1
    assert indices.type == schema.TensorType.INT32
    assert operator.builtinOptions.batchDims == 0


def test_bodies_are_rounded_and_heads_are_not(path, content):
  tensors = content.subgraphs[0].tensors
  kinds = [
    (tensors[x.inputs[1]].type, int(np.prod(tensors[x.inputs[1]].shape)))
    for x in _operators(content, 'CONV_2D')
  ]
  int8, total = schema.TensorType.INT8, sum(size for _, size in kinds)
  share = sum(size for kind, size in kinds if kind == int8) / total
  heads = sum(kind == schema.TensorType.FLOAT32 for kind, _ in kinds)
  if _mode(path) == 'float16':
    assert share == 0.0
  else:
    assert 0.95 < share < 1.0
    assert 8 <= heads < len(kinds) / 3
