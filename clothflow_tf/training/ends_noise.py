# SPDX-License-Identifier: Apache-2.0
"""The ends of a garment that a training layout is drawn to.

Mostly the true ones, with noise, so that the layout follows what it is given
and tolerates an estimate's error; else none, and it is drawn to the estimate.
What is random about an example is drawn from (seed, its place in the training's
order) alone.
"""

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.inputs import ends as ends_lib
from clothflow_tf.inputs import randomness

# A sleeve is a share of the arm, a third of the height long: noise of as many
# pixels is a larger share of it.
_SCALE = (1.0, 3.0, 3.0)


def given(
  batch: dict[str, tf.Tensor], config: config_lib.Config
) -> dict[str, tf.Tensor]:
  """Returns 'ends' and 'ends_known' [B, 3] for a training step.

  Args:
    batch: needs target_ends, target_ends_known and position.
    config: `layout.ends_noise` and `layout.ends_given`.
  """
  count = len(ends_lib.NAMES)

  def draw(own: tf.Tensor) -> tf.Tensor:
    noise = randomness.normal([count], own)
    return tf.concat([noise, randomness.uniform([1], own + 1)], 0)

  drawn = randomness.each(batch['position'], config.seed, 'ends', draw)
  noise = config.layout.ends_noise * drawn[:, :count] * tf.constant(_SCALE)
  chosen = tf.cast(drawn[:, count:] < config.layout.ends_given, tf.float32)
  known = batch['target_ends_known'] * chosen
  return {'ends': (batch['target_ends'] + noise) * known, 'ends_known': known}
