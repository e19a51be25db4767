# SPDX-License-Identifier: Apache-2.0
"""What training uses of Keras' private parts; nothing else in it does.

Keras 2.15 is the last release of its second generation, so these parts are
there to stay. tests/training/keras_private_test.py says what would break.

1. `fit` starts at the beginning of an epoch. Which step within it comes first,
   only a method can say that Keras keeps to itself, for its own backups.
2. A layer's `input` leaves out every argument of an operation but the first,
   such as b of tf.maximum(a, b). The node of a functional network has them all.
"""

from typing import Any

import tensorflow as tf


def made_from(tensor: Any) -> list[Any]:
  """Returns the Keras tensors that one of a functional network is made from."""
  return tensor.node.keras_inputs


class Resumable(tf.keras.Model):
  """A model whose `fit` goes on after `steps_done`, also within an epoch."""

  steps_done: tf.Variable

  def _maybe_load_initial_counters_from_ckpt(
    self, steps_per_epoch: int | None, initial_epoch: int
  ) -> tuple[int, int]:
    """Returns the epoch, and the step within it, that `fit` begins with."""
    done = int(self.steps_done.numpy())
    if not (done and steps_per_epoch):
      return initial_epoch, 0
    return divmod(done, steps_per_epoch)
