# SPDX-License-Identifier: Apache-2.0
"""Claims about the client over gRPC: when it asks again, and gives up."""

from concurrent import futures
import os
import socket

import grpc
import numpy as np
import pytest

from clothflow_tf.inference import encoded
from export import client
from export.serving import calls
from export.serving.wire import protos
from export.serving.wire import tensor_protos
from tests.export.serving import person_files

PICTURE = encoded.png(np.full((4, 3, 3), 9, np.uint8))


@pytest.fixture
def flags(tmp_path):
  return person_files.write(tmp_path)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
  """Lets no test wait; returns how long it would have been."""
  seconds = []
  monkeypatch.setattr(calls.time, 'sleep', seconds.append)
  return seconds


@pytest.fixture
def flaky_grpc():
  """Starts a server that refuses calls with some codes, then gives a picture.

  Returns its address and the codes that are left.
  """
  made = grpc.server(futures.ThreadPoolExecutor(1))

  def start(*codes):
    plan = [*codes]

    def predict(request, context):
      if plan:
        context.abort(plan.pop(0), 'no')
      response = protos.PredictResponse()
      picture = np.array([PICTURE], object)
      response.outputs[encoded.RESULT].CopyFrom(tensor_protos.to_proto(picture))
      return response.SerializeToString()

    handlers = {'Predict': grpc.unary_unary_rpc_method_handler(predict)}
    made.add_generic_rpc_handlers(
      [
        grpc.method_handlers_generic_handler(
          protos.PREDICTION_SERVICE, handlers
        )
      ]
    )
    port = made.add_insecure_port('127.0.0.1:0')
    made.start()
    return f'127.0.0.1:{port}', plan

  yield start
  made.stop(0)


@pytest.mark.parametrize(
  'code', ['UNAVAILABLE', 'CANCELLED', 'DEADLINE_EXCEEDED']
)
def test_a_busy_grpc_server_is_asked_again(flaky_grpc, flags, waits, code):
  address, plan = flaky_grpc(*2 * [grpc.StatusCode[code]])
  assert client.main(person_files.argv(flags, grpc=address)) == 0
  assert plan == []
  assert len(waits) == 2
  assert os.path.exists(flags['output'])


def test_the_end_of_ones_own_patience_is_the_end(flags, waits, capsys):
  with socket.create_server(('127.0.0.1', 0)) as silent:
    address = f'127.0.0.1:{silent.getsockname()[1]}'
    given = [*person_files.argv(flags, grpc=address), '--timeout_s=1']
    assert client.main(given) == 1
  assert 'DEADLINE_EXCEEDED' in capsys.readouterr().err
  assert waits == []


def test_a_refusal_by_grpc_is_not_asked_again(flaky_grpc, flags, waits, capsys):
  address, _ = flaky_grpc(grpc.StatusCode.INVALID_ARGUMENT)
  assert client.main(person_files.argv(flags, grpc=address)) == 1
  assert 'INVALID_ARGUMENT: no' in capsys.readouterr().err
  assert waits == []
