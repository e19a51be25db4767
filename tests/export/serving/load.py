# SPDX-License-Identifier: Apache-2.0
"""Measures the server under load beside the model in a process of its own.

    python -m tests.export.serving.load --model_dir=served/try_on
    python -m tests.export.serving.load --backend=tflite \
      --model_dir=weights/try_on/try_on_int8.tflite

Two things take turns, of --turn seconds, so that a busy machine slows them
alike: closed-loop clients (each sends its next request when it has its answer)
at the server, and a process that runs the same model on the same batches with
nothing around it. Printed are the ratio of their rates, the latencies, what
failed, and the server's memory over `--requests` requests more. Requests are
drawn people, of --photo's size where the model takes encoded pictures.
"""

import argparse
from concurrent import futures
import itertools
import json
import re
import subprocess
import sys
import time

import numpy as np

from clothflow_tf.inference import drawn
from clothflow_tf.inference import encoded
from clothflow_tf.inputs import raw
from export.serving import grpc_calls
from export.serving.server import tflite_model
from export.serving.wire import protos
from export.serving.wire import signatures
from export.serving.wire import tensor_protos
from tests.export.serving import servers

_PEOPLE = 8
# Of server and clients: latencies are measured, not cut.
_PATIENCE_S = 120
_MEMORY = re.compile(rb'^process_resident_memory_bytes (\S+)', re.MULTILINE)


def _model(given: argparse.Namespace, path: str) -> tflite_model.TFLiteModel:
  """Returns the model in a file or folder, loaded as the server does it."""
  if given.backend == 'tflite':
    return tflite_model.TFLiteModel(path, given.threads)
  import tensorflow as tf

  from export.serving.server import tensorflow_model

  tf.config.threading.set_intra_op_parallelism_threads(given.threads)
  return tensorflow_model.SavedModel(path)


def _examples(
  specs: dict[str, signatures.Spec], photo: raw.Size
) -> list[raw.Arrays]:
  """Returns drawn people as inputs of a signature, without a batch."""
  image = specs['person_image']
  if not image.is_text:
    return drawn.raw_inputs('try_on', raw.Size(*image.shape[1:3]), _PEOPLE)
  dolls = drawn.raw_inputs('try_on', photo, _PEOPLE)
  return [
    {
      name: encoded.png(doll[name]) if spec.is_text else doll[name]
      for name, spec in specs.items()
    }
    for doll in dolls
  ]


def _stacked(
  specs: dict[str, signatures.Spec], examples: list[raw.Arrays]
) -> signatures.Arrays:
  return {
    name: np.array([x[name] for x in examples], spec.dtype)
    for name, spec in specs.items()
  }


def _local(given: argparse.Namespace) -> None:
  """Runs batches for as many seconds as each line says; prints how many."""
  model = _model(given, given.local)
  specs = model.signatures[given.signature].inputs
  examples = itertools.cycle(_examples(specs, _size(given)))
  batches = [
    _stacked(specs, [next(examples) for _ in range(given.batch)])
    for _ in range(_PEOPLE)
  ]
  model.run(given.signature, batches[0])
  print('ready', flush=True)
  for line in sys.stdin:
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < float(line):
      model.run(given.signature, batches[count % len(batches)])
      count += 1
    seconds = time.perf_counter() - start
    print(count * given.batch / seconds, flush=True)


class _Clients:
  """Closed-loop clients.

  Attributes:
    latencies: seconds of each answer.
    failures: what was no answer.
  """

  def __init__(self, server: servers.Server, given: argparse.Namespace):
    self._server, self._given = server, given
    metadata = server.get(f'{server.path}/metadata').body['metadata']
    inputs = metadata['signature_def']['signature_def'][given.signature]
    specs = {k: _spec_of(x) for k, x in inputs['inputs'].items()}
    examples = _examples(specs, _size(given))
    self._bodies = [self._body(specs, example) for example in examples]
    self.latencies: list[float] = []
    self.failures: list[str] = []

  def _body(
    self, specs: dict[str, signatures.Spec], example: raw.Arrays
  ) -> bytes:
    name = self._given.signature
    if not self._given.grpc:
      rows = [servers.instance(example)]
      body = {'signature_name': name, 'instances': rows}
      return json.dumps(body).encode()
    spec = protos.ModelSpec(
      name=self._server.path.rsplit('/')[-1], signature_name=name
    )
    request = protos.PredictRequest(model_spec=spec)
    if self._given.output:
      request.output_filter.append(self._given.output)
    for key, array in _stacked(specs, [example]).items():
      request.inputs[key].CopyFrom(tensor_protos.to_proto(array))
    return request.SerializeToString()

  def run(self, seconds: float, requests: float = float('inf')) -> float:
    """Asks for so long, or so often; returns answers a second."""
    start, before = time.perf_counter(), len(self.latencies)
    turns = itertools.count()

    def ask() -> None:
      send = self._grpc() if self._given.grpc else self._rest()
      while time.perf_counter() - start < seconds:
        if (turn := next(turns)) >= requests:
          return
        sent = time.perf_counter()
        error = send(self._bodies[turn % len(self._bodies)])
        if error:
          self.failures.append(error)
        else:
          self.latencies.append(time.perf_counter() - sent)

    with futures.ThreadPoolExecutor(self._given.clients) as pool:
      for each in [pool.submit(ask) for _ in range(self._given.clients)]:
        each.result()
    count = len(self.latencies) - before
    return count / (time.perf_counter() - start)

  def _rest(self):
    connection, path = self._server.connect(), self._server.path + ':predict'
    connection.timeout = 2 * _PATIENCE_S

    def send(body: bytes) -> str:
      try:
        answer = servers.ask(connection, 'POST', path, body)
      except OSError as error:
        return repr(error)
      return '' if answer.status == 200 else str(answer.body)

    return send

  def _grpc(self):
    channel = grpc_calls.channel(self._server.grpc)
    call = channel.unary_unary(f'/{protos.PREDICTION_SERVICE}/Predict')

    def send(body: bytes) -> str:
      try:
        call(body)
      except Exception as error:
        return str(error)
      return ''

    return send


def _spec_of(info: dict) -> signatures.Spec:
  sides = [int(dim['size']) for dim in info['tensor_shape']['dim']]
  shape = tuple(None if side < 0 else side for side in sides)
  numbers = {'DT_STRING': 7, 'DT_FLOAT': 1, 'DT_INT32': 3, 'DT_UINT8': 4}
  return signatures.Spec(signatures.dtype_of(numbers[info['dtype']]), shape)


def _size(given: argparse.Namespace) -> raw.Size:
  width, height = map(int, given.photo.split('x'))
  return raw.Size(height, width)


def _memory(server: servers.Server) -> float:
  text = server.get('/monitoring/prometheus/metrics').body
  return float(_MEMORY.search(text)[1]) / 1e6


def _measure(given: argparse.Namespace, argv: list[str]) -> None:
  flags = [
    f'--backend={given.backend}',
    f'--threads={given.threads}',
    f'--max_batch_size={given.batch}',
    f'--batch_timeout_ms={given.batch_timeout_ms}',
    f'--request_timeout_s={_PATIENCE_S}',
  ]
  with servers.running(given.model_dir, *flags) as server:
    place = re.findall(r'is served from (.*)', server.logged())[-1]
    local = subprocess.Popen(
      [sys.executable, '-m', 'tests.export.serving.load', *argv]
      + [f'--local={place}'],
      cwd=servers.REPO,
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
    )
    local.stdout.readline()
    clients = _Clients(server, given)
    clients.run(2.0)
    clients.latencies.clear()
    rates = {'served': [], 'model': []}
    for _ in range(max(1, round(given.seconds / given.turn))):
      rates['served'].append(clients.run(given.turn))
      local.stdin.write(f'{given.turn}\n')
      local.stdin.flush()
      rates['model'].append(float(local.stdout.readline()))
    local.stdin.close()
    _print(given, clients, rates)
    memory = [_memory(server)]
    for _ in range(10 if given.requests else 0):
      clients.run(float('inf'), given.requests / 10)
      memory.append(_memory(server))
    print('memory, MB:', ', '.join(f'{x:.0f}' for x in memory))
    print('failures:', len(clients.failures), clients.failures[:3])


def _print(
  given: argparse.Namespace, clients: _Clients, rates: dict[str, list]
) -> None:
  served, model = (np.mean(rates[name]) for name in ('served', 'model'))
  ratios = np.divide(rates['served'], rates['model'])
  print(
    f'{served:.2f} served, {model:.2f} by the model in batches of '
    f'{given.batch}: {served / model:.3f} (turns {ratios.min():.3f} to '
    f'{ratios.max():.3f})'
  )
  p50, p99 = np.percentile(clients.latencies, [50, 99])
  print(
    f'{len(clients.latencies)} answers to {given.clients} clients: median '
    f'{p50:.3f} s, p99 {p99:.3f} s'
  )


def main(argv: list[str]) -> None:
  parser = argparse.ArgumentParser(prog='python -m tests.export.serving.load')
  parser.add_argument('--model_dir', required=True)
  parser.add_argument('--backend', default='saved_model')
  parser.add_argument('--signature', default='serving_default')
  parser.add_argument('--grpc', action='store_true', help='in place of REST')
  parser.add_argument('--output', default='', help='with --grpc: the only one')
  parser.add_argument('--photo', default='768x1024', help='width x height')
  parser.add_argument('--batch', type=int, default=8)
  parser.add_argument('--batch_timeout_ms', type=float, default=20.0)
  parser.add_argument('--clients', type=int, default=16)
  parser.add_argument('--threads', type=int, default=2)
  parser.add_argument('--seconds', type=float, default=60.0, help='of each')
  # Long turns: as one ends, clients wait for the last of a batch.
  parser.add_argument('--turn', type=float, default=30.0, help='of the seconds')
  parser.add_argument('--requests', type=int, default=5000, help='for memory')
  parser.add_argument('--local', default='', help=argparse.SUPPRESS)
  given = parser.parse_args(argv)
  if given.local:
    _local(given)
  else:
    _measure(given, argv)


if __name__ == '__main__':
  main(sys.argv[1:])
