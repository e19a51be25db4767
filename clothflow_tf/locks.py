# SPDX-License-Identifier: Apache-2.0
"""Locks: what one process at a time may work on.

A lock is a file that names the process holding it, locked with flock. Windows
and some file systems of clusters have no flock: there nothing is locked, and
two processes that train one stage at the same time are not kept apart.
"""

from collections.abc import Iterator
import contextlib
import errno
import os
import socket
from typing import TextIO

# How a file system says that it has no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextlib.contextmanager
def hold(path: str, message: str) -> Iterator[None]:
  """Holds an exclusive lock until the block ends or the process dies.

  Args:
    path: the lock's file; it is made if missing, and kept.
    message: what the error says if another process holds the lock.

  Raises:
    BlockingIOError: another process holds it; names the process.
  """
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  with open(path, 'a+', encoding='utf-8') as file:
    if not _lock(file, exclusive=True):
      file.seek(0)
      raise BlockingIOError(f'{message} (process {file.read()})')
    file.truncate(0)
    file.write(f'{os.getpid()} on {socket.gethostname()}')
    file.flush()
    yield


def is_held(path: str) -> bool:
  """Says whether a process holds a lock."""
  if not os.path.isfile(path):
    return False
  with open(path, encoding='utf-8') as file:
    return not _lock(file, exclusive=False)


def _lock(file: TextIO, exclusive: bool) -> bool:
  """Locks an open file; returns False if another process has locked it."""
  try:
    import fcntl  # Windows has none.
  except ImportError:
    return True
  kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
  try:
    fcntl.flock(file, kind | fcntl.LOCK_NB)
  except BlockingIOError:
    return False
  except OSError as error:
    if error.errno not in _NO_LOCKS:
      raise
  return True
