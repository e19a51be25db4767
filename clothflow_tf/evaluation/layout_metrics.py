# SPDX-License-Identifier: Apache-2.0
"""How good a layout is: intersection over union, class by class."""

import tensorflow as tf

from clothflow_tf.inputs import labels


class LabelIoU(tf.keras.metrics.Metric):
  """Intersection over union of each label, over all pixels seen."""

  def __init__(self, name: str = 'label_iou'):
    super().__init__(name=name)
    shape = (labels.NUM_LABELS,)
    self._both = self.add_weight('both', shape, initializer='zeros')
    self._either = self.add_weight('either', shape, initializer='zeros')

  def update_state(self, truth: tf.Tensor, predicted: tf.Tensor) -> None:
    """Adds one-hot layouts [B, H, W, 20]."""
    both = tf.reduce_sum(truth * predicted, [0, 1, 2])
    self._both.assign_add(both)
    total = tf.reduce_sum(truth + predicted, [0, 1, 2])
    self._either.assign_add(total - both)

  def result(self) -> tf.Tensor:
    """Returns float32 [20]; NaN for labels that neither side ever had."""
    return self._both / self._either
