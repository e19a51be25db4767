# SPDX-License-Identifier: Apache-2.0
"""From a prepared data set to batches of raw records.

`clothflow_tf.prepare` leaves one folder in TensorFlow Datasets' own format
under `data.data_dir`; it is found by its files, so that training needs neither
the builder nor its parameters. Batches stay raw (uint8, keypoints): what
networks see is made on the device, in the graph, by `inputs.from_record`.
"""

import glob
import os

import tensorflow as tf
import tensorflow_datasets as tfds

from clothflow_tf import config as config_lib


def folder(data: config_lib.DataConfig) -> str:
  """Returns the folder of the prepared data set.

  Raises:
    FileNotFoundError: nothing was prepared there.
    ValueError: several data sets fit.
  """
  name = f'{data.task}_{data.height}x{data.width}'
  root = os.path.join(data.data_dir, data.dataset)
  pattern = os.path.join(root, f'{name}*')
  infos = [
    os.path.join(glob.escape(root), ending, '*', 'dataset_info.json')
    for ending in (name, f'{name}_*')
  ]
  folders = (os.path.dirname(path) for x in infos for path in glob.glob(x))
  found = sorted(x for x in folders if 'incomplete' not in os.path.basename(x))
  if not found:
    made_of = f'--config={name}'
    if data.dataset != 'paper_doll':
      made_of = f'--source=FOLDER --size={data.height}x{data.width}'
    raise FileNotFoundError(
      f'no prepared data set at {pattern}; make one with python -m '
      f'clothflow_tf.prepare --dataset={data.dataset} '
      f'--data_dir={data.data_dir} {made_of}'
    )
  if len(found) > 1:
    raise ValueError(
      f'several data sets fit {pattern}: {found}; keep one a data_dir'
    )
  return found[0]


def training(
  config: config_lib.Config, batch_size: int, shuffle: int
) -> tf.data.Dataset:
  """Returns endless, shuffled batches of the split 'train'."""
  dataset = _records(config.data, 'train', config.seed)
  dataset = dataset.repeat().shuffle(shuffle, seed=config.seed)
  dataset = dataset.batch(batch_size, drop_remainder=True)
  return dataset.prefetch(2)


def evaluation(
  data: config_lib.DataConfig, split: str, batch_size: int, limit: int = -1
) -> tf.data.Dataset:
  """Returns the first `limit` records of a split, in order, in batches."""
  dataset = _records(data, split).take(limit)
  return dataset.batch(batch_size).prefetch(2)


def _records(
  data: config_lib.DataConfig, split: str, shuffle_seed: int | None = None
) -> tf.data.Dataset:
  return read(tfds.builder_from_directory(folder(data)), split, shuffle_seed)


def read(
  builder: tfds.core.DatasetBuilder, split: str, shuffle_seed: int | None = None
) -> tf.data.Dataset:
  """Returns the records of a split, one by one.

  Args:
    builder: of a data set that is prepared.
    split: its name.
    shuffle_seed: reads the files in an order drawn from it; None reads
      everything in its stored order.

  Raises:
    ValueError: the data set has no such split.
  """
  if split not in builder.info.splits:
    raise ValueError(
      f'{builder.data_dir}: no split {split!r}, it has '
      f'{sorted(builder.info.splits)}'
    )
  # Without a seed of its own, shuffling files would differ from run to run.
  dataset = builder.as_dataset(
    split=split,
    shuffle_files=shuffle_seed is not None,
    read_config=tfds.ReadConfig(shuffle_seed=shuffle_seed),
  )
  return dataset.map(_squeeze, num_parallel_calls=tf.data.AUTOTUNE)


def _squeeze(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Drops the channel axis that PNG storage gives a layout."""
  result = dict(example)
  for field in ('target_layout', 'source_layout'):
    result[field] = result[field][..., 0]
  return result
