# SPDX-License-Identifier: Apache-2.0
"""Locks: what one process at a time may work on.

The system's own (flock), on a file that names the process that holds it.
"""

from collections.abc import Iterator
import contextlib
import errno
import fcntl
import os
import socket


@contextlib.contextmanager
def alone(path: str, told: str) -> Iterator[None]:
  """Holds a lock, a file that stays; the system lets go of it at any end.

  Raises:
    BlockingIOError: another process holds it; says what is told, and which.
  """
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  with open(path, 'a+', encoding='utf-8') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      file.seek(0)
      raise BlockingIOError(f'{told} (process {file.read()})') from None
    except OSError as error:
      # Some file systems of clusters have no locks.
      if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
        raise
    file.truncate(0)
    file.write(f'{os.getpid()} on {socket.gethostname()}')
    file.flush()
    yield


def is_held(path: str) -> bool:
  """Says whether a process holds a lock."""
  if not os.path.isfile(path):
    return False
  with open(path, encoding='utf-8') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
      return isinstance(error, BlockingIOError)
  return False
