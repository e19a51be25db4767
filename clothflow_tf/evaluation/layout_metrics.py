# SPDX-License-Identifier: Apache-2.0
"""How good a layout is: intersection over union, label by label."""

import tensorflow as tf

from clothflow_tf.inputs import labels


class LabelIoU(tf.keras.metrics.Metric):
  """Intersection over union of each label, over all pixels seen."""

  def __init__(self, name: str = 'label_iou'):
    super().__init__(name=name)
    shape = (labels.NUM_LABELS,)
    self._intersection = self.add_weight(
      'intersection', shape, initializer='zeros'
    )
    self._union = self.add_weight('union', shape, initializer='zeros')

  def update_state(self, truth: tf.Tensor, predicted: tf.Tensor) -> None:
    """Adds one-hot layouts [B, H, W, 20]."""
    shared = tf.reduce_sum(truth * predicted, [0, 1, 2])
    total = tf.reduce_sum(truth + predicted, [0, 1, 2])
    self._intersection.assign_add(shared)
    self._union.assign_add(total - shared)

  def result(self) -> tf.Tensor:
    """Returns float32 [20]; NaN for labels that neither side ever had."""
    return self._intersection / self._union
