# SPDX-License-Identifier: Apache-2.0
"""All that REST and gRPC share: from a request's arrays to the outputs."""

from concurrent import futures
import dataclasses
import threading

import numpy as np

from export.serving.server import batching as batching_lib
from export.serving.server import limits as limits_lib
from export.serving.server import metrics as metrics_lib
from export.serving.server import models
from export.serving.wire import errors
from export.serving.wire import signatures


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
  """How a server answers.

  Attributes:
    batching: how requests are gathered.
    limits: what they may hold.
    timeout_s: that a request may take, from its first byte to its answer.
  """

  batching: batching_lib.Options = batching_lib.Options()
  limits: limits_lib.Limits = limits_lib.Limits()
  timeout_s: float = 30.0

  @property
  def max_requests(self) -> int:
    """Requests that are held at once; more are refused unread."""
    return self.batching.queue_size + self.batching.max_batch_size


class Service:
  """A model that is served.

  Attributes:
    versions: of the model.
    settings: how it is served.
    metrics: what is counted.
  """

  def __init__(self, versions: models.Versions, settings: Settings):
    self.versions, self.settings = versions, settings
    self.metrics = metrics_lib.Metrics()
    self._batcher = batching_lib.Batcher(settings.batching, self.metrics.batch)
    self._drained = threading.Event()
    self._ended = threading.Event()
    self.metrics.gauge(
      'queue', 'Requests that wait.', lambda: self._batcher.waiting
    )
    self.metrics.gauge(
      'version', 'Version that is served.', lambda: self._version()
    )

  @property
  def is_ready(self) -> bool:
    """Whether new requests should be sent here."""
    return self.versions.is_ready and not self.is_draining

  @property
  def is_draining(self) -> bool:
    return self._drained.is_set()

  def drain(self) -> None:
    """Says that this server is about to end; requests are still answered."""
    self._drained.set()

  @property
  def is_ending(self) -> bool:
    """Whether new requests are refused."""
    return self._ended.is_set()

  def end(self) -> None:
    """Has new requests refused; those that were taken are still answered."""
    self._drained.set()
    self._ended.set()

  def close(self) -> None:
    """Ends what runs and loads models, when all requests are answered."""
    self.versions.stop()
    self._batcher.close()

  def signature(self, served: models.Served, name: str) -> signatures.Signature:
    """Returns a signature of a version, or raises an error."""
    known = served.model.signatures
    if name not in known:
      raise errors.invalid(
        f'Serving signature name: "{name}" not found in signature def; '
        f'expected one of {sorted(known)}'
      )
    return known[name]

  def submit(
    self, served: models.Served, name: str, inputs: signatures.Arrays
  ) -> list[futures.Future]:
    """Has a request run.

    Args:
      served: the version.
      name: of its signature.
      inputs: of the signature.

    Returns:
      Futures of what `joined` takes.

    Raises:
      errors.ServingError: the request is refused.
    """
    self.signature(served, name).check(inputs)
    pixels = self.settings.limits.check(inputs)
    return self._batcher.submit(served.model, name, inputs, pixels)

  def _version(self) -> int:
    served = self.versions.is_ready
    return self.versions.served(self.versions.name).version if served else 0


def joined(results: list[signatures.Arrays]) -> signatures.Arrays:
  """Returns the outputs of a request that was run in several batches."""
  first = results[0]
  if len(results) == 1:
    return first
  return {name: np.concatenate([x[name] for x in results]) for name in first}


def error_of(error: BaseException) -> errors.ServingError:
  """Returns the error of whatever a model raised."""
  if isinstance(error, errors.ServingError):
    return error
  return errors.ServingError('INTERNAL', f'{type(error).__name__}: {error}')
