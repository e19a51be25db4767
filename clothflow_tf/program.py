# SPDX-License-Identifier: Apache-2.0
"""How every program starts, and how it ends when its input is at fault."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import gc
import os
import signal
import sys
from typing import Any

from absl import app
from absl import flags
from absl import logging

# What the library raises about files, configurations and numbers.
_EXPECTED = (ValueError, OSError, FloatingPointError)
# Exit status after SIGTERM: EX_TEMPFAIL, which Windows does not define.
STOPPED = 75


def refuse(names: Iterable[str], context: str) -> None:
  """Refuses flags that have no effect.

  Args:
    names: the flags that do not apply.
    context: what they do not apply to, such as '--check'.

  Raises:
    app.UsageError: one of them was given; names it.
  """
  given = [f'--{name}' for name in names if flags.FLAGS[name].present]
  if given:
    raise app.UsageError(f'{", ".join(given)}: not for {context}')


@contextlib.contextmanager
def stoppable(message: str) -> Iterator[None]:
  """Within, SIGTERM prints a message and ends the program with `STOPPED`."""

  def stop(*_: Any) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(STOPPED)

  before = signal.signal(signal.SIGTERM, stop)
  try:
    yield
  finally:
    signal.signal(signal.SIGTERM, before)


def collect_less() -> None:
  """Has Python's collector look through all objects less often.

  Tracing a graph makes so many that it went through those of TensorFlow's
  modules again and again: a quarter of the time of the tests.
  """
  gc.set_threshold(20_000, 50, 50)


def run(
  main: Callable[[list[str]], int | None], with_arguments: bool = False
) -> None:
  """Runs a program's main with its flags parsed, then exits.

  An error about the user's files, configuration or data becomes one line on
  the standard error stream and the exit status 1; with --verbosity=1 its
  traceback is shown.

  Args:
    main: takes sys.argv without the flags.
    with_arguments: whether anything but flags may stand there.
  """
  # TensorFlow's C++ start-up notes, some of them marked as errors, hide what a
  # program says; what fails is raised as an exception all the same.
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  collect_less()

  started = False

  def guarded(argv: list[str]) -> int | None:
    nonlocal started
    started = True
    logged = logging.get_verbosity()
    if logged == logging.INFO:  # absl's default; names every file opened.
      logging.set_verbosity(logging.WARNING)
    if len(argv) > 1 and not with_arguments:
      raise app.UsageError(f'unexpected arguments: {argv[1:]}')
    try:
      return main(argv)
    except _EXPECTED as error:
      if logged >= logging.DEBUG:
        raise
      print(f'error: {error}', file=sys.stderr)
      return 1

  try:
    app.run(guarded)
  except KeyError as error:  # How config_flags refuses an unknown key.
    if started:
      raise
    print(f'error: {error.args[0]}', file=sys.stderr)
    sys.exit(1)
