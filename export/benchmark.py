# SPDX-License-Identifier: Apache-2.0
r"""Times exported files, one beside the other, without TensorFlow.

    python -m export.benchmark --model=weights/try_on/try_on_int8.tflite \
      --model=weights/try_on/try_on_float16.tflite --threads=2

Runs take turns, so that a busy machine slows all of them alike: compare the
ratios of one call, not the milliseconds of two. `--threads` can be repeated,
too. The size as gzip is that of a download. `--beside=COMMAND` adds a program
of your own, which is started once, reads a line for each run and answers with a
line when it is done. Peak memory is that of a process that opens the file and
runs it, with Python and numpy in it.
"""

import argparse
import gzip
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
# What a process of its own runs, to have its peak memory measured.
_IN_ITS_PROCESS = """
import sys
from clothflow_tf.inference import drawn
from export import runtime
model = runtime.Runtime(sys.argv[1], int(sys.argv[2]))
for _ in range(3):
  model.outputs(drawn.raw_inputs(model.task, model.size, 1)[0])
with open('/proc/self/status') as file:
  lines = dict(line.split(':') for line in file)
print(lines['VmHWM'].split()[0])
"""


class _File:
  """An exported file that is timed."""

  def __init__(self, path: str, threads: int):
    self.name = path
    start = time.perf_counter()
    self._model = runtime.Runtime(path, threads)
    self._inputs = drawn.raw_inputs(self._model.task, self._model.size, 1)[0]
    self.facts = {'bytes': os.path.getsize(path), 'size': self._model.size}
    opened = time.perf_counter()
    self._model.outputs(self._inputs)
    self.facts['start_ms'] = 1000 * (time.perf_counter() - start)
    self.facts['first_run_ms'] = 1000 * (time.perf_counter() - opened)
    self.facts['threads'] = threads
    with open(path, 'rb') as file:
      self.facts['gzip_bytes'] = len(gzip.compress(file.read()))
    self.facts['peak_mb'] = _peak(path, threads)

  def run(self) -> None:
    self._model.outputs(self._inputs)


def _peak(path: str, threads: int) -> float | None:
  """Returns a process's peak memory in megabytes; None where unknown."""
  if not sys.platform.startswith('linux'):
    return None
  command = [sys.executable, '-c', _IN_ITS_PROCESS, path, str(threads)]
  environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
  done = subprocess.run(
    command, env=environment, check=True, capture_output=True, text=True
  )
  # Kilobytes. (ru_maxrss would begin with the peak of this process.)
  return int(done.stdout.split()[-1]) / 1024


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
  parser.add_argument(
    '--threads', type=int, action='append', help='of the kernels; repeat it'
  )
  parser.add_argument('--runs', type=int, default=50, help='of each')
  parser.add_argument('--json', help='file to write the numbers to')
  given = parser.parse_args(argv)
  try:
    threads = given.threads or [os.cpu_count()]
    contestants = [_File(x, n) for n in threads for x in given.model]
    contestants += [_Command(command) for command in given.beside]
    rows = measure(contestants, given.runs)
    result = {'machine': machine(), 'runs': rows}
    if given.json:
      files.write_json(given.json, result)
  except (ValueError, OSError) as error:
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  print(json.dumps(result['machine']))
  for row in rows:
    print(_line(row))
  return 0


def _line(row: dict[str, Any]) -> str:
  times = f'{row["median_ms"]:8.1f} ms  p95 {row["p95_ms"]:7.1f}  '
  line = f'{times}x{row["ratio"]:.2f}  {row["name"]}'
  if 'bytes' in row:
    line += f'  {row["bytes"] / 1e6:.2f} MB, '
    line += f'{row["gzip_bytes"] / 1e6:.2f} as gzip, {row["threads"]} threads, '
    line += f'open in {row["start_ms"]:.0f} ms'
  if row.get('peak_mb'):
    line += f', {row["peak_mb"]:.0f} MB of memory'
  return line


if __name__ == '__main__':
  sys.exit(main())
