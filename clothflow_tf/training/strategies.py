# SPDX-License-Identifier: Apache-2.0
"""Where training runs: a tf.distribute strategy by name, and its workers."""

import json
import os
import shutil

import tensorflow as tf

NAMES = ('one_device', 'mirrored', 'multi_worker', 'tpu')


# How collective operations fail when another worker is gone.
_LOST_WORKER = (
  tf.errors.UnavailableError,
  tf.errors.AbortedError,
  tf.errors.CancelledError,
  tf.errors.DeadlineExceededError,
  tf.errors.InternalError,
)


def lost_worker(strategy: tf.distribute.Strategy, error: Exception) -> bool:
  """Says whether an error means that another worker of a cluster is gone."""
  return is_cluster(strategy) and isinstance(error, _LOST_WORKER)


def make(name: str) -> tf.distribute.Strategy:
  """Returns the strategy.

  Args:
    name: 'one_device' (the first GPU, else the CPU), 'mirrored' (all GPUs of
      this machine), 'multi_worker' (the cluster that TF_CONFIG describes) or
      'tpu' (the TPU of this machine or cluster).

  Raises:
    ValueError: another name, or a TF_CONFIG that describes no cluster.
  """
  _check_cluster(name)
  if name == 'one_device':
    gpus = tf.config.list_logical_devices('GPU')
    # Not OneDeviceStrategy: one code path for one replica and for many.
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


def _check_cluster(name: str) -> None:
  """Checks the environment variable TF_CONFIG, which all strategies read."""
  text = os.environ.get('TF_CONFIG')
  if not text:
    if name == 'multi_worker':
      # Or every worker would train all by itself, in one folder.
      raise ValueError(
        '--strategy=multi_worker: TF_CONFIG is not set, expected '
        '{"cluster": {"worker": ["HOST:PORT", ...]}, '
        '"task": {"type": "worker", "index": 0}}'
      )
    return
  try:
    place = json.loads(text)
    task = place.get('task', {})
    cluster, index = place.get('cluster', {}), int(task.get('index', 0))
    if cluster or name == 'multi_worker':
      cluster[task['type']][index]
    if index < 0:
      raise ValueError(f'index is {index}')
  except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
    raise ValueError(
      f'TF_CONFIG is {text!r}, expected a cluster and a task in it, as JSON '
      f'({type(error).__name__}: {error})'
    ) from error


def is_cluster(strategy: tf.distribute.Strategy) -> bool:
  """Says whether several processes train one model together."""
  return _cluster_size(strategy) > 1


def writes(strategy: tf.distribute.Strategy) -> bool:
  """Says whether this process is the one that writes the run folder."""
  return not is_cluster(strategy) or strategy.extended.should_checkpoint


def scratch(strategy: tf.distribute.Strategy, path: str) -> str:
  """Returns where this worker of a cluster writes what nobody keeps.

  All workers must take part in reading variables that are averaged on reading,
  so all save, and all but one remove what they saved.
  """
  resolver = strategy.cluster_resolver
  return f'{path}.{resolver.task_type}{resolver.task_id}'


def save_weights(
  strategy: tf.distribute.Strategy, network: tf.keras.Model, path: str
) -> None:
  """Writes a network's weights, .h5, whole or not at all.

  Raises:
    OSError: they cannot be written.
  """
  needed, folder = 4 * network.count_params(), os.path.dirname(path) or '.'
  if shutil.disk_usage(folder).free < needed:
    # Running into it, HDF5 may end the whole process.
    raise OSError(f'{path}: cannot be written, {needed:,} bytes are not free')
  partial = f'{path}.partial'
  if not writes(strategy):
    partial = scratch(strategy, path)
  network.save_weights(partial, save_format='h5')
  if writes(strategy):
    os.replace(partial, path)
  else:
    os.remove(partial)


def wait_for_all(strategy: tf.distribute.Strategy) -> None:
  """Returns when every worker of the cluster has come here."""
  if is_cluster(strategy):
    ones = tf.function(lambda: strategy.run(_one), autograph=False)()
    strategy.reduce(tf.distribute.ReduceOp.SUM, ones, axis=None)


def agree(strategy: tf.distribute.Strategy, number: int) -> bool:
  """Says whether every worker of the cluster came here with the same number."""
  if not is_cluster(strategy):
    return True
  own = tf.constant(number, tf.int64)
  # Also of squares: sums alone can agree by chance.
  pair = tf.function(
    lambda: strategy.run(lambda: tf.stack([own, own * own])), autograph=False
  )()
  total = strategy.reduce(tf.distribute.ReduceOp.SUM, pair, axis=None)
  count = strategy.num_replicas_in_sync
  return bool(tf.reduce_all(total == count * tf.stack([own, own * own])))


def _one() -> tf.Tensor:
  return tf.constant(1.0)


def _cluster_size(strategy: tf.distribute.Strategy) -> int:
  mirrored = tf.distribute.MultiWorkerMirroredStrategy
  if not isinstance(strategy, mirrored):
    return 1
  spec = strategy.cluster_resolver.cluster_spec().as_dict()
  return sum(len(tasks) for tasks in spec.values())
