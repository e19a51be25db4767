# SPDX-License-Identifier: Apache-2.0
"""Which example of a request a model's text is about.

A model counts the examples of the batch that it is given, from 0, and begins
what it refuses with input and place: `person_image[2]: is broken`. A batch need
not be a request: large requests are parted, and small ones run together.
"""

from collections.abc import Container
import re

import numpy as np

from export.serving.wire import errors

_PLACE = re.compile(r'(\w+)\[(\d+)\]: ')


def moved(text: str, inputs: Container[str], by: int) -> str:
  """Returns a text about example n of a batch as one about example n + by.

  Args:
    text: what a model says; returned as it is if it begins with no place.
    inputs: names that a place may have.
    by: what to add.
  """
  match = _PLACE.match(text)
  if not match or match[1] not in inputs:
    return text
  return f'{match[1]}[{int(match[2]) + by}]: {text[match.end() :]}'


def moved_error(
  error: BaseException, inputs: Container[str], by: int
) -> BaseException:
  """Returns an error with its text moved."""
  if not isinstance(error, errors.ServingError):
    return error
  own = errors.ServingError(error.code, moved(str(error), inputs, by))
  own.__cause__ = error
  return own


def moved_texts(
  texts: np.ndarray, inputs: Container[str], by: int
) -> np.ndarray:
  """Returns texts of any shape, each as bytes, moved."""
  result = np.empty_like(texts)
  for at, text in np.ndenumerate(texts):
    # Bytes that are no UTF-8 stay what they are.
    said = moved(text.decode('utf-8', 'surrogateescape'), inputs, by)
    result[at] = said.encode('utf-8', 'surrogateescape')
  return result
