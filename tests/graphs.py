# SPDX-License-Identifier: Apache-2.0
"""Spares TensorFlow optimizing the graphs of tests, which run a few times."""

import sys


def optimize_less() -> None:
  """To be called after all imports; without TensorFlow it does nothing.

  Optimizing the graph of a training step takes as long as a hundred such steps
  of the tests. What tests start as programs is optimized as always.
  """
  tensorflow = sys.modules.get('tensorflow')
  if tensorflow:
    options = {'disable_meta_optimizer': True}
    tensorflow.config.optimizer.set_experimental_options(options)
