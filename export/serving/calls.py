# SPDX-License-Identifier: Apache-2.0
"""Calls of a server, this project's or TensorFlow Serving: one picture each.

Only TensorFlow Serving's standard REST and gRPC are used. A server that is
busy, starts or cannot be reached is asked again, after waits that double; who
asks for the same picture twice gets the same, so that does no harm.
"""

import base64
from collections.abc import Callable
import http.client
import json
import random
import re
import time
from typing import Any
from typing import TypeVar
import urllib.error
import urllib.request

import numpy as np

from clothflow_tf import files
from clothflow_tf.inference import encoded

_URL = re.compile(
  r'https?://[^/]+(/.*)?/v1/models/[^/:]+(/(versions|labels)/.+)?'
)
_LATE = (408, 504)
# Too many, away, busy: later it may do.
_BUSY = (429, 502, 503)
# Of waits, in seconds, and how often they double.
_FIRST, _LONGEST = 0.25, 16.0
_T = TypeVar('_T')


class Busy(OSError):
  """A server that cannot answer now, but may later."""


class Late(Busy):
  """A server that had too little time for a request, perhaps for this one."""


def retried(call: Callable[[], _T], attempts: int) -> _T:
  """Returns what a call returns, after some attempts if it must be.

  Args:
    call: raises `Busy` or a `ConnectionError` to be called again.
    attempts: at most.

  Raises:
    OSError: the last attempt's.
  """
  wait = _FIRST
  for _ in range(attempts - 1):
    try:
      return call()
    except (Busy, ConnectionError):
      # Clients that were refused together shall not come back together.
      time.sleep(wait * random.uniform(0.5, 1.0))
      wait = min(2 * wait, _LONGEST)
  return call()


class Rest:
  """A model behind a REST API.

  Attributes:
    name: its URL.
  """

  def __init__(self, url: str, timeout_s: float):
    """Takes note of a model.

    Args:
      url: http://HOST:PORT/v1/models/NAME, also with /versions/V behind it.
      timeout_s: that a call may take.

    Raises:
      ValueError: the URL is none of a model.
    """
    self.name, self._timeout_s = url.rstrip('/'), timeout_s
    if not _URL.fullmatch(self.name):
      raise ValueError(
        f'--url is {url}; expected http://HOST:PORT/v1/models/NAME'
      )

  def version(self) -> str:
    """Returns the version that answers."""
    listed = self._call('', None).get('model_version_status', [])
    available = [x['version'] for x in listed if x['state'] == 'AVAILABLE']
    if not available:
      raise Busy(f'{self.name}: no version is available ({listed})')
    return max(available, key=int)

  def dress(self, request: encoded.Request) -> bytes:
    """Returns the encoded picture of one person.

    Raises:
      files.InputError: the server refuses the request.
      OSError: it does not answer.
    """
    body = json.dumps({'instances': [instance(request)]}).encode()
    result = self._call(':predict', body)['predictions'][0]
    # Of a single output the name is left out.
    named = result if encoded.RESULT in result else {encoded.RESULT: result}
    picture = base64.b64decode(named[encoded.RESULT]['b64'])
    return checked(self.name, picture, named.get(encoded.STATUS, ''))

  def _call(self, path: str, body: bytes | None) -> dict[str, Any]:
    headers = {'Content-Type': 'application/json'} if body else {}
    call = urllib.request.Request(self.name + path, body, headers)
    try:
      with urllib.request.urlopen(call, timeout=self._timeout_s) as response:
        return json.load(response)
    except urllib.error.HTTPError as error:
      text = _text_of(error)
      if error.code in (*_BUSY, *_LATE):
        kind = Late if error.code in _LATE else Busy
        raise kind(f'{self.name}: {text}') from error
      raise files.InputError(self.name, f'{error.code}: {text}') from error
    except urllib.error.URLError as error:
      kind = Busy if isinstance(error.reason, ConnectionError) else OSError
      raise kind(f'{self.name}: {error.reason}') from error
    except TimeoutError as error:
      message = f'{self.name}: no answer in {self._timeout_s} s'
      raise OSError(message) from error
    except http.client.HTTPException as error:
      raise Busy(f'{self.name}: broke off ({error!r})') from error
    except ValueError as error:
      raise OSError(f'{self.name}: answered no JSON ({error})') from error


def _text_of(error: urllib.error.HTTPError) -> str:
  """Returns a server's own words, or its status."""
  try:
    return json.load(error)['error']
  except (ValueError, KeyError, TypeError, OSError):
    return error.reason


def instance(request: encoded.Request) -> dict[str, Any]:
  """Returns a request as an object of "instances"."""

  def value(item: Any) -> Any:
    if isinstance(item, bytes):
      return {'b64': base64.b64encode(item).decode()}
    return np.asarray(item).tolist()

  return {name: value(item) for name, item in request.items()}


def checked(name: str, picture: bytes, status: str) -> bytes:
  """Returns a picture, or raises what the server says in its place.

  Raises:
    files.InputError: there is none.
  """
  if not picture:
    raise files.InputError(name, status or 'sent an empty picture')
  return picture
