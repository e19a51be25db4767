# SPDX-License-Identifier: Apache-2.0
"""Servers as processes of their own, started by the real program, for tests."""

import atexit
import base64
from collections.abc import Iterator
import contextlib
import dataclasses
import functools
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

REPO = pathlib.Path(__file__).parents[3]
PROGRAM = 'export.serve'
# Seconds that no answer and no end takes, also on a machine with much to do.
_PATIENCE = 120
_LINE = re.compile(r'serving http://([^/]+):(\d+)(/\S+?)(?:, gRPC (\S+))?\n')


@dataclasses.dataclass
class Server:
  """A server that answers.

  Attributes:
    process: that it is.
    host: that it listens on.
    port: of REST.
    path: of its model.
    grpc: address of gRPC.
    log: file of what it writes.
  """

  process: subprocess.Popen
  host: str
  port: int
  path: str
  grpc: str
  log: str

  @property
  def url(self) -> str:
    return f'http://{self.host}:{self.port}{self.path}'

  def connect(self) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(self.host, self.port, timeout=_PATIENCE)

  def get(self, path: str) -> 'Answer':
    return ask(self.connect(), 'GET', path)

  def predict(self, body: Any, path: str = ':predict') -> 'Answer':
    """Sends JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(self.connect(), 'POST', self.path + path, content)

  def stop(self) -> int:
    """Ends it as a system does; returns its exit status."""
    self.process.send_signal(signal.SIGTERM)
    return self.process.wait(_PATIENCE)

  def logged(self) -> str:
    return pathlib.Path(self.log).read_text(encoding='utf-8')


@dataclasses.dataclass
class Answer:
  """An HTTP response: its status, headers and JSON, or bytes if it is none."""

  status: int
  headers: Any
  body: Any


def ask(
  connection: http.client.HTTPConnection,
  method: str,
  path: str,
  body: bytes | None = None,
) -> Answer:
  """Returns the response to a request."""
  connection.request(method, path, body)
  response = connection.getresponse()
  content = response.read()
  if response.headers.get_content_type() == 'application/json':
    content = json.loads(content)
  return Answer(response.status, response.headers, content)


def start(model_dir: str, *flags: str) -> Server:
  """Starts the program on free ports, and waits until it serves."""
  folder = tempfile.mkdtemp(prefix='server')
  atexit.register(shutil.rmtree, folder, ignore_errors=True)
  log = os.path.join(folder, 'log')
  ports = ('--port=0', '--grpc_port=0')
  command = [sys.executable, '-m', PROGRAM, f'--model_dir={model_dir}']
  with open(log, 'w', encoding='utf-8') as errors:
    process = subprocess.Popen(
      [*command, *ports, *flags],
      cwd=REPO,
      env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'},
      stdout=subprocess.PIPE,
      stderr=errors,
      text=True,
    )
  atexit.register(process.kill)
  match = _LINE.fullmatch(process.stdout.readline())
  assert match, pathlib.Path(log).read_text(encoding='utf-8')
  host, port, path, grpc = match.groups()
  return Server(process, host, int(port), path, grpc, log)


@contextlib.contextmanager
def running(model_dir: str, *flags: str) -> Iterator[Server]:
  """Yields a server, and ends it."""
  server = start(model_dir, *flags)
  try:
    yield server
  finally:
    server.process.kill()
    server.process.wait()


@functools.cache
def shared_model() -> str:
  """Returns a model folder with version 1, which tests only read."""
  # Imported late: what needs no model should not wait for TensorFlow.
  from tests.export.serving import tiny_served

  folder = tempfile.mkdtemp(prefix='served')
  atexit.register(shutil.rmtree, folder, ignore_errors=True)
  tiny_served.write(os.path.join(folder, 'tiny', '1'))
  return os.path.join(folder, 'tiny')


@functools.cache
def shared() -> Server:
  """Returns a server that the tests of this process share."""
  return start(
    shared_model(),
    *('--max_batch_size=4', '--queue_size=16', '--request_timeout_s=20'),
    *('--max_body_mb=2', '--max_image_mb=0.5', '--max_pixels=1000000'),
    *('--version_label=stable=1', '--headers_timeout_s=1'),
  )


def as_json(value: Any) -> Any:
  """Returns an input of a request as JSON has it."""
  if isinstance(value, bytes):
    return {'b64': base64.b64encode(value).decode()}
  return np.asarray(value).tolist()


def instance(request: dict) -> dict:
  """Returns the inputs of one example as an object of "instances"."""
  return {name: as_json(value) for name, value in request.items()}


def pictures(answer: Answer) -> list[bytes]:
  """Returns the encoded pictures of a response in rows."""
  assert answer.status == 200, answer.body
  return [base64.b64decode(x['b64']) for x in answer.body['predictions']]
