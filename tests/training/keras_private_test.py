# SPDX-License-Identifier: Apache-2.0
"""Claims about Keras' private parts, and what breaks when they change.

Without the first, trainings that were stopped in the middle of an epoch start
that epoch anew: they take steps twice, and end too late. Without the second,
`train.recompute` cannot cut a network into segments.
"""

import tensorflow as tf

from clothflow_tf.training import keras_private


class _Counter(keras_private.Resumable):
  """Counts its steps, and does nothing else."""

  def __init__(self):
    super().__init__()
    self.steps_done = tf.Variable(0, trainable=False, dtype=tf.int64)

  def train_step(self, data):
    self.steps_done.assign_add(1)
    return {'loss': 0.0}


class _Note(tf.keras.callbacks.Callback):
  """Notes the epoch and the step in it of every step."""

  def __init__(self):
    super().__init__()
    self.seen, self._epoch = [], None

  def on_epoch_begin(self, epoch, logs=None):
    self._epoch = epoch

  def on_train_batch_begin(self, batch, logs=None):
    self.seen.append((self._epoch, batch))


def _steps_after(done):
  """Returns the (epoch, step) pairs that `fit` takes after so many steps."""
  model, note = _Counter(), _Note()
  model.compile()
  model.steps_done.assign(done)
  dataset = tf.data.Dataset.from_tensors(0.0).repeat()
  fitting = {'epochs': 3, 'steps_per_epoch': 3, 'verbose': 0}
  model.fit(dataset, **fitting, callbacks=[note])
  assert model.steps_done == 9
  return note.seen


def test_fit_goes_on_within_an_epoch():
  whole = [(epoch, step) for epoch in range(3) for step in range(3)]
  assert _steps_after(0) == whole
  assert _steps_after(5) == whole[5:]
  assert _steps_after(6) == whole[6:]


def test_a_tensor_knows_all_arguments_that_it_is_made_from():
  a, b = tf.keras.Input([2]), tf.keras.Input([2])
  larger = tf.maximum(a, b)
  shifted = 1.0 - larger
  assert [id(x) for x in keras_private.made_from(larger)] == [id(a), id(b)]
  assert [id(x) for x in keras_private.made_from(shifted)] == [id(larger)]
