# SPDX-License-Identifier: Apache-2.0
"""Which record comes when: an endless order, a function of seed and epoch.

An epoch is one pass over a split: every record once. Its order is drawn from
(seed, epoch) alone: files in random order, read in turns, and their records
permuted within blocks. So the record at any position of the endless sequence is
fixed, however often the training was stopped before it, and a training goes on
exactly where it was by starting at its position. Records are moved as stored
bytes; skipping to a position within an epoch reads them but decodes nothing.

Batches run over the end of an epoch, so that none of it is dropped. The order
does not depend on the number of workers: each reads the same sequence and keeps
its part of every global batch, which costs reading, not decoding, and lets a
run go on with another number of workers.
"""

from collections.abc import Sequence
import dataclasses

import tensorflow as tf

# Files read in turns, and records taken from one at a time.
_FILES_IN_TURNS = 16
_FOREVER = tf.int64.max


@dataclasses.dataclass
class Order:
  """An endless sequence of a split's stored records.

  Attributes:
    paths: the split's TFRecord files, in a stable order.
    records: how many records they hold together.
    block: records that are permuted together, of which up to three are held in
      memory; the larger, the less an epoch's order has of the files'.
    seed: another seed, another order.
  """

  paths: Sequence[str]
  records: int
  block: int
  seed: int

  def starting_at(self, position: int) -> tf.data.Dataset:
    """Returns (position, serialized record) pairs from a position on."""
    epoch, done = divmod(position, self.records)
    epochs = tf.data.Dataset.range(epoch, _FOREVER)
    records = epochs.flat_map(self.epoch).skip(done)
    positions = tf.data.Dataset.range(position, _FOREVER)
    return tf.data.Dataset.zip((positions, records))

  def epoch(self, epoch: int | tf.Tensor) -> tf.data.Dataset:
    """Returns the serialized records of one epoch, each once."""
    seed = tf.stack([tf.cast(self.seed, tf.int64), tf.cast(epoch, tf.int64)])
    paths = tf.random.experimental.stateless_shuffle(
      tf.constant(list(self.paths)), seed
    )
    records = tf.data.Dataset.from_tensor_slices(paths).interleave(
      tf.data.TFRecordDataset,
      cycle_length=_FILES_IN_TURNS,
      num_parallel_calls=tf.data.AUTOTUNE,
      deterministic=True,
    )
    blocks = records.batch(self.block).enumerate(start=1)

    def permuted(number: tf.Tensor, block: tf.Tensor) -> tf.Tensor:
      folded = tf.random.experimental.stateless_fold_in(seed, number)
      return tf.random.experimental.stateless_shuffle(block, folded)

    return blocks.map(permuted).prefetch(1).unbatch()


def part(
  dataset: tf.data.Dataset, batch_size: int, context: tf.distribute.InputContext
) -> tf.data.Dataset:
  """Keeps one worker's part of every global batch of a sequence.

  Args:
    dataset: elements one by one.
    batch_size: of the global batch, a multiple of the number of workers.
    context: which worker of how many.
  """
  workers = context.num_input_pipelines
  if workers == 1:
    return dataset
  size = batch_size // workers
  first = context.input_pipeline_id * size
  batches = dataset.batch(batch_size, drop_remainder=True)
  mine = batches.map(
    lambda *parts: tuple(x[first : first + size] for x in parts)
  )
  return mine.unbatch()
