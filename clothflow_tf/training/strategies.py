# SPDX-License-Identifier: Apache-2.0
"""Where training runs: a tf.distribute strategy by name, and its workers."""

import json
import os
import shutil

import tensorflow as tf

from clothflow_tf import files

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
  """Says whether an error means that another worker of the cluster is gone."""
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
      # Without it every worker would train a whole model, in one folder.
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
  """Returns where a worker writes what is not kept.

  Reading a variable that is averaged on reading needs all workers. So all of
  them save, and all but one remove what they saved.
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
    # On a full disk HDF5 may end the whole process.
    raise OSError(f'{path}: cannot be written, {needed:,} bytes are not free')
  if writes(strategy):
    with files.replacing(path) as partial:
      network.save_weights(partial, save_format='h5')
  else:
    path = scratch(strategy, path)
    network.save_weights(path, save_format='h5')
    os.remove(path)


def wait_for_all(strategy: tf.distribute.Strategy) -> None:
  """Returns when every worker of the cluster has called this."""
  agree(strategy, 1)


def agree(strategy: tf.distribute.Strategy, number: int) -> bool:
  """Says whether every worker of the cluster calls this with the same number.

  Returns when all of them have called it.
  """
  if not is_cluster(strategy):
    return True
  # The mean is everyone's number only if, with the squares' mean, there is no
  # variance; by itself it can be one worker's number by chance.
  own = tf.constant([number, number * number], tf.int64)
  each = tf.function(lambda: strategy.run(lambda: own), autograph=False)()
  total = strategy.reduce(tf.distribute.ReduceOp.SUM, each, axis=None)
  return bool(tf.reduce_all(total == strategy.num_replicas_in_sync * own))


def _cluster_size(strategy: tf.distribute.Strategy) -> int:
  mirrored = tf.distribute.MultiWorkerMirroredStrategy
  if not isinstance(strategy, mirrored):
    return 1
  spec = strategy.cluster_resolver.cluster_spec().as_dict()
  return sum(len(tasks) for tasks in spec.values())
