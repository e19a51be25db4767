# SPDX-License-Identifier: Apache-2.0
"""Claims about the client: when it asks again, and how it gives up."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from clothflow_tf.inference import encoded
from export import client
from export.serving import calls
from tests.export.serving import person_files
from tests.export.serving import servers

# Seconds for a start or an end; less than a call of the client may take.
_PATIENCE = 60
PICTURE = encoded.png(np.full((4, 3, 3), 9, np.uint8))


@pytest.fixture
def flags(tmp_path):
  return person_files.write(tmp_path)


class _Flaky(http.server.BaseHTTPRequestHandler):
  """Answers with the statuses of `plan`, one after the other."""

  plan: list

  def do_GET(self):
    served = [{'version': '1', 'state': 'AVAILABLE'}]
    self._answer(200, {'model_version_status': served})

  def do_POST(self):
    self.rfile.read(int(self.headers['Content-Length']))
    status, body = type(self).plan.pop(0)
    if not status:
      self.connection.close()
      return
    self._answer(status, body)

  def _answer(self, status, body):
    content = json.dumps(body).encode()
    self.send_response(status)
    self.send_header('Content-Length', str(len(content)))
    self.end_headers()
    self.wfile.write(content)

  def log_message(self, *arguments):
    pass


@pytest.fixture
def flaky():
  servers_made = []

  def start(*plan):
    handler = type('Handler', (_Flaky,), {'plan': [*plan]})
    made = http.server.HTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    servers_made.append(made)
    return f'http://127.0.0.1:{made.server_port}/v1/models/m', handler

  yield start
  for made in servers_made:
    made.shutdown()
    made.server_close()


def _picture():
  return servers.as_json(PICTURE)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
  """Lets no test wait; returns how long it would have been."""
  seconds = []
  monkeypatch.setattr(calls.time, 'sleep', seconds.append)
  return seconds


@pytest.mark.parametrize('status', [408, 429, 502, 503, 504])
def test_a_busy_server_and_a_broken_connection_are_asked_again(
  flaky, flags, waits, status
):
  done = (200, {'predictions': [_picture()]})
  url, handler = flaky((status, {'error': 'full'}), (0, None), done)
  assert client.main(person_files.argv(flags, url=url)) == 0
  assert handler.plan == []
  assert person_files.pixels(flags['output']).tolist() == [[[9] * 3] * 3] * 4
  assert len(waits) == 2
  assert waits[0] <= 0.25 < 2 * waits[1]


def test_a_refusal_is_not_asked_again(flaky, flags, capsys, waits):
  url, _ = flaky((400, {'error': 'no person'}), (500, {}))
  assert client.main(person_files.argv(flags, url=url)) == 1
  assert capsys.readouterr().err.splitlines()[-1] == (
    f'error: {url}: 400: no person'
  )
  assert waits == []
  assert not os.path.exists(flags['output'])


def test_a_server_that_is_away_is_said_in_one_line(flags, capsys, waits):
  url = 'http://127.0.0.1:9/v1/models/m'
  assert client.main(person_files.argv(flags, url=url, attempts=3)) == 1
  assert 'Connection refused' in capsys.readouterr().err
  assert len(waits) == 2
  place = {'grpc': '127.0.0.1:9', 'attempts': 2}
  assert client.main(person_files.argv(flags, **place)) == 1
  assert 'UNAVAILABLE' in capsys.readouterr().err


class _Silent(http.server.BaseHTTPRequestHandler):
  """Says which version it has, and answers nothing else."""

  asked: threading.Event
  over: threading.Event

  def do_GET(self):
    version = {'version': '1', 'state': 'AVAILABLE'}
    content = json.dumps({'model_version_status': [version]}).encode()
    self.send_response(200)
    self.end_headers()
    self.wfile.write(content)

  def do_POST(self):
    self.asked.set()
    self.over.wait()

  def log_message(self, *arguments):
    pass


@pytest.fixture
def silent():
  """Starts a server; returns its URL, and what is set when it is asked."""
  events = {'asked': threading.Event(), 'over': threading.Event()}
  handler = type('Handler', (_Silent,), events)
  made = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
  threading.Thread(target=made.serve_forever, daemon=True).start()
  yield f'http://127.0.0.1:{made.server_port}/v1/models/m', handler.asked
  events['over'].set()
  made.shutdown()
  made.server_close()


def test_ctrl_c_in_a_folder_is_one_line_and_does_not_wait(silent, tmp_path):
  url, asked = silent
  given = {
    'url': url,
    'dataset_dir': person_files.write_folder(tmp_path / 'data'),
    'parsing': 'record',
    'output_dir': str(tmp_path / 'out'),
  }
  # Where tests run in the background, SIGINT is ignored unless asked for.
  code = (
    'import runpy, signal\n'
    'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
    'runpy.run_module("export.client", run_name="__main__")\n'
  )
  process = subprocess.Popen(
    [sys.executable, '-c', code, *person_files.argv(given)],
    cwd=servers.REPO,
    stderr=subprocess.PIPE,
    text=True,
  )
  assert asked.wait(_PATIENCE)
  process.send_signal(signal.SIGINT)
  written = process.communicate(timeout=_PATIENCE)[1]
  assert process.returncode == 130
  assert written.splitlines()[-1] == 'interrupted'
  assert 'Traceback' not in written


def _folder(tmp_path, url):
  return person_files.argv(
    {
      'url': url,
      'dataset_dir': person_files.write_folder(tmp_path / 'data'),
      'parsing': 'record',
      'output_dir': str(tmp_path / 'out'),
      'attempts': '2',
    }
  )


def test_a_pair_that_is_always_too_slow_is_skipped(flaky, tmp_path, waits):
  url, handler = flaky(*2 * [(504, {'error': 'Timed out'})])
  assert client.main(_folder(tmp_path, url)) == 0
  assert handler.plan == []
  text = (tmp_path / 'out' / 'skipped.json').read_text('utf-8')
  assert 'Timed out (asked 2 times)' in text
  assert len(waits) == 1


def test_a_server_that_is_always_busy_ends_the_folder(flaky, tmp_path, capsys):
  url, _ = flaky(*2 * [(503, {'error': 'full'})])
  assert client.main(_folder(tmp_path, url)) == 1
  assert 'full' in capsys.readouterr().err


@pytest.mark.parametrize('result', [
  {'image_bytes': {'b64': ''}, 'status': 'person_image: no'},
  {'b64': ''},
  {'b64': 'aGFsbG8='},
])  # fmt: skip
def test_a_result_that_is_no_picture_is_refused(flaky, flags, result):
  url, _ = flaky((200, {'predictions': [result]}))
  assert client.main(person_files.argv(flags, url=url)) == 1
  assert not os.path.exists(flags['output'])


@pytest.mark.parametrize(
  'changed',
  [
    {'url': 'http://x'},
    {'url': 'x'},
    {'url': 'http://x/v1/models/m:predict'},
  ],
)
def test_a_url_of_no_model_is_refused(flags, changed, capsys):
  assert client.main(person_files.argv(flags, **changed)) == 1
  assert '/v1/models/NAME' in capsys.readouterr().err


@pytest.mark.parametrize(
  'changed',
  [
    {},
    {'url': 'http://x/v1/models/m', 'grpc': 'x:1'},
    {'url': 'http://x/v1/models/m', 'target_pose': 'x'},
    {'url': 'http://x/v1/models/m', 'parallel': '0'},
    {'url': 'http://x/v1/models/m', 'dataset_dir': 'x'},
  ],
)
def test_wrong_arguments_exit_with_2(flags, changed):
  with pytest.raises(SystemExit) as exit_info:
    client.main(person_files.argv(flags, **changed))
  assert exit_info.value.code == 2
