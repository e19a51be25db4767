# SPDX-License-Identifier: Apache-2.0
"""Claims about the order of training records: each once, and resumable."""

import itertools

import pytest
import tensorflow as tf

from clothflow_tf.data import order

# Uneven files, so that reading in turns ends unevenly.
SIZES = (7, 1, 4, 11)
COUNT = sum(SIZES)


@pytest.fixture(scope='module')
def paths(tmp_path_factory):
  folder = tmp_path_factory.mktemp('records')
  numbers = itertools.count()
  files = [str(folder / f'{file}.tfrecord') for file in range(len(SIZES))]
  for path, size in zip(files, SIZES):
    with tf.io.TFRecordWriter(path) as writer:
      for _ in range(size):
        writer.write(str(next(numbers)).encode())
  return files


def _order(paths, block=5, seed=3):
  return order.Order(paths, COUNT, block, seed)


def _taken(dataset, count):
  return [
    (int(position), int(record))
    for position, record in dataset.take(count).as_numpy_iterator()
  ]


def _first(sequence, epoch):
  return int(next(sequence.epoch(epoch).take(1).as_numpy_iterator()))


def _epoch(sequence, epoch):
  return [int(x) for x in sequence.epoch(epoch).as_numpy_iterator()]


@pytest.mark.parametrize('block', [1, 5, COUNT, 1000])
def test_an_epoch_holds_each_record_once(paths, block):
  for epoch in range(3):
    assert sorted(_epoch(_order(paths, block), epoch)) == list(range(COUNT))


def test_epochs_and_seeds_have_orders_of_their_own(paths):
  orders = [
    _epoch(_order(paths, seed=seed), epoch)
    for seed in range(2)
    for epoch in range(3)
  ]
  assert len({tuple(x) for x in orders}) == len(orders)


def test_an_order_is_the_same_whatever_was_drawn_before(paths):
  before = _epoch(_order(paths), 2)
  tf.random.set_seed(99)
  tf.random.normal([3])
  assert _epoch(_order(paths), 2) == before


def test_a_block_of_all_records_leaves_nothing_of_the_files_order(paths):
  # Over many epochs every record comes first at some time: of 80 draws, one of
  # 23 is missing with a probability of 0.03.
  first = {_first(_order(paths, COUNT), epoch) for epoch in range(80)}
  assert len(first) > 0.9 * COUNT


def test_files_come_in_another_order_each_epoch(paths):
  # One by one, records of the file that comes first are the first.
  first = {_first(_order(paths, 1), epoch) for epoch in range(40)}
  assert len(first) == len(SIZES)


def test_blocks_are_permuted_each_in_its_own_way(tmp_path):
  path = str(tmp_path / 'one.tfrecord')
  with tf.io.TFRecordWriter(path) as writer:
    for number in range(40):
      writer.write(str(number).encode())
  numbers = _epoch(order.Order([path], 40, 10, 3), 0)
  blocks = [tuple(x % 10 for x in numbers[i : i + 10]) for i in (0, 10, 20, 30)]
  assert len(set(blocks)) == 4


def test_starting_at_a_position_gives_the_rest_of_the_sequence(paths):
  length = 2 * COUNT + 5
  whole = _taken(_order(paths).starting_at(0), length)
  assert [position for position, _ in whole] == list(range(length))
  epochs = _epoch(_order(paths), 0) + _epoch(_order(paths), 1)
  assert [record for _, record in whole[: 2 * COUNT]] == epochs
  # Within a block and at its end, likewise of an epoch, and after two of them.
  ends = (1, 4, 5, 6, COUNT - 1, COUNT, COUNT + 1, 2 * COUNT, length - 1)
  for start in ends:
    rest = _taken(_order(paths).starting_at(start), length - start)
    assert rest == whole[start:], start


@pytest.mark.parametrize('workers', [1, 2, 4])
def test_the_workers_parts_are_the_global_batches(paths, workers):
  batch, batches = 8, 7
  whole = _taken(_order(paths).starting_at(0), batch * batches)
  size = batch // workers
  parts = []
  for worker in range(workers):
    context = tf.distribute.InputContext(workers, worker, workers)
    dataset = order.part(_order(paths).starting_at(0), batch, context)
    parts.append(_taken(dataset, size * batches))
  joined = [
    element
    for start in range(0, size * batches, size)
    for part in parts
    for element in part[start : start + size]
  ]
  assert joined == whole
