# SPDX-License-Identifier: Apache-2.0
"""Claims: on SIGTERM gRPC answers what it took, and refuses what is new."""

from concurrent import futures
import dataclasses
import re
import signal
import socket
import time

import grpc
import numpy as np

from export.serving.wire import protos
from export.serving.wire import tensor_protos
from tests.export.serving import servers

CLIENTS = 4
# Steps of the signature `work`: a good part of a second, and hardly any time.
LONG, SHORT = 60_000, 500
# Seconds that no call needs, also on a machine with much else to do.
_PATIENCE = 180
# To end in: less, so that a server which waits for a call is found.
_END = 120


@dataclasses.dataclass
class _Call:
  """A call that was made: when it was sent and came back, and its status."""

  sent: float
  back: float
  code: str


def _start(drain_s, *more):
  """Starts a server that gives up no call on a busy machine."""
  flags = (f'--drain_s={drain_s}', f'--request_timeout_s={_PATIENCE}')
  return servers.start(servers.shared_model(), *flags, *more)


def _predict(channel, steps):
  request = protos.PredictRequest(
    model_spec=protos.ModelSpec(name='tiny', signature_name='work')
  )
  array = np.array([steps], np.int32)
  request.inputs['n'].CopyFrom(tensor_protos.to_proto(array))
  call = channel.unary_unary(f'/{protos.PREDICTION_SERVICE}/Predict')
  sent, code = time.monotonic(), 'OK'
  try:
    call(request.SerializeToString(), timeout=_PATIENCE)
  except grpc.RpcError as error:
    code = error.code().name
  return _Call(sent, time.monotonic(), code)


def _ask_until_refused(server):
  """Asks again and again until one call gets no result; returns all calls."""
  calls = []
  with grpc.insecure_channel(server.grpc) as channel:
    while not calls or calls[-1].code == 'OK':
      calls.append(_predict(channel, SHORT))
  return calls


def test_a_signal_under_load_fails_no_call_that_was_taken():
  server = _start(1)
  with futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
    load = [pool.submit(_ask_until_refused, server) for _ in range(CLIENTS)]
    with grpc.insecure_channel(server.grpc) as channel:
      assert _predict(channel, SHORT).code == 'OK'
      taken = pool.submit(_predict, channel, LONG)
      time.sleep(0.1)
      assert not taken.done()
      signalled = time.monotonic()
      server.process.send_signal(signal.SIGTERM)
      long = taken.result()
    calls = [call for each in load for call in each.result()]
  assert server.process.wait(_END) == 0
  assert long.code == 'OK'
  assert long.back > signalled
  assert {x.code for x in calls if x.sent < signalled} == {'OK'}
  refused = [x.code for x in calls if x.code != 'OK']
  assert len(refused) == CLIENTS
  # CANCELLED is what gRPC's core makes of a call that comes as it stops: here,
  # of one sent at the very end, after an answer that was long in coming.
  assert {*refused} <= {'UNAVAILABLE', 'CANCELLED'}


def _status(channel):
  """Asks what waits for no model; returns the status code."""
  request = protos.GetModelStatusRequest(
    model_spec=protos.ModelSpec(name='tiny')
  )
  call = channel.unary_unary(f'/{protos.MODEL_SERVICE}/GetModelStatus')
  try:
    call(request.SerializeToString(), timeout=_PATIENCE)
  except grpc.RpcError as error:
    return error.code().name
  return 'OK'


def _queue(server):
  text = server.get('/monitoring/prometheus/metrics').body.decode()
  return float(re.search(r'^\S*queue (\S+)$', text, re.MULTILINE)[1])


def _refuses_connections(address):
  host, port = address.split(':')
  try:
    socket.create_connection((host, int(port)), _PATIENCE).close()
  except ConnectionRefusedError:
    return True
  return False


def test_while_rest_answers_its_last_grpc_stops_and_signals_drop_nothing():
  # Of two requests one waits: then the server has taken both.
  server = _start(0, '--max_batch_size=1')
  body = {'signature_name': 'work', 'instances': [10 * LONG]}
  with (
    futures.ThreadPoolExecutor(2) as pool,
    grpc.insecure_channel(server.grpc) as channel,
  ):
    assert _predict(channel, SHORT).code == 'OK'
    rest = pool.submit(server.predict, body)
    call = pool.submit(_predict, channel, LONG)
    while not _queue(server):
      time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    while (code := _status(channel)) == 'OK':
      pass
    # Never CANCELLED: calls are refused for a while before gRPC stops.
    assert code == 'UNAVAILABLE'
    server.process.send_signal(signal.SIGTERM)
    while not _refuses_connections(server.grpc):
      time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    assert not rest.done()
    assert rest.result().status == 200
    assert call.result().code == 'OK'
  assert server.process.wait(_END) == 0
