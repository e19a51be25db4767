# SPDX-License-Identifier: Apache-2.0
r"""Times exported files, one beside the other, without TensorFlow.

    python -m export.benchmark --model=weights/try_on/try_on_int8.tflite \
      --model=weights/try_on/try_on_float16.tflite --threads=2

Runs take turns, so that a busy machine slows all of them alike: compare the
ratios of one call, not the milliseconds of two. `--beside=COMMAND` adds a
program of your own, which is started once, reads a line for each run and
answers with a line when it is done.
"""

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from typing import Any

from clothflow_tf import files
from clothflow_tf.inference import drawn
from export import runtime

# Of the processor's flags, those that matter for convolutions.
_FLAGS = ('avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx_vnni', 'asimddp')
_WARM = 3


class _File:
  """An exported file that is timed."""

  def __init__(self, path: str, threads: int):
    start = time.perf_counter()
    self.name = path
    self._model = runtime.Runtime(path, threads)
    self._inputs = drawn.raw_inputs(self._model.task, self._model.size, 1)[0]
    self.facts = {'bytes': os.path.getsize(path), 'size': self._model.size}
    opened = time.perf_counter()
    self._model.outputs(self._inputs)
    self.facts['start_ms'] = 1000 * (time.perf_counter() - start)
    self.facts['first_run_ms'] = 1000 * (time.perf_counter() - opened)

  def run(self) -> None:
    self._model.outputs(self._inputs)


class _Command:
  """A program of somebody else that is timed."""

  def __init__(self, command: str):
    self.name, self.facts = command, {}
    self._process = subprocess.Popen(
      shlex.split(command),
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
    )

  def run(self) -> None:
    self._process.stdin.write('\n')
    self._process.stdin.flush()
    if not self._process.stdout.readline():
      raise files.InputError(
        self.name, 'ended; expected a line of answer for each line'
      )


def measure(contestants: list[Any], runs: int) -> list[dict[str, Any]]:
  """Returns each one's facts with its times in milliseconds.

  Args:
    contestants: have a name, facts and `run`.
    runs: of each.
  """
  times = [[] for _ in contestants]
  for turn in range(_WARM + runs):
    for contestant, own in zip(contestants, times):
      start = time.perf_counter()
      contestant.run()
      if turn >= _WARM:
        own.append(1000 * (time.perf_counter() - start))
  first = statistics.median(times[0])
  return [
    {
      'name': contestant.name,
      **contestant.facts,
      'median_ms': statistics.median(own),
      'p95_ms': sorted(own)[int(0.95 * (len(own) - 1))],
      'ratio': statistics.median(own) / first,
    }
    for contestant, own in zip(contestants, times)
  ]


def machine() -> dict[str, Any]:
  """Returns what the times depend on."""
  model, flags = platform.processor() or platform.machine(), []
  if os.path.exists('/proc/cpuinfo'):
    with open('/proc/cpuinfo', encoding='utf-8') as file:
      lines = dict(
        [part.strip() for part in line.partition(':')[::2]] for line in file
      )
    model = lines.get('model name', model)
    known = (lines.get('flags') or lines.get('Features', '')).split()
    flags = [flag for flag in _FLAGS if flag in known]
  return {
    'processor': model,
    'flags': flags,
    'cores': os.cpu_count(),
    'load': os.getloadavg()[0] if hasattr(os, 'getloadavg') else None,
  }


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = argparse.ArgumentParser(
    prog='python -m export.benchmark', allow_abbrev=False
  )
  parser.add_argument(
    '--model', action='append', required=True, help='a .tflite file; repeat it'
  )
  parser.add_argument(
    '--beside', action='append', default=[], help='a program to time beside'
  )
  parser.add_argument('--threads', type=int, default=os.cpu_count())
  parser.add_argument('--runs', type=int, default=50, help='of each')
  parser.add_argument('--json', help='file to write the numbers to')
  given = parser.parse_args(argv)
  try:
    contestants = [_File(path, given.threads) for path in given.model]
    contestants += [_Command(command) for command in given.beside]
    rows = measure(contestants, given.runs)
    result = {'threads': given.threads, 'machine': machine(), 'runs': rows}
    if given.json:
      files.write_json(given.json, result)
  except (ValueError, OSError) as error:
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  print(json.dumps(result['machine']), f'{given.threads} threads')
  for row in rows:
    size = f'{row["bytes"] / 1e6:.2f} MB' if 'bytes' in row else ''
    print(
      f'{row["median_ms"]:8.1f} ms  p95 {row["p95_ms"]:7.1f}  '
      f'x{row["ratio"]:.2f}  {size:8s} {row["name"]}'
    )
  return 0


if __name__ == '__main__':
  sys.exit(main())
