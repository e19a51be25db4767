# SPDX-License-Identifier: Apache-2.0
"""Claims: a server loads, changes and ends without a request that fails."""

from concurrent import futures
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from export import serve
from tests.export.serving import servers
from tests.export.serving import tiny_served

REQUEST = tiny_served.request(0)
BODY = {'instances': [servers.instance(REQUEST)]}
LONG = {'signature_name': 'work', 'instances': [200_000]}  # Some seconds.


@pytest.fixture
def model(tmp_path):
  """A model folder of its own, with version 1."""
  shutil.copytree(servers.shared_model(), tmp_path / 'tiny')
  return str(tmp_path / 'tiny')


@contextlib.contextmanager
def _load(server, body):
  """Yields answers that come in while clients ask again and again."""
  answers, stop = [], threading.Event()

  def ask():
    connection = server.connect()
    while not stop.is_set():
      content = servers.json.dumps(body).encode()
      path = server.path + ':predict'
      answers.append(servers.ask(connection, 'POST', path, content))

  with futures.ThreadPoolExecutor(4) as pool:
    running = [pool.submit(ask) for _ in range(4)]
    try:
      yield answers
    finally:
      stop.set()
  for each in running:
    each.result()


def _until(condition, seconds=30.0):
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end
    time.sleep(0.05)


def _states(server):
  versions = server.get(server.path).body['model_version_status']
  return {int(x['version']): x['state'] for x in versions}


def test_versions_come_and_go_without_a_failed_request(model):
  first = tiny_served.expected(tiny_served.load(f'{model}/1'), REQUEST)
  with servers.running(model, '--poll_s=0.1') as server:
    with _load(server, BODY) as answers:
      tiny_served.write(f'{model}/2', number=60)
      _until(lambda: _states(server) == {2: 'AVAILABLE', 1: 'END'})
      count = len(answers)
      _until(lambda: len(answers) > count + 8)
    second = tiny_served.expected(tiny_served.load(f'{model}/2'), REQUEST)
    pictures = [servers.pictures(answer)[0] for answer in answers]
    assert {*pictures} == {first, second}
    assert pictures[0] == first
    assert pictures[-1] == second
    _break(model, server, second)


def _break(model, server, second):
  """A broken version 3 leaves the second serving; repaired, it serves."""
  pathlib.Path(model, '3').mkdir()
  broken = pathlib.Path(model, '3', 'saved_model.pb')
  with _load(server, BODY) as answers:
    broken.write_bytes(b'no model')
    _until(lambda: _states(server).get(3) == 'END')
    count = len(answers)
    _until(lambda: len(answers) > count + 8)
  assert {servers.pictures(x)[0] for x in answers} == {second}
  status = server.get(f'{server.path}/versions/3').body
  (status,) = status['model_version_status']
  assert status['status']['error_code'] == 'INTERNAL'
  assert 'tiny/3' in status['status']['error_message']
  assert 'version 3 cannot be loaded' in server.logged()
  assert server.logged().count('version 3 cannot be loaded') == 1
  broken.unlink()
  broken.parent.rmdir()
  shutil.copytree(f'{model}/1', f'{model}/3')
  _until(lambda: _states(server)[3] == 'AVAILABLE')
  assert servers.pictures(server.predict(BODY))[0] != second


def test_a_signal_under_load_fails_no_request(model):
  drain_s = 1
  flags = (f'--drain_s={drain_s}', '--batch_timeout_ms=50')
  server = servers.start(model, *flags)
  lost, done = [], []

  def ask():
    connection = server.connect()
    path, content = server.path + ':predict', servers.json.dumps(BODY).encode()
    while True:
      try:
        done.append(servers.ask(connection, 'POST', path, content))
      except ConnectionRefusedError:
        return
      except OSError as error:
        lost.append((time.monotonic(), error))
        return

  with futures.ThreadPoolExecutor(6) as pool:
    for _ in range(6):
      pool.submit(ask)
    _until(lambda: len(done) > 20)
    before = len(done)
    # It is still answered, and the others behind it, when the ports close.
    long = server.connect()
    content = servers.json.dumps(LONG)
    long.request('POST', server.path + ':predict', content)
    signalled = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    _until(lambda: server.get('/readyz').status == 503)
    end = time.monotonic() + 0.5  # Half of what the ports stay open for.
    while time.monotonic() < end:
      assert server.get('/readyz').status == 503
    assert server.get('/healthz').status == 200
  # The system resets a connection that nobody has taken when the port closes.
  # Not RemoteDisconnected, which is one, too: that would be a request that was
  # taken, and dropped.
  assert all(
    type(error) is ConnectionResetError and at > signalled + drain_s
    for at, error in lost
  ), lost
  answers = [*done, long.getresponse()]
  assert {answer.status for answer in answers} == {200}
  assert len(done) > before
  assert server.process.wait(120) == 0
  with pytest.raises(ConnectionRefusedError):
    server.get('/readyz')


def test_a_batch_that_nobody_waits_for_does_not_hold_up_the_end(model):
  server = servers.start(model, '--drain_s=0', '--request_timeout_s=0.5')
  # Steps for many minutes.
  body = {'signature_name': 'work', 'instances': [2**30]}
  assert server.predict(body).status == 504
  assert server.stop() == 0


def test_a_version_that_is_loaded_does_not_hold_up_the_end(model):
  server = servers.start(model, '--poll_s=0.1', '--version_label=next=2')
  # A label may come before its version; that it is not there is said.
  assert '--version_label=next=2: Servable not found' in server.logged()
  pathlib.Path(model, '2').mkdir()
  # Whoever reads it waits for ever: nobody writes.
  os.mkfifo(f'{model}/2/saved_model.pb')
  _until(lambda: _states(server).get(2) == 'LOADING')
  assert server.predict(BODY).status == 200
  assert server.stop() == 0


def test_too_much_is_refused_and_too_slow_is_given_up():
  flags = ('--max_batch_size=1', '--queue_size=1', '--request_timeout_s=0.5')
  with servers.running(servers.shared_model(), *flags) as server:
    body = {'signature_name': 'work', 'instances': [1_500_000]}
    with futures.ThreadPoolExecutor(6) as pool:
      answers = [*pool.map(lambda _: server.predict(body), range(6))]
    statuses = [answer.status for answer in answers]
    assert {*statuses} == {503, 504}
    assert statuses.count(504) <= 2
    errors = {x.status: x.body['error'] for x in answers}
    assert 'try again later' in errors[503]
    assert 'request_timeout_s' in errors[504]
    _slow_bodies(server, body)


def _slow_bodies(server, body):
  """Requests that do not come to their end take the places of others."""
  slow = [server.connect() for _ in range(2)]
  for connection in slow:
    connection.putrequest('POST', server.path + ':predict')
    connection.putheader('Content-Length', '100')
    connection.endheaders(b'{"inst')
  answer = server.predict(body)
  assert answer.status == 503
  assert '2 requests are held' in answer.body['error']
  for response in [x.getresponse() for x in slow]:
    assert response.status == 408
    assert b'the body did not come in time' in response.read()
    # Else the rest of the body would be answered by a 408 about headers.
    assert response.headers['connection'] == 'close'


def _run(*flags):
  return subprocess.run(
    [sys.executable, '-m', servers.PROGRAM, *flags],
    cwd=servers.REPO,
    env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'},
    capture_output=True,
    text=True,
    check=False,
  )


def test_a_model_that_cannot_be_served_is_one_line(tmp_path):
  # Ports of its own: another server may have the usual ones.
  ports = ('--port=0', '--grpc_port=0')
  done = _run(f'--model_dir={tmp_path}/none', *ports)
  assert done.returncode == 1
  assert 'none: expected a model' in done.stderr.splitlines()[-1]
  (tmp_path / 'm' / '1').mkdir(parents=True)
  (tmp_path / 'm' / '1' / 'a.tflite').write_bytes(b'no model')
  done = _run(f'--model_dir={tmp_path}/m', '--backend=tflite', *ports)
  assert done.returncode == 1
  assert 'is no TFLite model' in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
  'flag',
  [
    *('--port=x', '--port=65536', '--grpc_port=99999'),
    *(
      '--queue_size=0',
      '--version_label=a',
      '--version_label=a=١',
      '--threads=1.5',
    ),
  ],
)
def test_wrong_arguments_exit_with_2(flag):
  done = _run('--model_dir=x', flag)
  assert done.returncode == 2
  assert f'argument {flag.split("=")[0]}' in done.stderr.splitlines()[-1]


def test_ctrl_c_before_a_model_is_served_is_one_line(monkeypatch, capsys):
  def interrupted(given):
    raise KeyboardInterrupt

  monkeypatch.setattr(serve, '_serve', interrupted)
  assert serve.main(['--model_dir=x']) == 130
  assert capsys.readouterr().err == 'interrupted before the model was served\n'
