# SPDX-License-Identifier: Apache-2.0
"""Claims: whatever comes, the answer is the right code, and the next is right.

More than 200 malformed requests; each is followed by one that is in order.
"""

import io
import json
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image
import pytest

from tests.export.serving import servers
from tests.export.serving import tiny_served

HALF = {'signature_name': 'half', 'instances': [1.0, 5.0]}
ONE = servers.instance(tiny_served.request(0))


@pytest.fixture
def server():
  made = servers.shared()
  yield made
  assert made.predict(HALF).body == {'predictions': [3.5, 5.5]}


def _refused(answer, status, words):
  assert answer.status == status, answer.body
  assert list(answer.body) == ['error']
  assert words in answer.body['error']


BODIES = [
  (b'', 'JSON Parse error'),
  (b'{', 'JSON Parse error'),
  (b'\xff\xfe\x00', 'JSON Parse error'),
  (b'[' * 100_000, 'JSON Parse error'),
  (b'{"a":' * 100_000, 'JSON Parse error'),
  (b'[]', 'a list; expected an object'),
  (b'1', 'a whole number; expected an object'),
  (b'{}', "expected one of 'instances' and 'inputs'"),
  (b'{"instances": [1], "inputs": [1]}', 'expected one of'),
  (b'{"instances": []}', "'instances' is empty"),
  (b'{"instances": 1}', 'a whole number; expected a list'),
  (b'{"instances": null}', 'null; expected a list'),
  (b'{"instances": [1], "signature_name": 1}', 'whole number; expected text'),
  (b'{"instances": [1], "signature_name": "x"}', 'not found in signature def'),
  (b'{"instances": [1]}', 'expected objects with'),
  (b'{"instances": [{"a": 1}]}', "element 0 of 'instances' is ['a']"),
  (b'{"inputs": 1}', 'expected an object with'),
  (b'{"inputs": {"a": 1}}', "inputs ['a'] are unknown"),
  (b'{"inputs": {}}', 'is missing'),
]
NUMBERS = [
  ('"1"', 'text'),
  ('true', 'true or false'),
  ('null', 'null'),
  ('{"b64": "aaaa"}', 'an object'),
  ('[1]', 'DT_FLOAT [1,1]; expected DT_FLOAT [-1]'),
  ('1e39', 'beyond float32'),
  ('1' + '0' * 400, 'beyond float32'),
  ('[' * 40 + ']' * 40, 'nested more than 32 deep'),
  ('[[1], [1, 2]]', 'no tensor'),
  ('[1, [1]]', 'a list'),
  ('[[1], 1]', 'no tensor'),
]


@pytest.mark.parametrize(('body', 'words'), BODIES)
def test_a_body_that_is_no_request_is_refused(server, body, words):
  _refused(server.predict(body), 400, words)


@pytest.mark.parametrize(('value', 'words'), NUMBERS)
def test_a_value_that_is_no_number_is_refused(server, value, words):
  body = f'{{"signature_name": "half", "instances": [{value}]}}'.encode()
  _refused(server.predict(body), 400, words)


@pytest.mark.parametrize('value', [256, -1, 2**70, 0.5])
def test_a_number_beyond_its_type_is_refused(server, value):
  size = (1, tiny_served.HEIGHT, tiny_served.WIDTH, 3)
  image = np.zeros(size, int).tolist()
  image[0][0][0][0] = value
  body = {'signature_name': 'tensors', 'instances': image}
  _refused(server.predict(body), 400, 'uint8')


def test_a_body_with_random_bytes_changed_is_no_fault_of_the_server(server):
  random = np.random.default_rng(0)
  body = json.dumps({'instances': [ONE]}).encode()
  statuses = []
  for _ in range(100):
    changed = bytearray(body)
    for place in random.integers(0, len(body), random.integers(1, 9)):
      changed[place] = random.integers(0, 256)
    cut = random.integers(len(body) // 2, 2 * len(body))
    statuses.append(server.predict(bytes(changed[:cut])).status)
  assert {*statuses} <= {200, 400, 413}
  assert statuses.count(400) > 50


def _jpeg(**options):
  stream = io.BytesIO()
  pixels = np.random.default_rng(0).integers(0, 256, (20, 16, 3), np.uint8)
  Image.fromarray(pixels).save(stream, 'JPEG', **options)
  return stream.getvalue()


def _other(kind):
  stream = io.BytesIO()
  Image.new('RGB', (16, 20)).save(stream, kind)
  return stream.getvalue()


def _chunk(kind, content):
  check = struct.pack('>I', zlib.crc32(kind + content))
  return struct.pack('>I', len(content)) + kind + content + check


def _png(width, height, *chunks):
  """Returns a PNG that claims a size, and has hardly any pixels."""
  header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
  parts = [_chunk(b'IHDR', header), *chunks]
  parts += [_chunk(b'IDAT', zlib.compress(b'\0' * 1000)), _chunk(b'IEND', b'')]
  return b'\x89PNG\r\n\x1a\n' + b''.join(parts)


def _large_jpeg():
  content = bytearray(_jpeg())
  at = content.index(b'\xff\xc0')
  content[at + 5 : at + 9] = struct.pack('>HH', 60_000, 60_000)
  return bytes(content)


def _zip():
  stream = io.BytesIO()
  with zipfile.ZipFile(stream, 'w') as archive:
    archive.writestr('a.txt', 'x')
  return stream.getvalue()


PNG = tiny_served.request(0)['person_image']
TEXT_BOMB = _chunk(b'zTXt', b'a\0\0' + zlib.compress(b'a' * 80_000_000))
PICTURES = [
  *((PNG[:size], 400, '') for size in range(1, len(PNG) - 16, 60)),
  *((_jpeg()[:size], 400, '') for size in range(2, 400, 60)),
  (b'', 400, 'is no picture'),
  (b'hello', 400, 'is no picture'),
  (_zip(), 400, 'is no picture'),
  (_zip() + PNG, 400, 'is no picture'),
  (b'<svg/>', 400, 'is no picture'),
  (_other('GIF'), 400, 'is a GIF; expected a PNG or a JPEG'),
  (_other('BMP'), 400, 'is a BMP'),
  (_other('WEBP'), 400, 'is no picture'),
  (_other('TIFF'), 400, 'is no picture'),
  (b'GIF89a' + PNG, 400, ''),
  (_png(60_000, 60_000), 413, ''),
  (_png(1001, 1000), 413, '1001 x 1000 pixels; expected at most 1,000,000'),
  (_png(2**31 - 1, 1), 413, ''),
  (_png(0, 0), 400, ''),
  (_png(16, 20, TEXT_BOMB), 400, 'is broken'),
  (_png(999, 999), 400, ''),
  (_large_jpeg(), 413, ''),
  (b'\0' * 500_001, 413, '--max_image_mb'),
]


@pytest.mark.parametrize('name', ['person_image', 'garment_image'])
@pytest.mark.parametrize('index', range(len(PICTURES)))
def test_a_picture_that_is_none_is_refused(server, name, index):
  content, status, words = PICTURES[index]
  body = {'instances': [{**ONE, name: servers.as_json(content)}]}
  answer = server.predict(body)
  _refused(answer, status, words)
  if words:
    assert f'{name}[0]' in answer.body['error']


def test_a_wrong_picture_fails_its_own_request_only(server):
  local = tiny_served.load(f'{servers.shared_model()}/1')
  request = tiny_served.request(3)
  wrong = {**ONE, 'person_image': servers.as_json(PNG[:200])}
  one = {'instances': [servers.instance(request)]}
  assert server.predict({'instances': [wrong]}).status == 400
  assert servers.pictures(server.predict(one)) == [
    tiny_served.expected(local, request)
  ]


def test_a_picture_with_something_behind_it_is_that_picture(server):
  content = servers.as_json(PNG + _zip())
  changed = server.predict({'instances': [{**ONE, 'person_image': content}]})
  assert servers.pictures(changed) == servers.pictures(
    server.predict({'instances': [ONE]})
  )


@pytest.mark.parametrize('value', ['NaN', 'Infinity', '-Infinity', '1e99'])
def test_keypoints_that_are_no_numbers_are_refused(server, value):
  body = json.dumps({'instances': [{**ONE, 'person_keypoints': 'KEYPOINTS'}]})
  points = json.dumps(ONE['person_keypoints'])
  first = points.split(',')[0].strip('[')
  points = points.replace(first, value, 1)
  answer = server.predict(body.replace('"KEYPOINTS"', points).encode())
  assert answer.status == 400
  assert 'person_keypoints' in answer.body['error']


@pytest.mark.parametrize(
  'value', ['x', {'b64': '*'}, {'b64': 1}, {'b64': 'a'}, {}, 1, [], None]
)
@pytest.mark.parametrize('name', ['person_image', 'person_layout'])
def test_what_is_no_base64_is_refused(server, name, value):
  answer = server.predict({'instances': [{**ONE, name: value}]})
  assert answer.status == 400
  assert name in answer.body['error']


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(server):
  connection = server.connect()
  connection.putrequest('POST', server.path + ':predict')
  connection.putheader('Content-Length', '2000001')
  connection.endheaders()
  response = connection.getresponse()
  assert response.status == 413
  assert b'--max_body_mb' in response.read()


def test_a_body_of_no_length_beyond_the_limit_is_refused(server):
  connection = server.connect()
  parts = (b'x' * 100_000 for _ in range(21))
  connection.request('POST', server.path + ':predict', parts)
  assert connection.getresponse().status == 413


def test_a_request_of_more_than_the_queue_holds_is_refused(server):
  body = {'signature_name': 'half', 'instances': [1.0] * 100}
  _refused(server.predict(body), 413, 'expected at most 64')
