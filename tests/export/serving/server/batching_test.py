# SPDX-License-Identifier: Apache-2.0
"""Claims about batches: full, in time, of one kind, bounded, and fair."""

import threading

import numpy as np
import pytest

from export.serving.server import batching
from export.serving.wire import errors
from export.serving.wire import places
from export.serving.wire import signatures

_ANY = signatures.Spec(np.dtype(np.int64), (None,))
_PAIRS = signatures.Spec(np.dtype(np.int64), (None, None))
_FIXED = signatures.Spec(np.dtype(np.int64), (2,))


class _Model:
  """Adds one; waits while `gate` is closed; fails where a -1 is, by place.

  'partial' has a status for each example in place of a failure.
  """

  def __init__(self):
    self.gate, self.sizes = threading.Event(), []
    self.gate.set()
    self.signatures = {
      name: signatures.Signature(name, {'x': spec}, {'y': spec})
      for name, spec in {
        'one': _ANY,
        'two': _ANY,
        'partial': _ANY,
        'pairs': _PAIRS,
        'fixed': _FIXED,
      }.items()
    }

  def run(self, name, inputs):
    self.gate.wait()
    self.sizes.append(len(inputs['x']))
    wrong = {
      at: f'x[{at}]: is -1'
      for at, x in enumerate(inputs['x'])
      if (x == -1).any()
    }
    outputs = {'y': inputs['x'] + 1}
    if name == 'partial':
      said = [wrong.get(at, '').encode() for at in range(len(inputs['x']))]
      outputs['status'] = np.array(said, object)
    elif wrong:
      raise errors.invalid(next(iter(wrong.values())))
    return outputs


@pytest.fixture
def model():
  return _Model()


@pytest.fixture
def make():
  made = []

  def start(**options):
    options = {'max_batch_size': 4, 'timeout_s': 0.0, **options}
    made.append(batching.Batcher(batching.Options(**options)))
    return made[-1]

  yield start
  for batcher in made:
    batcher.close()


def _hold(batcher, model):
  """Has the thread busy with a batch until the gate opens."""
  model.gate.clear()
  (future,) = batcher.submit(model, 'one', {'x': np.array([0])})
  while batcher.waiting:
    pass
  return future


def _results(waiting):
  return [future.result(5)['y'].tolist() for future in waiting]


def _status(future):
  return [text.decode() for text in future.result(5)['status']]


def test_those_that_wait_together_run_together(make, model):
  batcher = make()
  held = _hold(batcher, model)
  waiting = [
    future
    for value in range(6)
    for future in batcher.submit(model, 'one', {'x': np.array([value])})
  ]
  model.gate.set()
  assert _results([held, *waiting]) == [[1], [1], [2], [3], [4], [5], [6]]
  assert model.sizes == [1, 4, 2]


def test_the_first_waits_for_others_as_long_as_it_is_allowed(make, model):
  batcher = make(timeout_s=30.0)
  waiting = [
    future
    for value in range(4)
    for future in batcher.submit(model, 'one', {'x': np.array([value])})
  ]
  assert _results(waiting) == [[1], [2], [3], [4]]
  assert model.sizes == [4]
  batcher = make(timeout_s=0.01)
  (single,) = batcher.submit(model, 'one', {'x': np.array([0])})
  assert _results([single]) == [[1]]


def test_a_large_request_is_parted_and_small_ones_are_not(make, model):
  batcher = make()
  held = _hold(batcher, model)
  parts = batcher.submit(model, 'one', {'x': np.arange(6)})
  others = batcher.submit(model, 'one', {'x': np.arange(3)})
  model.gate.set()
  assert _results([held, *parts]) == [[1], [1, 2, 3, 4], [5, 6]]
  assert _results(others) == [[1, 2, 3]]
  assert model.sizes == [1, 4, 2, 3]


def test_large_pictures_are_not_joined(make, model):
  batcher = make(joined_pixels=10)
  held = _hold(batcher, model)
  waiting = [
    future
    for value, pixels in enumerate((6, 4, 1, 30, 5, 5))
    for future in batcher.submit(model, 'one', {'x': np.array([value])}, pixels)
  ]
  model.gate.set()
  assert _results([held, *waiting]) == [[1], [1], [2], [3], [4], [5], [6]]
  # One request alone may have any.
  assert model.sizes == [1, 2, 1, 1, 2]


def test_other_shapes_signatures_and_models_run_by_themselves(make, model):
  batcher, other = make(), _Model()
  held = _hold(batcher, model)
  requests = [
    (model, 'one', np.array([1])),
    (model, 'two', np.array([1])),
    (model, 'pairs', np.array([[1]])),
    (model, 'pairs', np.array([[1, 2]])),
    (other, 'one', np.array([1])),
    (model, 'one', np.array([2])),
  ]
  waiting = [batcher.submit(m, name, {'x': x})[0] for m, name, x in requests]
  model.gate.set()
  results = [[1], [2], [2], [[2]], [[2, 3]], [2], [3]]
  assert _results([held, *waiting]) == results
  assert model.sizes == [1, 2, 1, 1, 1]
  assert other.sizes == [1]


def test_what_has_no_batch_is_never_joined(make, model):
  batcher = make()
  held = _hold(batcher, model)
  waiting = [
    batcher.submit(model, 'fixed', {'x': np.array([at, at])})[0]
    for at in range(2)
  ]
  model.gate.set()
  assert _results([held, *waiting]) == [[1], [1, 1], [2, 2]]
  assert model.sizes == [1, 2, 2]


def test_one_that_fails_does_so_by_itself(make, model):
  batcher = make()
  held = _hold(batcher, model)
  waiting = [
    batcher.submit(model, 'one', {'x': np.array([value])})[0]
    for value in (1, -1, 2)
  ]
  model.gate.set()
  assert _results([held, waiting[0], waiting[2]]) == [[1], [2], [3]]
  with pytest.raises(errors.ServingError) as info:
    waiting[1].result(5)
  assert str(info.value) == 'x[0]: is -1'


def test_an_error_of_a_parted_request_has_the_requests_own_place(make, model):
  values = np.arange(10)
  values[8:] = -1
  waiting = make().submit(model, 'one', {'x': values})
  assert _results(waiting[:2]) == [[1, 2, 3, 4], [5, 6, 7, 8]]
  with pytest.raises(errors.ServingError) as info:
    waiting[2].result(5)
  assert info.value.code == 'INVALID_ARGUMENT'
  assert str(info.value) == 'x[8]: is -1'


def test_statuses_have_the_places_of_their_own_requests(make, model):
  batcher = make()
  held = _hold(batcher, model)
  requests = [[0, -1], [-1], [0, -1, 0, -1, 0, -1]]
  waiting = [
    batcher.submit(model, 'partial', {'x': np.array(x)}) for x in requests
  ]
  model.gate.set()
  statuses = [
    [text for part in parts for text in _status(part)] for parts in waiting
  ]
  assert statuses == [
    ['', 'x[1]: is -1'],
    ['x[0]: is -1'],
    ['', 'x[1]: is -1', '', 'x[3]: is -1', '', 'x[5]: is -1'],
  ]
  held.result(5)
  # The first two ran as one, and the third in two parts.
  assert model.sizes == [1, 3, 4, 2]


def test_texts_that_name_no_input_are_left_as_they_are():
  for text in ('', 'x: is -1', 'z[1]: is -1', 'so x[1]: is -1', 'x[1] is -1'):
    assert places.moved(text, {'x'}, 5) == text
  assert places.moved('x[1]: z', {'x'}, 5) == 'x[6]: z'


def test_the_queue_is_bounded_and_the_cancelled_are_left_out(make, model):
  batcher = make(queue_size=2, max_batch_size=1)
  held = _hold(batcher, model)
  (first,) = batcher.submit(model, 'one', {'x': np.array([1])})
  with pytest.raises(errors.ServingError, match='the queue is full') as info:
    batcher.submit(model, 'one', {'x': np.array([1, 2])})
  assert info.value.code == 'UNAVAILABLE'
  (second,) = batcher.submit(model, 'one', {'x': np.array([2])})
  assert first.cancel()
  model.gate.set()
  assert _results([held, second]) == [[1], [3]]
  assert model.sizes == [1, 1]
  with pytest.raises(errors.ServingError, match='at most 2'):
    batcher.submit(model, 'one', {'x': np.arange(3)})


def test_closing_answers_those_that_wait_and_refuses_others(make, model):
  batcher = make(timeout_s=30.0)
  waiting = batcher.submit(model, 'one', {'x': np.array([1])})
  batcher.close()
  assert _results(waiting) == [[2]]
  with pytest.raises(errors.ServingError, match='shuts down'):
    batcher.submit(model, 'one', {'x': np.array([1])})
