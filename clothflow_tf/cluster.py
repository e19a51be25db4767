# SPDX-License-Identifier: Apache-2.0
r"""Trains with several worker processes on this machine.

    python -m clothflow_tf.cluster --workers=2 -- --config=configs/demo.py \
      --run_dir=runs/demo --stage=flow

starts `clothflow_tf.train` once for each worker, with the flags after `--`. The
environment variable TF_CONFIG says which worker it is and where the others are.
When a worker dies, the others notice and end; all are then started again and go
on from the last backup. On several machines a cluster manager does the same,
see docs/training.md. SIGTERM is passed on to the workers; when they have ended,
this program ends with 75.
"""

from collections.abc import Sequence
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from absl import app
from absl import flags

from clothflow_tf import program

_WORKERS = flags.DEFINE_integer('workers', 2, 'processes', lower_bound=1)
_RESTARTS = flags.DEFINE_integer(
  'restarts', 3, 'how often all workers may be started again', lower_bound=0
)
_PATIENCE = flags.DEFINE_integer(
  'patience', 120, 'seconds that the others have to notice that one is gone'
)


def main(argv: list[str]) -> int:
  if '--strategy' in ' '.join(argv[1:]):
    raise app.UsageError('the strategy is multi_worker, give no --strategy')
  asked = threading.Event()
  signal.signal(signal.SIGTERM, lambda *_: asked.set())
  for attempt in range(_RESTARTS.value + 1):
    if attempt:
      print(f'cluster: start {attempt + 1} of all workers', flush=True)
    statuses = _run(argv[1:], asked)
    if not any(statuses):
      return 0
    if asked.is_set():
      print('cluster: stopped on request', flush=True)
      return program.STOPPED
    print(f'cluster: workers ended with {statuses}', flush=True)
    # A mistake in configuration, data or disk would fail again. The first
    # worker reports it with 1; the others, which lost that worker, end with 75.
    if statuses[0] == 1 or not any(
      x < 0 or x == program.STOPPED for x in statuses
    ):
      break
  return max(map(abs, statuses))


def _run(arguments: Sequence[str], asked: threading.Event) -> list[int]:
  """Runs all workers to their end; returns their exit statuses.

  Args:
    arguments: flags of `clothflow_tf.train`.
    asked: set by SIGTERM, which is passed on.
  """
  addresses = [f'localhost:{port}' for port in free_ports(_WORKERS.value)]
  workers = [
    _start(arguments, addresses, index) for index in range(len(addresses))
  ]
  try:
    while all(worker.poll() is None for worker in workers):
      if asked.wait(0.2):
        for worker in workers:
          worker.terminate()
        break
    deadline = time.monotonic() + _PATIENCE.value
    finished = not asked.is_set() and all(
      worker.poll() in (None, 0) for worker in workers
    )
    for worker in workers:
      left = max(0.0, deadline - time.monotonic())
      worker.wait(None if finished else left)
  except subprocess.TimeoutExpired:
    print('cluster: a worker waits for one that is gone', flush=True)
  finally:
    for worker in workers:
      if worker.poll() is None:
        worker.kill()
  return [worker.wait() for worker in workers]


def _start(
  arguments: Sequence[str], addresses: list[str], index: int
) -> subprocess.Popen:
  command = [sys.executable, '-m', 'clothflow_tf.train']
  worker = subprocess.Popen(
    [*command, '--strategy=multi_worker', *arguments],
    env=environment(addresses, index),
    # Only the first one's progress; every worker's errors.
    stdout=None if index == 0 else subprocess.DEVNULL,
  )
  print(f'cluster: worker {index} is process {worker.pid}', flush=True)
  return worker


def environment(addresses: list[str], index: int) -> dict[str, str]:
  """Returns the environment of one worker: TF_CONFIG, and a quiet log."""
  task = {'type': 'worker', 'index': index}
  place = {'cluster': {'worker': addresses}, 'task': task}
  return {
    **os.environ,
    'TF_CONFIG': json.dumps(place),
    'TF_CPP_MIN_LOG_LEVEL': '3',
  }


def free_ports(count: int) -> list[int]:
  """Returns ports of this machine that nothing listens on."""
  sockets = [socket.socket() for _ in range(count)]
  for each in sockets:
    each.bind(('localhost', 0))
  ports = [each.getsockname()[1] for each in sockets]
  for each in sockets:
    each.close()
  return ports


if __name__ == '__main__':
  program.run(main, with_arguments=True)
