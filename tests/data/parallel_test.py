# SPDX-License-Identifier: Apache-2.0
"""Claims about work done by many processes: in order, as needed, never lost."""

import os

import pytest

from clothflow_tf.data import parallel


def _double(x):
  return 2 * x


def _die(x):
  os._exit(x)


@pytest.mark.parametrize('workers', [1, 2])
def test_results_come_in_order_and_items_are_drawn_as_needed(workers):
  drawn = []

  def items():
    for x in range(200):
      drawn.append(x)
      yield x

  results = parallel.in_order(_double, items(), workers)
  assert [next(results) for _ in range(3)] == [0, 2, 4]
  assert len(drawn) < 60
  assert list(results) == [2 * x for x in range(3, 200)]


def test_a_worker_that_dies_ends_the_build():
  with pytest.raises(Exception, match='terminated abruptly'):
    list(parallel.in_order(_die, [1, 2], workers=2))
