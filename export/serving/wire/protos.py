# SPDX-License-Identifier: Apache-2.0
"""The messages of TensorFlow Serving's gRPC, without TensorFlow.

The generated modules of tensorflow-serving-api import all of TensorFlow, which
a client and a server of .tflite files must not need. So the messages are
declared here once more: names, numbers and types of the fields in use, which
are all that travels. They stand in a pool of their own, so that both sets can
be loaded in one process; tests hold them against the generated ones.
"""

from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import message_factory

PREDICTION_SERVICE = 'tensorflow.serving.PredictionService'
MODEL_SERVICE = 'tensorflow.serving.ModelService'

_PACKAGE = 'tensorflow.serving'
_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
  'bool': _FIELD.TYPE_BOOL,
  'bytes': _FIELD.TYPE_BYTES,
  'double': _FIELD.TYPE_DOUBLE,
  'float': _FIELD.TYPE_FLOAT,
  'int32': _FIELD.TYPE_INT32,  # Enumerations, too: the same on the wire.
  'int64': _FIELD.TYPE_INT64,
  'string': _FIELD.TYPE_STRING,
  'uint32': _FIELD.TYPE_UINT32,
  'uint64': _FIELD.TYPE_UINT64,
}
# Message -> field -> number and type; a type may be another message, and
# follow `repeated` or `map` (of string keys).
_MESSAGES = {
  'Int64Value': {'value': '1 int64'},
  'Any': {'type_url': '1 string', 'value': '2 bytes'},
  'Dim': {'size': '1 int64', 'name': '2 string'},
  'TensorShapeProto': {'dim': '2 repeated Dim', 'unknown_rank': '3 bool'},
  'TensorProto': {
    'dtype': '1 int32',
    'tensor_shape': '2 TensorShapeProto',
    'version_number': '3 int32',
    'tensor_content': '4 bytes',
    'half_val': '13 repeated int32',
    'float_val': '5 repeated float',
    'double_val': '6 repeated double',
    'int_val': '7 repeated int32',
    'string_val': '8 repeated bytes',
    'int64_val': '10 repeated int64',
    'bool_val': '11 repeated bool',
    'uint32_val': '16 repeated uint32',
    'uint64_val': '17 repeated uint64',
  },
  'TensorInfo': {
    'name': '1 string',
    'dtype': '2 int32',
    'tensor_shape': '3 TensorShapeProto',
  },
  'SignatureDef': {
    'inputs': '1 map TensorInfo',
    'outputs': '2 map TensorInfo',
    'method_name': '3 string',
  },
  'SignatureDefMap': {'signature_def': '1 map SignatureDef'},
  'ModelSpec': {
    'name': '1 string',
    'version': '2 Int64Value',
    'signature_name': '3 string',
    'version_label': '4 string',
  },
  'PredictRequest': {
    'model_spec': '1 ModelSpec',
    'inputs': '2 map TensorProto',
    'output_filter': '3 repeated string',
  },
  'PredictResponse': {
    'outputs': '1 map TensorProto',
    'model_spec': '2 ModelSpec',
  },
  'GetModelMetadataRequest': {
    'model_spec': '1 ModelSpec',
    'metadata_field': '2 repeated string',
  },
  'GetModelMetadataResponse': {
    'model_spec': '1 ModelSpec',
    'metadata': '2 map Any',
  },
  'GetModelStatusRequest': {'model_spec': '1 ModelSpec'},
  'StatusProto': {'error_code': '1 int32', 'error_message': '2 string'},
  'ModelVersionStatus': {
    'version': '1 int64',
    'state': '2 int32',
    'status': '3 StatusProto',
  },
  'GetModelStatusResponse': {
    'model_version_status': '1 repeated ModelVersionStatus'
  },
  'PredictLog': {'request': '1 PredictRequest'},
  'PredictionLog': {'predict_log': '6 PredictLog'},
}


def _file() -> descriptor_pb2.FileDescriptorProto:
  file = descriptor_pb2.FileDescriptorProto(
    name='clothflow_serving.proto', package=_PACKAGE, syntax='proto3'
  )
  for name, fields in _MESSAGES.items():
    message = file.message_type.add(name=name)
    for field, text in fields.items():
      number, *labels, kind = text.split()
      if labels == ['map']:
        kind = _entry(message, field, kind)
      _add(message, field, int(number), kind)
      if labels:
        message.field[-1].label = _FIELD.LABEL_REPEATED
  return file


def _add(
  message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str
) -> None:
  field = message.field.add(
    name=name, number=number, label=_FIELD.LABEL_OPTIONAL
  )
  if kind in _TYPES:
    field.type = _TYPES[kind]
  else:
    field.type, field.type_name = _FIELD.TYPE_MESSAGE, f'.{_PACKAGE}.{kind}'


def _entry(
  message: descriptor_pb2.DescriptorProto, field: str, kind: str
) -> str:
  """Adds the entry that a map is a list of; returns its type."""
  name = ''.join(word.title() for word in field.split('_')) + 'Entry'
  entry = message.nested_type.add(name=name)
  entry.options.map_entry = True
  _add(entry, 'key', 1, 'string')
  _add(entry, 'value', 2, kind)
  return f'{message.name}.{name}'


def _classes() -> dict[str, Any]:
  pool = descriptor_pool.DescriptorPool()
  pool.Add(_file())
  make = getattr(message_factory, 'GetMessageClass', None)
  if make is None:  # protobuf 3, which Python 3.10 has.
    make = message_factory.MessageFactory(pool).GetPrototype
  return {
    name: make(pool.FindMessageTypeByName(f'{_PACKAGE}.{name}'))
    for name in _MESSAGES
  }


_made = _classes()
GetModelMetadataRequest = _made['GetModelMetadataRequest']
GetModelMetadataResponse = _made['GetModelMetadataResponse']
GetModelStatusRequest = _made['GetModelStatusRequest']
GetModelStatusResponse = _made['GetModelStatusResponse']
ModelSpec = _made['ModelSpec']
PredictionLog = _made['PredictionLog']
PredictRequest = _made['PredictRequest']
PredictResponse = _made['PredictResponse']
SignatureDefMap = _made['SignatureDefMap']
TensorProto = _made['TensorProto']
