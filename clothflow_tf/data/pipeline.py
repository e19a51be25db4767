# SPDX-License-Identifier: Apache-2.0
"""From a prepared data set to batches of raw records.

`clothflow_tf.prepare` leaves one folder in TensorFlow Datasets' own format
under `data.data_dir`. The folder describes itself, so that training needs
neither the builder nor its parameters. Batches stay raw (uint8, keypoints):
what networks see is made on the device, in the graph, by `inputs.batch`.
"""

from collections.abc import Collection
import glob
import os

import tensorflow as tf
import tensorflow_datasets as tfds

from clothflow_tf import config as config_lib
from clothflow_tf.data import augment
from clothflow_tf.data import order
from clothflow_tf.data import shards


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
  paths = [os.path.dirname(path) for x in infos for path in glob.glob(x)]
  # TFDS renames a folder without that word when it is whole.
  fitting = [x for x in paths if 'incomplete' not in os.path.basename(x)]
  if not fitting:
    made_of = f'--config={name}'
    if data.dataset in config_lib.PHOTOGRAPHS:
      made_of = f'--source=FOLDER --size={data.height}x{data.width}'
    raise FileNotFoundError(
      f'no prepared data set at {pattern}; make one with python -m '
      f'clothflow_tf.prepare --dataset={data.dataset} '
      f'--data_dir={data.data_dir} {made_of}'
    )
  if len(fitting) > 1:
    raise ValueError(
      f'several data sets fit {pattern}: {sorted(fitting)}; keep one a data_dir'
    )
  return fitting[0]


def training(
  config: config_lib.Config,
  settings: config_lib.TrainConfig,
  position: int = 0,
  context: tf.distribute.InputContext | None = None,
  unused: Collection[str] = (),
) -> tf.data.Dataset:
  """Returns endless batches of the split 'train', in `order`'s order.

  Args:
    config: names the data set, and the seed of the order.
    settings: `batch_size` over all replicas; `shuffle`.
    position: how many records of the sequence were used before.
    context: which part of every global batch to read; None is all of it.
    unused: fields that need not be decoded, which is most of the work.

  Returns:
    Raw records, batched for one replica, and 'position' int64 [B], each one's
    place in the sequence. What is random about an example is drawn from it.
  """
  builder = _opened(config.data, 'train')
  stored_fields = builder.info.features
  used = [field for field in stored_fields if field not in unused]
  features = tfds.features.FeaturesDict({x: stored_fields[x] for x in used})
  split = builder.info.splits['train']
  records = order.Order(
    sorted(os.fspath(path) for path in split.filepaths),
    split.num_examples,
    settings.shuffle,
    config.seed,
  )
  context = context or tf.distribute.InputContext()
  dataset = order.part(
    records.starting_at(position), settings.batch_size, context
  )

  def decode(position: tf.Tensor, stored: tf.Tensor) -> dict[str, tf.Tensor]:
    example = features.deserialize_example(stored)
    return {**_squeeze(example), 'position': position}

  dataset = dataset.map(decode, num_parallel_calls=tf.data.AUTOTUNE)
  size = settings.batch_size // context.num_replicas_in_sync
  dataset = dataset.batch(size, drop_remainder=True)
  if config.augment != config_lib.AugmentConfig():
    dataset = dataset.map(
      augment.make(config.augment, config.seed),
      num_parallel_calls=tf.data.AUTOTUNE,
    )
  return dataset.prefetch(2)


def training_fields(data: config_lib.DataConfig) -> set[str]:
  """Returns the names of a training record's fields.

  Raises:
    FileNotFoundError: nothing was prepared.
    ValueError: no split 'train', an empty one, or not all files of it.
  """
  return set(_opened(data, 'train').info.features)


def count(data: config_lib.DataConfig, split: str) -> int:
  """Returns the number of a split's examples.

  Raises:
    FileNotFoundError: nothing was prepared.
    ValueError: no such split, or not all files of it.
  """
  return _opened(data, split).info.splits[split].num_examples


def has_examples(data: config_lib.DataConfig, split: str) -> bool:
  """Says whether the data set has such a split, and anything in it."""
  splits = tfds.builder_from_directory(folder(data)).info.splits
  return split in splits and splits[split].num_examples > 0


def evaluation(
  data: config_lib.DataConfig, split: str, batch_size: int, limit: int = -1
) -> tf.data.Dataset:
  """Returns the first `limit` records of a split, in order, in batches.

  Each has its 'position', int64, so that what is random about it does not
  depend on the batch, or the part of one, that it is in.
  """
  dataset = read(_opened(data, split), split).take(limit).enumerate()
  dataset = dataset.map(lambda place, x: {**x, 'position': place})
  return dataset.batch(batch_size).prefetch(2)


def read(builder: tfds.core.DatasetBuilder, split: str) -> tf.data.Dataset:
  """Returns the records of a split of a prepared data set, as they are stored.

  Raises:
    ValueError: the data set has no such split, or not all files of it.
  """
  _require_split(builder, split)
  dataset = builder.as_dataset(split=split)
  return dataset.map(_squeeze, num_parallel_calls=tf.data.AUTOTUNE)


def _opened(
  data: config_lib.DataConfig, split: str
) -> tfds.core.DatasetBuilder:
  """Returns the prepared data set, whose split is whole."""
  path = folder(data)
  try:
    builder = tfds.builder_from_directory(path)
  # Its descriptions are read by several libraries, each with its own errors.
  except Exception as error:
    raise ValueError(
      f'{path}: its descriptions cannot be read ({error}); remove that folder '
      'and make the data set again (clothflow_tf.prepare)'
    ) from error
  _require_split(builder, split)
  if split == 'train' and not builder.info.splits[split].num_examples:
    raise ValueError(f"{builder.data_dir}: its split 'train' is empty")
  return builder


def _require_split(builder: tfds.core.DatasetBuilder, split: str) -> None:
  if split not in builder.info.splits:
    raise ValueError(
      f'{builder.data_dir}: no split {split!r}, it has '
      f'{sorted(builder.info.splits)}'
    )
  shards.require(builder.info.splits[split])


def _squeeze(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
  """Drops the channel axis that PNG storage gives a layout."""
  result = dict(example)
  for field in ('target_layout', 'source_layout', 'person_layout'):
    if field in result:
      result[field] = result[field][..., 0]
  return result
