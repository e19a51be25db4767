# SPDX-License-Identifier: Apache-2.0
"""Claims: each form of TensorFlow Serving's REST documentation is served."""

import math

import numpy as np
import pytest

from tests.export.serving import servers
from tests.export.serving import tiny_served


@pytest.fixture(scope='module')
def server():
  return servers.shared()


def _half(**body):
  return {'signature_name': 'half', **body}


def test_rows_of_one_input_need_no_names(server):
  answer = server.predict(_half(instances=[1.0, 2.0, 5.0]))
  assert answer.status == 200
  assert answer.headers.get_content_type() == 'application/json'
  assert answer.body == {'predictions': [3.5, 4.0, 5.5]}


def test_rows_of_one_input_may_be_named(server):
  answer = server.predict(_half(instances=[{'x': 1.0}, {'x': 2.0}]))
  assert answer.body == {'predictions': [3.5, 4.0]}


def test_a_column_of_one_input_needs_no_name(server):
  answer = server.predict(_half(inputs=[1.0, 2.0, 5.0]))
  assert answer.body == {'outputs': [3.5, 4.0, 5.5]}


def test_a_column_of_one_input_may_be_named(server):
  answer = server.predict(_half(inputs={'x': [1.0]}))
  assert answer.body == {'outputs': [3.5]}


TYPES = {
  'f': [0.2, -1.5],
  'd': [0.1, 1e300],
  'i': [-(2**31), 2**31 - 1],
  'l': [-(2**63), 2**63 - 1],
  'u': [0, 255],
  'b': [True, False],
  's': ['', 'grün'],
}


def test_rows_and_columns_of_all_types_come_back_as_they_went(server):
  body = {'signature_name': 'types', 'instances': [TYPES, TYPES]}
  expected = {f'{name}_out': value for name, value in TYPES.items()}
  assert server.predict(body).body == {'predictions': [expected, expected]}
  columns = {name: [value, value] for name, value in TYPES.items()}
  expected = {f'{name}_out': value for name, value in columns.items()}
  body = {'signature_name': 'types', 'inputs': columns}
  assert server.predict(body).body == {'outputs': expected}


def test_bytes_are_base64_both_ways_and_text_is_text(server):
  body = {'signature_name': 'text', 'instances': ['a', {'b64': 'Yg=='}]}
  expected = [
    {'text_out': 'a', 'text_bytes': {'b64': 'YQ=='}},
    {'text_out': 'b', 'text_bytes': {'b64': 'Yg=='}},
  ]
  assert server.predict(body).body == {'predictions': expected}


def test_numbers_that_are_none_are_words(server):
  body = b'{"signature_name": "half", "inputs": [NaN, Infinity, -Infinity]}'
  values = server.predict(body).body['outputs']
  assert math.isnan(values[0])
  assert values[1:] == [math.inf, -math.inf]


def test_an_output_without_rows_is_one_of_columns(server):
  body = {'signature_name': 'sum', 'inputs': [[1.0, 2.0], [3.0, 4.0]]}
  assert server.predict(body).body == {'outputs': 10.0}
  body['instances'] = body.pop('inputs')
  answer = server.predict(body)
  assert answer.status == 400
  assert 'no rows' in answer.body['error']


def test_the_contract_of_pictures_is_served(server):
  requests = [tiny_served.request(seed, mask=seed != 2) for seed in range(3)]
  rows = [servers.instance(request) for request in requests]
  local = tiny_served.load(f'{servers.shared_model()}/1')
  expected = [tiny_served.expected(local, x) for x in requests]
  assert servers.pictures(server.predict({'instances': rows})) == expected
  columns = {name: [row[name] for row in rows] for name in rows[0]}
  answer = server.predict({'inputs': columns})
  assert answer.body['outputs'] == [servers.as_json(x) for x in expected]


@pytest.mark.parametrize(
  'path', ['/versions/1:predict', '/labels/stable:predict']
)
def test_a_version_and_a_label_can_be_named(server, path):
  answer = server.predict(_half(instances=[1.0]), path)
  assert answer.body == {'predictions': [3.5]}


@pytest.mark.parametrize('path', ['', '/versions/1', '/labels/stable'])
def test_status_is_that_of_the_versions(server, path):
  answer = server.get(server.path + path)
  status = {'error_code': 'OK', 'error_message': ''}
  version = {'version': '1', 'state': 'AVAILABLE', 'status': status}
  assert answer.status == 200
  assert answer.body == {'model_version_status': [version]}


def test_metadata_has_every_signature(server):
  answer = server.get(f'{server.path}/metadata').body
  spec = {'name': 'tiny', 'signature_name': '', 'version': '1'}
  assert answer['model_spec'] == spec
  known = answer['metadata']['signature_def']['signature_def']
  assert {'serving_default', 'tensors', 'half'} <= known.keys()
  dims = [{'size': str(size), 'name': ''} for size in (-1, 18, 3)]
  points = known['serving_default']['inputs']['person_keypoints']
  assert points['dtype'] == 'DT_FLOAT'
  assert points['tensor_shape'] == {'dim': dims, 'unknown_rank': False}
  assert known['serving_default']['method_name'] == 'tensorflow/serving/predict'
  outputs = known['serving_default']['outputs']
  assert outputs['image_bytes']['dtype'] == 'DT_STRING'


WRONG = [
  ('POST', '/v1/models/tiny/versions/2:predict', 404, 'Specific(tiny, 2)'),
  ('POST', '/v1/models/other:predict', 404, 'Latest(other)'),
  ('POST', '/v1/models/tiny/labels/none:predict', 400, 'label: none'),
  ('POST', '/v1/models/tiny:classify', 400, 'classify is not served'),
  ('POST', '/v1/models/tiny:guess', 400, 'Malformed request: POST'),
  ('POST', '/v1/models/tiny', 400, 'Malformed request: POST'),
  ('GET', '/v1/models/tiny:predict', 400, 'Malformed request: GET'),
  ('PUT', '/v1/models/tiny', 400, 'Malformed request: PUT'),
  ('GET', '/v1/models', 400, 'Missing model name'),
  ('GET', '/v1/models/tiny/versions/2', 404, 'with version 2'),
  ('GET', f'/v1/models/tiny/versions/{"9" * 19}', 404, f'version {"9" * 19}'),
  ('GET', f'/v1/models/tiny/versions/{"9" * 5000}', 400, 'Malformed request'),
  # An Arabic 1; and a long s, which without case is an s.
  ('GET', '/v1/models/tiny/versions/%D9%A1', 400, 'Malformed request'),
  ('GET', '/v1/models/tiny/ver%C5%BFions/1', 400, 'Malformed request'),
  ('GET', '/v1/models/other', 404, 'versions of model other'),
  ('GET', '/v1/models/other/metadata', 404, 'Latest(other)'),
  ('GET', '/v1/other', 400, 'Malformed request'),
  ('GET', '/other', 404, 'Not found: /other'),
]


@pytest.mark.parametrize(
  ('method', 'path', 'status', 'words'), WRONG, ids=[x[3][:40] for x in WRONG]
)
def test_a_wrong_address_is_an_error_in_json(
  server, method, path, status, words
):
  answer = servers.ask(server.connect(), method, path, b'{"instances": [1]}')
  assert answer.status == status
  assert list(answer.body) == ['error']
  assert words in answer.body['error']


def test_paths_ignore_case_as_in_tensorflow_serving(server):
  assert server.get('/V1/MODELS/tiny').status == 200


def test_requests_side_by_side_equal_single_ones_bit_for_bit(server):
  random = np.random.default_rng(0)
  size = (4, tiny_served.HEIGHT, tiny_served.WIDTH, 3)
  images = random.integers(0, 256, size, np.uint8).tolist()
  body = {'signature_name': 'tensors', 'instances': images}
  whole = server.predict(body).body['predictions']
  for image, expected in zip(images, whole, strict=True):
    body = {'signature_name': 'tensors', 'instances': [image]}
    assert server.predict(body).body['predictions'] == [expected]


def test_a_request_of_more_than_a_batch_is_run_in_several(server):
  values = [float(x) for x in range(11)]
  answer = server.predict(_half(instances=values))
  assert answer.body == {'predictions': [x / 2 + 3 for x in values]}


def test_connections_are_kept(server):
  connection = server.connect()
  for _ in range(3):
    assert servers.ask(connection, 'GET', server.path).status == 200
    socket = connection.sock
    assert socket is not None


def test_prometheus_reads_counts(server):
  text = server.get('/monitoring/prometheus/metrics').body.decode()
  name = 'clothflow_serving_requests_total'
  labels = '{code="200",method="predict",protocol="REST"}'
  line = next(x for x in text.splitlines() if x.startswith(name + labels))
  assert server.predict(_half(instances=[1.0])).status == 200
  text = server.get('/monitoring/prometheus/metrics').body.decode()
  more = next(x for x in text.splitlines() if x.startswith(name + labels))
  assert float(more.split()[1]) == float(line.split()[1]) + 1
  assert 'clothflow_serving_batch_size_bucket{le="1.0"}' in text
  assert 'clothflow_serving_queue 0.0' in text


def test_a_server_is_ready_and_alive(server):
  assert server.get('/readyz').status == 200
  assert server.get('/healthz').status == 200
