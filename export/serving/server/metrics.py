# SPDX-License-Identifier: Apache-2.0
"""What Prometheus is told of a server.

As TensorFlow Serving has it, at /monitoring/prometheus/metrics. Latencies are
of a request from its last byte in to its first byte out.
"""

from collections.abc import Callable

import prometheus_client

_PREFIX = 'clothflow_serving'
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
  """The numbers of one server."""

  def __init__(self) -> None:
    self._registry = prometheus_client.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=self._registry)
    self._requests = prometheus_client.Counter(
      f'{_PREFIX}_requests',
      'Requests that were answered, by protocol, method and code.',
      ['protocol', 'method', 'code'],
      registry=self._registry,
    )
    self._seconds = prometheus_client.Histogram(
      f'{_PREFIX}_request_seconds',
      'Time that a request took.',
      ['protocol', 'method'],
      buckets=_SECONDS,
      registry=self._registry,
    )
    self._sizes = prometheus_client.Histogram(
      f'{_PREFIX}_batch_size',
      'Examples of a batch that was run.',
      buckets=_SIZES,
      registry=self._registry,
    )
    self._batches = prometheus_client.Histogram(
      f'{_PREFIX}_batch_seconds',
      'Time that the model took for a batch.',
      buckets=_SECONDS,
      registry=self._registry,
    )

  def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
    """Adds a number that is asked for when it is read."""
    gauge = prometheus_client.Gauge(
      f'{_PREFIX}_{name}', text, registry=self._registry
    )
    gauge.set_function(value)

  def request(
    self, protocol: str, method: str, code: int | str, seconds: float
  ) -> None:
    """Counts a request."""
    self._requests.labels(protocol, method, str(code)).inc()
    self._seconds.labels(protocol, method).observe(seconds)

  def batch(self, size: int, seconds: float) -> None:
    """Counts a batch."""
    self._sizes.observe(size)
    self._batches.observe(seconds)

  def text(self) -> bytes:
    """Returns all of it in Prometheus' format."""
    return prometheus_client.generate_latest(self._registry)
