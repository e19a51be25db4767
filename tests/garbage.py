# SPDX-License-Identifier: Apache-2.0
"""Spares Python's collector what imports left, which is most of the heap."""

import gc


def collect_less() -> None:
  """To be called after all imports.

  Tracing a graph makes so many objects that the collector went through those of
  TensorFlow's modules again and again: a quarter of the time of a test.
  """
  gc.freeze()
  gc.set_threshold(20_000, 50, 50)
