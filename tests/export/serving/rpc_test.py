# SPDX-License-Identifier: Apache-2.0
"""Claims: TensorFlow Serving's own messages and stubs are served by gRPC."""

import contextlib
import re
import socket

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import model_pb2
from tensorflow_serving.apis import model_service_pb2_grpc
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

from export.serving.server import rpc
from export.serving.wire import protos
from tests.export.serving import servers
from tests.export.serving import tiny_served


@pytest.fixture(scope='module')
def channel():
  with grpc.insecure_channel(servers.shared().grpc) as made:
    yield made


@pytest.fixture(scope='module')
def stub(channel):
  return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def _request(signature, inputs, **spec):
  request = predict_pb2.PredictRequest()
  request.model_spec.name = 'tiny'
  request.model_spec.signature_name = signature
  for name, value in spec.items():
    if name == 'version':
      request.model_spec.version.value = value
    else:
      setattr(request.model_spec, name, value)
  for name, value in inputs.items():
    request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
  return request


def _arrays(response):
  return {k: tf.make_ndarray(x) for k, x in response.outputs.items()}


def test_predict_returns_what_the_model_does(stub):
  request = tiny_served.request(0)
  batch = {name: np.array([value]) for name, value in request.items()}
  response = stub.Predict(_request('serving_default', batch))
  local = tiny_served.load(f'{servers.shared_model()}/1')
  expected = tiny_served.expected(local, request)
  assert response.outputs['image_bytes'].string_val == [expected]
  assert response.model_spec.name == 'tiny'
  assert response.model_spec.version.value == 1
  assert response.model_spec.signature_name == 'serving_default'


def test_all_types_come_back_as_they_went(stub):
  inputs = {
    'f': np.array([[0.2, np.nan]], np.float32),
    'd': np.array([[0.1, 1e300]]),
    'i': np.array([[-1, 2**31 - 1]], np.int32),
    'l': np.array([[-1, 2**63 - 1]]),
    'u': np.array([[0, 255]], np.uint8),
    'b': np.array([[True, False]]),
    's': np.array([[b'', b'\xff']]),
  }
  result = _arrays(stub.Predict(_request('types', inputs)))
  for name, value in inputs.items():
    np.testing.assert_array_equal(
      result[f'{name}_out'], value.astype(object) if name == 's' else value
    )


def test_values_in_fields_and_values_left_out_are_read(stub):
  request = _request('half', {})
  request.inputs['x'].dtype = tf.float32.as_datatype_enum
  request.inputs['x'].tensor_shape.dim.add(size=3)
  request.inputs['x'].float_val.extend([1.0, 2.0])
  result = _arrays(stub.Predict(request))['y']
  assert result.tolist() == [3.5, 4.0, 4.0]


@pytest.mark.parametrize('spec', [{'version': 1}, {'version_label': 'stable'}])
def test_a_version_and_a_label_can_be_named(stub, spec):
  request = _request('half', {'x': np.float32([1])}, **spec)
  assert _arrays(stub.Predict(request))['y'] == [3.5]


def test_outputs_can_be_chosen(stub):
  request = _request('text', {'text': np.array([b'a'])})
  assert {*stub.Predict(request).outputs} == {'text_out', 'text_bytes'}
  request.output_filter.append('text_out')
  assert {*stub.Predict(request).outputs} == {'text_out'}


def test_metadata_unpacks_into_the_signatures(stub):
  request = get_model_metadata_pb2.GetModelMetadataRequest(
    model_spec=model_pb2.ModelSpec(name='tiny'),
    metadata_field=['signature_def'],
  )
  response = stub.GetModelMetadata(request)
  every = get_model_metadata_pb2.SignatureDefMap()
  assert response.metadata['signature_def'].Unpack(every)
  points = every.signature_def['serving_default'].inputs['person_keypoints']
  assert points.dtype == tf.float32.as_datatype_enum
  assert [dim.size for dim in points.tensor_shape.dim] == [-1, 18, 3]
  assert response.model_spec.version.value == 1


def test_status_is_that_of_the_versions(channel):
  stub = model_service_pb2_grpc.ModelServiceStub(channel)
  request = get_model_status_pb2.GetModelStatusRequest(
    model_spec=model_pb2.ModelSpec(name='tiny')
  )
  (status,) = stub.GetModelStatus(request).model_version_status
  state = get_model_status_pb2.ModelVersionStatus.State
  assert (status.version, status.state) == (1, state.AVAILABLE)
  assert status.status.error_code == 0


def _code(call):
  with pytest.raises(grpc.RpcError) as info:
    call()
  return info.value.code().name, info.value.details()


HUGE = tf.make_tensor_proto(np.float32([1]))
HUGE.tensor_shape.dim[0].size = 10**15
NEGATIVE = tf.make_tensor_proto(np.float32([1]))
NEGATIVE.tensor_shape.dim[0].size = -1
SHORT = tf.make_tensor_proto(np.float32([1, 2]))
SHORT.tensor_content = SHORT.tensor_content[:5]
TYPELESS = tf.make_tensor_proto(np.float32([1]))
TYPELESS.dtype = 99
MANY = tf.make_tensor_proto(np.float32([1]))
MANY.tensor_content = b''
MANY.float_val.extend([1.0, 2.0])
WRONG_TENSORS = [
  (HUGE, 'RESOURCE_EXHAUSTED', 'at most'),
  (NEGATIVE, 'INVALID_ARGUMENT', 'unknown shape'),
  (SHORT, 'INVALID_ARGUMENT', '5 bytes; expected 8'),
  (TYPELESS, 'INVALID_ARGUMENT', 'type 99'),
  (MANY, 'INVALID_ARGUMENT', '3 values; expected 1'),
  (tf.make_tensor_proto([1]), 'INVALID_ARGUMENT', 'DT_INT32 [1]; expected'),
  (tf.make_tensor_proto([[1.0]]), 'INVALID_ARGUMENT', 'DT_FLOAT [1,1]'),
  (tf.make_tensor_proto(np.zeros(0, np.float32)), 'INVALID_ARGUMENT', 'empty'),
]


@pytest.mark.parametrize(('tensor', 'code', 'words'), WRONG_TENSORS)
def test_a_wrong_tensor_is_refused(stub, tensor, code, words):
  request = _request('half', {})
  request.inputs['x'].CopyFrom(tensor)
  came, details = _code(lambda: stub.Predict(request))
  assert came == code
  assert words in details


def test_what_is_not_served_is_refused(stub):
  one = {'x': np.float32([1])}
  wrong = {
    'NOT_FOUND': _request('half', one, version=3),
    'INVALID_ARGUMENT': _request('none', one),
  }
  for code, request in wrong.items():
    assert _code(lambda x=request: stub.Predict(x))[0] == code
  request = _request('half', {**one, 'z': np.float32([1])})
  assert 'input z is unknown' in _code(lambda: stub.Predict(request))[1]
  request = _request('half', one)
  request.output_filter.append('z')
  assert 'output_filter has z' in _code(lambda: stub.Predict(request))[1]


def test_bytes_that_are_no_message_are_refused(channel):
  call = channel.unary_unary(f'/{protos.PREDICTION_SERVICE}/Predict')
  random = np.random.default_rng(0)
  for size in range(1, 60):
    content = b'\xff' + random.bytes(size)
    assert _code(lambda x=content: call(x))[0] == 'INVALID_ARGUMENT'


def test_a_message_with_random_bytes_changed_is_no_fault_of_the_server(
  channel, stub
):
  request = tiny_served.request(0)
  batch = {name: np.array([value]) for name, value in request.items()}
  content = _request('serving_default', batch).SerializeToString()
  call = channel.unary_unary(f'/{protos.PREDICTION_SERVICE}/Predict')
  expected = stub.Predict(predict_pb2.PredictRequest.FromString(content))
  random, codes = np.random.default_rng(0), []
  for _ in range(100):
    changed = bytearray(content)
    for place in random.integers(0, len(content), random.integers(1, 9)):
      changed[place] = random.integers(0, 256)
    try:
      call(bytes(changed))
    except grpc.RpcError as error:
      codes.append(error.code().name)
  refusals = {'INVALID_ARGUMENT', 'NOT_FOUND', 'RESOURCE_EXHAUSTED'}
  assert {*codes} <= refusals
  assert len(codes) > 50
  again = stub.Predict(predict_pb2.PredictRequest.FromString(content))
  assert again == expected


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_keypoints_that_are_no_numbers_are_refused(stub, value):
  request = tiny_served.request(0)
  request['person_keypoints'][3, 1] = value
  batch = {name: np.array([value]) for name, value in request.items()}
  code, text = _code(lambda: stub.Predict(_request('serving_default', batch)))
  assert code == 'INVALID_ARGUMENT'
  assert 'person_keypoints[0, 3, 1]' in text


# The last is how every connection of gRPC begins, cut short.
@pytest.mark.parametrize(
  'content', [b'', b'\0' * 100, b'GET / HTTP/1.1\r\n\r\n', b'PRI * HTTP/2.0']
)
@pytest.mark.parametrize('half_closed', [True, False])
def test_connections_that_are_no_grpc_hold_up_nobody(
  stub, content, half_closed
):
  host, port = servers.shared().grpc.rsplit(':', 1)
  with contextlib.ExitStack() as stack:
    for _ in range(20):
      made = stack.enter_context(socket.create_connection((host, int(port))))
      made.sendall(content)
      if half_closed:
        made.shutdown(socket.SHUT_WR)
    request = _request('half', {'x': np.float32([1])})
    assert _arrays(stub.Predict(request, timeout=10))['y'] == [3.5]


def test_a_deadline_is_kept(stub):
  request = _request('work', {'n': np.int32([60_000])})
  assert _code(lambda: stub.Predict(request, timeout=0.05))[0] == (
    'DEADLINE_EXCEEDED'
  )


@pytest.mark.parametrize(
  ('remaining', 'expected'),
  [(0.0, 0.0), (7.0, 7.0), (99.0, 30.0), (None, 30.0)],
)
def test_a_call_has_until_its_deadline_or_the_servers(remaining, expected):
  assert rpc.seconds_left(remaining, 30.0) == expected


def _number(name):
  text = servers.shared().get('/monitoring/prometheus/metrics').body.decode()
  return float(re.search(rf'^clothflow_serving_{name} (\S+)$', text, re.M)[1])


def test_calls_that_are_cancelled_before_they_run_are_not_run(stub):
  # Batches are run in order: with this one, those of other tests are done.
  marker = _request('half', {'x': np.float32([1])})
  stub.Predict(marker)
  before, examples = _number('batch_size_sum'), 4
  # Each fills a batch, so that none is run beside another.
  request = _request('work', {'n': np.int32([200_000] * examples)})
  calls = [stub.Predict.future(request) for _ in range(4)]
  while _number('queue') < len(calls) - 1:
    assert not any(call.done() for call in calls)
  for call in calls:
    call.cancel()
  stub.Predict(marker)
  assert _number('batch_size_sum') == before + examples + 1


def _ours(name, content):
  return getattr(protos, name).FromString(content)


def test_the_messages_are_those_of_tensorflow_serving():
  request = _request(
    'half', {'x': np.float32([1]), 's': np.array([b'a'])}, version=3
  )
  request.output_filter.append('y')
  content = request.SerializeToString()
  own = _ours('PredictRequest', content)
  assert own.model_spec.version.value == 3
  assert own.inputs['s'].string_val == [b'a']
  back = predict_pb2.PredictRequest.FromString(own.SerializeToString())
  assert back == request
