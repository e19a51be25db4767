# SPDX-License-Identifier: Apache-2.0
"""Claims: a connection is given up on for its own delay, and for no other."""

import contextlib
import json
import socket

import pytest

from tests.export.serving import servers

HALF = {'signature_name': 'half', 'instances': [1.0, 5.0]}
# Seconds without headers after which the shared server lets go, and more.
_BEYOND_HEADERS_S = 2.5


@pytest.fixture
def server():
  made = servers.shared()
  yield made
  assert made.predict(HALF).body == {'predictions': [3.5, 5.5]}


def _talk(server, *parts):
  """Returns all that comes back for some bytes, until the other side ends."""
  with socket.create_connection((server.host, server.port), 10) as made:
    for part in parts:
      if part is None:
        made.shutdown(socket.SHUT_WR)
      else:
        made.sendall(part)
    return b''.join(iter(lambda: made.recv(65536), b''))


def _head(server, size):
  return (
    f'POST {server.path}:predict HTTP/1.1\r\nHost: x\r\n'
    f'Content-Length: {size}\r\n\r\n'
  ).encode()


@pytest.mark.parametrize(
  'content', [b'\0' * 100, b'HELLO\r\n\r\n', b'GET / HTTP/9\r\n\r\n']
)
def test_what_is_no_http_is_refused(server, content):
  answer = _talk(server, content)
  assert answer.startswith(b'HTTP/1.1 400 ')
  assert b'{"error": ' in answer


def test_who_does_not_finish_headers_is_let_go(server):
  answer = _talk(server, b'POST /v1/models/tiny:predict HTTP/1.1\r\nHost:')
  assert answer.startswith(b'HTTP/1.1 408 ')


def test_who_sends_headers_byte_by_byte_is_let_go(server):
  with socket.create_connection((server.host, server.port), 0.1) as made:
    for byte in b'GET /' + b'a' * 99:
      made.send(bytes([byte]))
      with contextlib.suppress(TimeoutError):
        assert made.recv(65536).startswith(b'HTTP/1.1 408 ')
        return
  pytest.fail('the connection was held')


def test_who_has_sent_all_and_closed_that_side_gets_the_answer(server):
  body = json.dumps(HALF).encode()
  answer = _talk(server, _head(server, len(body)), body, None)
  assert answer.startswith(b'HTTP/1.1 200 ')
  assert b'[3.5, 5.5]' in answer


@pytest.mark.parametrize('sent', [b'', b'{"inst'])
def test_who_closes_within_a_request_is_let_go(server, sent):
  assert _talk(server, _head(server, 100), sent, None) == b''


def test_the_second_of_two_requests_sent_at_once_has_its_time(server):
  body = json.dumps(HALF).encode()
  head, patience = _head(server, len(body)), 60
  with socket.create_connection((server.host, server.port), patience) as made:
    made.sendall(head + body + head)
    assert b'[3.5, 5.5]' in _until(made, b'}')
    # Its headers are there: that the body comes late is no reason for a 408.
    made.settimeout(_BEYOND_HEADERS_S)
    with pytest.raises(TimeoutError):
      made.recv(1)
    made.settimeout(patience)
    made.sendall(body)
    assert _until(made, b'}').startswith(b'HTTP/1.1 200 ')


def test_who_sends_two_requests_and_closes_that_side_gets_both(server):
  body = json.dumps(HALF).encode()
  request = _head(server, len(body)) + body
  answer = _talk(server, request + request, None)
  assert answer.count(b'HTTP/1.1 200 ') == 2


def _until(connection, end):
  """Returns what comes up to some bytes."""
  content = b''
  while end not in content and (part := connection.recv(65536)):
    content += part
  return content
