# SPDX-License-Identifier: Apache-2.0
"""Runs the project's own programs, each in a process with a log file.

A log begins with its command, so that what was run can be run again by hand.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import os
import shlex
import subprocess
import sys
import time

_SHOWN = 30  # Seconds from one line of progress to the next.
_END = 2000  # Characters of a log that explain a failure.


class JobError(OSError):
  """A program failed; names it, its log and the log's end."""


def run(module: str, arguments: Sequence[str], log: str, threads: int) -> None:
  """Runs a program to its end.

  Args:
    module: what stands behind `python -m`.
    arguments: its flags.
    log: file that its output is added to.
    threads: how many an operation may use.

  Raises:
    JobError: it failed.
  """
  os.makedirs(os.path.dirname(log), exist_ok=True)
  environment = {
    **os.environ,
    'TF_CPP_MIN_LOG_LEVEL': '3',
    'PYTHONWARNINGS': 'ignore',
    'TF_NUM_INTRAOP_THREADS': str(threads),
    'CI': '1',  # Plain lines of progress instead of bars.
  }
  command = [sys.executable, '-m', module, *arguments]
  with open(log, 'a', encoding='utf-8') as file:
    file.write(f'$ {shlex.join(["python", *command[1:]])}\n')
    file.flush()
    done = subprocess.run(
      command, stdout=file, stderr=subprocess.STDOUT, env=environment
    )
  if done.returncode:
    with open(log, encoding='utf-8', errors='replace') as file:
      end = file.read()[-_END:]
    raise JobError(f'{module} failed; {log} ends in\n{end}')


def in_parallel(
  jobs: Mapping[str, Callable[[], None]],
  count: int,
  finished: Callable[[], None],
) -> None:
  """Runs named jobs in order, so many at once, and tells of each.

  Args:
    jobs: what to do, by name.
    count: how many at once.
    finished: called after each job, in this thread.

  Raises:
    JobError: one failed; those that have not begun do not begin.
  """
  start = time.monotonic()
  with futures.ThreadPoolExecutor(count) as pool:
    waiting = {pool.submit(job): name for name, job in jobs.items()}
    while waiting:
      done, _ = futures.wait(
        waiting, _SHOWN, return_when=futures.FIRST_COMPLETED
      )
      minutes = (time.monotonic() - start) / 60
      for future in done:
        name = waiting.pop(future)
        if future.exception():
          for other in waiting:
            other.cancel()
          raise future.exception()
        print(
          f'{minutes:6.1f} min: {name} done, {len(waiting)} jobs left',
          flush=True,
        )
        finished()
