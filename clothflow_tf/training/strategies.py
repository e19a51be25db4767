# SPDX-License-Identifier: Apache-2.0
"""Where training runs: a tf.distribute strategy by name."""

import tensorflow as tf

NAMES = ('one_device', 'mirrored', 'multi_worker', 'tpu')


def make(name: str) -> tf.distribute.Strategy:
  """Returns the strategy.

  Args:
    name: 'one_device' (the first GPU, else the CPU), 'mirrored' (all GPUs of
      this machine), 'multi_worker' (the cluster that TF_CONFIG describes) or
      'tpu' (the TPU of this machine or cluster).

  Raises:
    ValueError: another name.
  """
  if name == 'one_device':
    gpus = tf.config.list_logical_devices('GPU')
    # Not OneDeviceStrategy: Keras' BackupAndRestore does not support it.
    device = gpus[0].name if gpus else '/cpu:0'
    return tf.distribute.MirroredStrategy([device])
  if name == 'mirrored':
    return tf.distribute.MirroredStrategy()
  if name == 'multi_worker':
    return tf.distribute.MultiWorkerMirroredStrategy()
  if name == 'tpu':
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    return tf.distribute.TPUStrategy(resolver)
  raise ValueError(f'strategy is {name!r}, expected one of {NAMES}')
