# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Serving's REST API, and two addresses for who watches a server.

    POST /v1/models/NAME[/versions/V|/labels/L]:predict
    GET  /v1/models/NAME[/versions/V|/labels/L]             status
    GET  /v1/models/NAME[/versions/V|/labels/L]/metadata
    GET  /monitoring/prometheus/metrics
    GET  /readyz     200 if requests should be sent here, else 503
    GET  /healthz    200 while the process answers

Errors are {"error": ...} with the status of their code (`errors`).
"""

import asyncio
from collections.abc import Awaitable
from concurrent import futures
import json
import logging
import re
import time
from typing import Any
from typing import TypeVar

from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing

from export.serving.server import models as models_lib
from export.serving.server import rest_models
from export.serving.server import service as service_lib
from export.serving.wire import errors
from export.serving.wire import json_tensors

_PATH = re.compile(
  r'/v1/models(?:/(?P<name>[^/:]+))?'
  # More digits than any version has (of int64) are no number.
  r'(?:/versions/(?P<version>\d{1,19})|/labels/(?P<label>[^/:]+))?'
  r'(?P<action>/metadata|:predict|:classify|:regress)?',
  re.IGNORECASE | re.ASCII,
)
_ANY = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
_REQUEST_TIMEOUT = 408
# They hold the interpreter's lock: more would not be faster.
_PARSERS = 2
# Codes and words of what does not come in time.
_LATE_BODY = ('CANCELLED', 'the body did not come in time')
_LATE_ANSWER = ('DEADLINE_EXCEEDED', 'Timed out')

_log = logging.getLogger(__name__)
_T = TypeVar('_T')


def app(service: service_lib.Service) -> applications.Starlette:
  """Returns the application that uvicorn runs."""
  rest = _Rest(service)
  return applications.Starlette(
    routes=[
      routing.Route('/monitoring/prometheus/metrics', rest.metrics),
      routing.Route('/healthz', rest.health),
      routing.Route('/readyz', rest.ready),
      routing.Route('/{path:path}', rest.models, methods=_ANY),
    ]
  )


class _Rest:
  """Answers requests."""

  def __init__(self, service: service_lib.Service):
    self._service = service
    self._pool = futures.ThreadPoolExecutor(_PARSERS, 'json')
    self._held = 0

  async def metrics(self, request: requests.Request) -> responses.Response:
    text = self._service.metrics.text()
    return responses.Response(text, media_type='text/plain; version=0.0.4')

  async def health(self, request: requests.Request) -> responses.Response:
    return self._response(200, {'status': 'ok'})

  async def ready(self, request: requests.Request) -> responses.Response:
    if self._service.is_ready:
      return self._response(200, {'status': 'ready'})
    return self._response(503, {'error': 'not ready'})

  async def models(self, request: requests.Request) -> responses.Response:
    """Answers what begins with /v1, and refuses the rest."""
    start, method = time.monotonic(), 'other'
    path = request.scope['path']
    try:
      match = _PATH.fullmatch(path)
      if match and match['action']:
        method = match['action'][1:].lower()
      elif match:
        method = 'status'
      response = await self._answer(request, match)
    except errors.ServingError as error:
      response = self._response(error.http_status, {'error': str(error)})
    except requests.ClientDisconnect:
      response = self._response(499, {'error': 'the client has gone'})
    # The connection, and the server, survive whatever this is.
    except Exception as error:
      _log.exception('%s failed', path)
      response = self._response(500, {'error': f'{type(error).__name__}'})
    seconds = time.monotonic() - start
    self._service.metrics.request('REST', method, response.status_code, seconds)
    return response

  async def _answer(
    self, request: requests.Request, match: re.Match | None
  ) -> responses.Response:
    path = request.scope['path']
    if not path.lower().startswith('/v1/'):
      raise errors.ServingError('NOT_FOUND', f'Not found: {path}')
    wanted = 'POST' if match and ':' in (match['action'] or '') else 'GET'
    if match is None or request.method != wanted:
      raise errors.invalid(f'Malformed request: {request.method} {path}')
    if not match['name']:
      raise errors.invalid('Missing model name in request.')
    version = int(match['version']) if match['version'] else None
    named = (match['name'], version, match['label'] or '')
    versions, action = self._service.versions, (match['action'] or '').lower()
    if action == '/metadata':
      served = versions.served(*named)
      return self._response(200, rest_models.metadata(named[0], served))
    if not action:
      return self._response(200, rest_models.status(versions.statuses(*named)))
    if action != ':predict':
      raise errors.invalid(f'{action[1:]} is not served; expected predict')
    return await self._held_predict(request, versions.served(*named))

  async def _held_predict(
    self, request: requests.Request, served: models_lib.Served
  ) -> responses.Response:
    """Predicts, unless too many requests are held already."""
    if self._held >= (most := self._service.settings.max_requests):
      raise errors.ServingError(
        'UNAVAILABLE',
        f'{most} requests are held (--queue_size); try again later',
      )
    self._held += 1
    try:
      return await self._predict(request, served)
    finally:
      self._held -= 1

  async def _predict(
    self, request: requests.Request, served: models_lib.Served
  ) -> responses.Response:
    until = time.monotonic() + self._service.settings.timeout_s
    body = await _in_time(until, _body(request, self._service), *_LATE_BODY)

    async def work() -> bytes:
      run = asyncio.get_running_loop().run_in_executor
      parsed, inputs = await run(self._pool, self._parsed, served, body)
      name = parsed.signature_name
      # It reads headers of pictures, so it may take its time, too.
      waiting = await run(
        self._pool, self._service.submit, served, name, inputs
      )
      results = await _all(waiting)
      return await run(self._pool, _rendered, results, parsed.is_row)

    left = asyncio.ensure_future(_in_time(until, work(), *_LATE_ANSWER))
    gone = asyncio.ensure_future(_gone(request))
    try:
      await asyncio.wait({left, gone}, return_when=asyncio.FIRST_COMPLETED)
      if not left.done():
        raise requests.ClientDisconnect
      return self._response(200, left.result())
    finally:
      for task in (left, gone):
        task.cancel()

  def _parsed(
    self, served: models_lib.Served, body: bytes
  ) -> tuple[json_tensors.Request, Any]:
    parsed = json_tensors.parse(body)
    signature = self._service.signature(served, parsed.signature_name)
    return parsed, json_tensors.inputs_of(parsed, signature)

  def _response(self, status: int, content: Any) -> responses.Response:
    if not isinstance(content, bytes):
      content = json.dumps(content).encode()
    # Who keeps connections open shall look for another server. What is left of
    # a body that came too slowly would be waited for, and answered once more.
    closes = self._service.is_draining or status == _REQUEST_TIMEOUT
    headers = {'connection': 'close'} if closes else None
    return responses.Response(content, status, headers, 'application/json')


async def _body(
  request: requests.Request, service: service_lib.Service
) -> bytes:
  limits = service.settings.limits
  limits.check_body(int(request.headers.get('content-length') or 0))
  parts, size = [], 0
  async for part in request.stream():
    size += len(part)
    limits.check_body(size)
    parts.append(part)
  return b''.join(parts)


async def _in_time(
  until: float, work: Awaitable[_T], code: str, words: str
) -> _T:
  try:
    return await asyncio.wait_for(work, until - time.monotonic())
  except asyncio.TimeoutError as error:
    message = f'{words} (--request_timeout_s)'
    raise errors.ServingError(code, message) from error


async def _all(waiting: list[futures.Future]) -> list[Any]:
  """Returns results; where one fails, or all are given up, cancels others."""
  tasks = [asyncio.wrap_future(future) for future in waiting]
  try:
    return await asyncio.gather(*tasks)
  except Exception as error:
    raise service_lib.error_of(error) from error
  finally:
    for task in tasks:
      task.cancel()


async def _gone(request: requests.Request) -> None:
  """Returns when the client has closed the connection."""
  while (await request.receive())['type'] != 'http.disconnect':
    pass


def _rendered(results: list[Any], is_row: bool) -> bytes:
  outputs = service_lib.joined(results)
  return json.dumps(json_tensors.response(outputs, is_row)).encode()
