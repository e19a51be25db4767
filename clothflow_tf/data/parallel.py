# SPDX-License-Identifier: Apache-2.0
"""Examples made by many processes: in order, a bounded number in memory.

Workers import no TensorFlow unless the function that they run does, and neither
does this module: the check of a folder of photographs runs on it.
"""

import collections
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent import futures
import multiprocessing
import os
import threading
from typing import Any

# Examples in flight for each worker: enough to hide the writer's pauses.
_AHEAD = 8


def in_order(
  function: Callable[[Any], Any], items: Iterable[Any], workers: int
) -> Iterator[Any]:
  """Yields `function(item)` for each item, in order.

  Args:
    function: can be pickled, as can what it takes and returns.
    items: are drawn as workers become free.
    workers: processes; 1 works in this one.
  """
  if workers <= 1:
    yield from map(function, items)
    return
  # 'spawn': a forked child of a process that runs TensorFlow may hang.
  context = multiprocessing.get_context('spawn')
  pool = futures.ProcessPoolExecutor(workers, context, _follow_parent)
  with pool:
    pending = collections.deque()
    try:
      for item in items:
        pending.append(pool.submit(function, item))
        if len(pending) >= workers * _AHEAD:
          yield pending.popleft().result()
      while pending:
        yield pending.popleft().result()
    finally:
      for left in pending:
        left.cancel()


def _follow_parent() -> None:
  """Ends a worker when the process that started it was killed."""

  def wait() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)

  threading.Thread(target=wait, daemon=True).start()
