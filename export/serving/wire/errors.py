# SPDX-License-Identifier: Apache-2.0
"""What a server refuses or fails at: one sentence, and a code.

Codes are gRPC's names; REST gives the HTTP status that TensorFlow Serving gives
for them, with one exception: what is too large is 413.
"""

HTTP_STATUS = {
  'INVALID_ARGUMENT': 400,
  'NOT_FOUND': 404,
  'CANCELLED': 408,
  'RESOURCE_EXHAUSTED': 413,
  'INTERNAL': 500,
  'UNAVAILABLE': 503,
  'DEADLINE_EXCEEDED': 504,
}
# Of gRPC and of TensorFlow's `error::Code`.
NUMBERS = {
  'OK': 0,
  'CANCELLED': 1,
  'INVALID_ARGUMENT': 3,
  'DEADLINE_EXCEEDED': 4,
  'NOT_FOUND': 5,
  'RESOURCE_EXHAUSTED': 8,
  'INTERNAL': 13,
  'UNAVAILABLE': 14,
}


class ServingError(Exception):
  """A request that is not answered.

  Attributes:
    code: one of `HTTP_STATUS`.
  """

  def __init__(self, code: str, message: str):
    super().__init__(message)
    self.code = code

  @property
  def http_status(self) -> int:
    return HTTP_STATUS[self.code]


def invalid(message: str) -> ServingError:
  """Returns the error of a request that is wrong."""
  return ServingError('INVALID_ARGUMENT', message)


def too_large(message: str) -> ServingError:
  """Returns the error of a request beyond one of the limits."""
  return ServingError('RESOURCE_EXHAUSTED', message)
