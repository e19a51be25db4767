# SPDX-License-Identifier: Apache-2.0
"""Claims: a full disk ends no server, and half a version is never served.

/dev/full refuses every byte as a full disk does. A version that was copied to
one is cut somewhere.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from export.serving.server import tensorflow_model
from tests.export.serving import servers
from tests.export.serving import tiny_served

FULL = '/dev/full'
DATA = 'variables/variables.data-00000-of-00001'
# TensorFlow has a kind for each file, and none for them all.
ERRORS = (IndexError, OSError, ValueError, tf.errors.OpError)
REQUEST = tiny_served.request(0)


def _cut(folder, name, kept):
  """Cuts a file of a version to a share of its bytes."""
  path = pathlib.Path(folder, name)
  content = path.read_bytes()
  path.write_bytes(content[: int(kept * len(content))])


@pytest.mark.parametrize('kept', [0.0, 0.5, 0.999])
@pytest.mark.parametrize(
  'name', [DATA, 'variables/variables.index', 'saved_model.pb']
)
def test_a_version_that_is_cut_anywhere_is_not_loaded(tmp_path, name, kept):
  folder = str(tmp_path / '2')
  shutil.copytree(f'{servers.shared_model()}/1', folder)
  _cut(folder, name, kept)
  with pytest.raises(ERRORS):
    tensorflow_model.SavedModel(folder)


def _started(model):
  """Starts a server that cannot write a byte; returns when it answers."""
  with socket.create_server(('127.0.0.1', 0)) as free:
    port = free.getsockname()[1]
  flags = (f'--port={port}', '--grpc_port=-1', '--poll_s=0.1')
  with open(FULL, 'w', encoding='utf-8') as full:
    process = subprocess.Popen(
      [sys.executable, '-m', servers.PROGRAM, f'--model_dir={model}', *flags],
      cwd=servers.REPO,
      env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '0'},
      stdout=full,
      stderr=full,
    )
  server = servers.Server(process, '127.0.0.1', port, '/v1/models/tiny', '', '')
  _wait(lambda: _answers(server), process)
  return server


def _answers(server):
  try:
    return server.get('/readyz').status == 200
  except ConnectionRefusedError:
    return False


def _wait(condition, process):
  end = time.monotonic() + 120
  while not condition():
    assert process.poll() is None
    assert time.monotonic() < end
    time.sleep(0.05)


@pytest.mark.skipif(not os.path.exists(FULL), reason='a device of Linux')
def test_a_server_whose_log_is_full_serves_on_with_the_whole_version(tmp_path):
  model = tmp_path / 'tiny'
  shutil.copytree(servers.shared_model(), model)
  server = _started(model)

  def has_given_up_the_second():
    listed = server.get(server.path).body['model_version_status']
    return ('2', 'END') in {(x['version'], x['state']) for x in listed}

  try:
    body = {'instances': [servers.instance(REQUEST)]}
    before = servers.pictures(server.predict(body))
    partial = tiny_served.write(str(model / 'second'), number=60)
    _cut(partial, DATA, 0.5)
    os.rename(partial, model / '2')
    _wait(has_given_up_the_second, server.process)
    assert servers.pictures(server.predict(body)) == before
    assert server.stop() == 0
  finally:
    server.process.kill()
