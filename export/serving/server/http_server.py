# SPDX-License-Identifier: Apache-2.0
"""uvicorn, with what it lacks against slow clients and for a gentle end.

- A client that sends its request byte by byte holds a connection for ever:
  headers must be there in time.
- A client that has said all it will (a half-closed socket) still waits for the
  answer: the connection stays until that is sent.
- On SIGTERM the server is first shown as not ready, while it answers what comes
  (`drain_s`); then it closes its ports, and ends when all is answered.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import json
import signal
import socket
import types

import uvicorn
from uvicorn.protocols.http import httptools_impl

from export.serving.server import rest
from export.serving.server import service as service_lib

# Connections that the system holds until they are taken.
_BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Protocol(httptools_impl.HttpToolsProtocol):
  """One connection.

  Attributes:
    headers_s: seconds from a connection, or an answer on it, to the headers of
      the next request.
  """

  headers_s = 10.0
  _timer: asyncio.TimerHandle | None = None
  _has_ended = False

  def connection_made(self, transport: asyncio.Transport) -> None:
    super().connection_made(transport)
    self._wait()

  def connection_lost(self, exc: Exception | None) -> None:
    self._stop_waiting()
    super().connection_lost(exc)

  def on_headers_complete(self) -> None:
    self._stop_waiting()
    super().on_headers_complete()

  def on_response_complete(self) -> None:
    super().on_response_complete()
    # Of requests sent at once, uvicorn has begun the next: its headers came.
    if not self.cycle.response_complete:
      return
    if self._has_ended:
      self.transport.close()
    elif not self.transport.is_closing():
      self._wait()

  def eof_received(self) -> bool:
    """Returns whether the connection stays open to be written to."""
    cycle = self.cycle
    self._has_ended = (
      cycle is not None and not cycle.more_body and not cycle.response_complete
    )
    return self._has_ended

  def send_400_response(self, msg: str) -> None:
    self._refuse('400 Bad Request', msg)

  def _wait(self) -> None:
    self._stop_waiting()
    self._timer = self.loop.call_later(self.headers_s, self._give_up)

  def _stop_waiting(self) -> None:
    if self._timer is not None:
      self._timer.cancel()
      self._timer = None

  def _give_up(self) -> None:
    if not self.transport.is_closing():
      self._refuse('408 Request Timeout', 'the headers did not come in time')

  def _refuse(self, status: str, message: str) -> None:
    """Answers what is no request, and closes the connection."""
    body = json.dumps({'error': message})
    head = (
      f'HTTP/1.1 {status}\r\ncontent-type: application/json\r\n'
      f'content-length: {len(body)}\r\nconnection: close\r\n\r\n'
    )
    self.transport.write((head + body).encode())
    self.transport.close()


class Server(uvicorn.Server):
  """The HTTP server.

  Attributes:
    end_others: ends what serves beside it; called, in a thread, as the ports
      close, so that all refuse new requests from then on.
  """

  end_others: Callable[[], None] = staticmethod(lambda: None)

  def __init__(
    self,
    service: service_lib.Service,
    greeting: str,
    drain_s: float,
    headers_s: float,
  ):
    """Prepares a server; `run` serves until a signal comes.

    Args:
      service: what is served.
      greeting: line to print when requests, and signals, are taken.
      drain_s: seconds between being shown as not ready and closing the ports.
      headers_s: seconds that a connection may stay without a request.
    """
    super().__init__(
      uvicorn.Config(
        rest.app(service),
        http=type('Protocol', (_Protocol,), {'headers_s': headers_s}),
        ws='none',
        lifespan='off',
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=round(service.settings.timeout_s) + 1,
      )
    )
    self._service, self._drain_s = service, drain_s
    self._greeting = greeting

  async def startup(self, sockets: list[socket.socket] | None = None) -> None:
    await super().startup(sockets)
    # On a full disk, or to a reader that has gone, the line is lost; the
    # server is not.
    with contextlib.suppress(OSError):
      print(self._greeting, flush=True)

  @contextlib.contextmanager
  def capture_signals(self) -> Iterator[None]:
    """Takes the signals that end a server, until the process is gone.

    uvicorn would restore their handlers and raise them once more: that kills
    the process before it has ended in order, with status 0.
    """
    loop = asyncio.get_running_loop()

    def ask_loop(number: int, frame: types.FrameType | None) -> None:
      # Here it could interrupt whoever holds a lock that `_begin_end` needs.
      loop.call_soon_threadsafe(self._begin_end)

    for number in _SIGNALS:
      signal.signal(number, ask_loop)
    try:
      yield
    finally:
      for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)

  def _begin_end(self) -> None:
    """Is shown as not ready, and closes the ports later.

    Signals may come in pairs, from a shell and from what forwards them. More
    of them shorten neither `drain_s` nor the time of requests that were taken.
    """
    if not self._service.is_draining:
      self._service.drain()
      asyncio.get_running_loop().call_later(self._drain_s, self._close)

  def _close(self) -> None:
    self.should_exit = True

  async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
    """Closes the ports, and returns when all that was taken is answered."""
    self._service.end()
    others = asyncio.to_thread(self.end_others)
    await asyncio.gather(super().shutdown(sockets), others)


def listener(host: str, port: int) -> socket.socket:
  """Returns a socket that listens; port 0 is any free one.

  Raises:
    OSError: names the address.
  """
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  bound = socket.socket(family)
  try:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(_BACKLOG)
  except OSError as error:
    bound.close()
    raise OSError(f'{host}:{port} cannot be taken ({error})') from error
  return bound
