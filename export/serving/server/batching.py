# SPDX-License-Identifier: Apache-2.0
"""Requests that arrive together run together.

A model takes little longer for several examples than for one. So requests wait
in a queue, for a moment at most, and those of one model, signature and shape
are run as one batch. The queue is bounded: what does not fit is refused at
once, which tells clients to come back later, rather than kept until nobody
waits for it.

If a batch fails, its requests are run one by one, so that a wrong picture fails
the request that it came in, and no other.
"""

import collections
from collections.abc import Callable
from concurrent import futures
import dataclasses
import threading
import time
from typing import Protocol

import numpy as np

from clothflow_tf.inference import encoded
from export.serving.wire import errors
from export.serving.wire import places
from export.serving.wire import signatures

# Seconds that closing waits for the batch that runs.
_LAST_BATCH_S = 1.0


class Model(Protocol):
  """A version of a model that is loaded."""

  signatures: dict[str, signatures.Signature]

  def run(self, name: str, inputs: signatures.Arrays) -> signatures.Arrays:
    """Returns the outputs of a signature.

    Raises:
      errors.ServingError: the inputs cannot be used.
    """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
  """How requests are gathered.

  Attributes:
    max_batch_size: examples that are run at once, at most.
    timeout_s: that the first of a batch waits for others, at most.
    queue_size: requests that wait at once, at most. One of more examples than
      fit into a batch counts as several.
    joined_pixels: of the pictures of requests that are run as one, at most. A
      batch cannot be stopped, and joining makes large pictures no quicker.
  """

  max_batch_size: int = 8
  timeout_s: float = 0.005
  queue_size: int = 64
  joined_pixels: int = 32_000_000


@dataclasses.dataclass(eq=False)
class _Task:
  """Examples that wait, at most a batch of them.

  The first of them has place `first` in its request.
  """

  model: Model
  signature: str
  inputs: signatures.Arrays
  rows: int
  is_batched: bool
  first: int = 0
  pixels: int = 0
  future: futures.Future = dataclasses.field(default_factory=futures.Future)
  since: float = dataclasses.field(default_factory=time.monotonic)

  def error(self, error: BaseException) -> BaseException:
    """Returns what a model raised for it alone, with its request's places."""
    return places.moved_error(error, self.inputs, self.first)

  def placed(self, outputs: signatures.Arrays, at: int) -> signatures.Arrays:
    """Returns its outputs, cut from a batch at a row, with its own places."""
    status = outputs.get(encoded.STATUS)
    # Another model's status may be anything.
    if at == self.first or status is None or status.dtype.kind != 'O':
      return outputs
    own = places.moved_texts(status, self.inputs, self.first - at)
    return {**outputs, encoded.STATUS: own}

  def joins(self, other: '_Task') -> bool:
    """Says whether two can be run as one."""
    return (
      self.is_batched
      and self.model is other.model
      and self.signature == other.signature
      and all(
        array.shape[1:] == other.inputs[name].shape[1:]
        for name, array in self.inputs.items()
      )
    )


class Batcher:
  """Runs requests in batches, one batch at a time."""

  def __init__(
    self, options: Options, observe: Callable[[int, float], None] | None = None
  ):
    """Starts the thread that runs the models.

    Args:
      options: how requests are gathered.
      observe: is given each batch's size and seconds.
    """
    self._options = options
    self._observe = observe or (lambda size, seconds: None)
    self._waiting: collections.deque[_Task] = collections.deque()
    self._changed = threading.Condition()
    self._is_open = True
    # A daemon: the end of the process does not wait for a batch, either.
    self._thread = threading.Thread(
      target=self._work, name='batches', daemon=True
    )
    self._thread.start()

  @property
  def waiting(self) -> int:
    """How many requests wait."""
    return len(self._waiting)

  def submit(
    self, model: Model, name: str, inputs: signatures.Arrays, pixels: int = 0
  ) -> list[futures.Future]:
    """Puts a request into the queue.

    Args:
      model: to run.
      name: of its signature.
      inputs: checked by it.
      pixels: of their pictures.

    Returns:
      Futures of outputs, of one batch each, in order.

    Raises:
      errors.ServingError: the queue is full, or closed.
    """
    tasks = self._tasks(model, name, inputs)
    for task in tasks:
      task.pixels = pixels // len(tasks)
    limit = self._options.queue_size
    if len(tasks) > limit:
      raise errors.too_large(
        f'the request has {tasks[0].rows} x {len(tasks)} examples; expected '
        f'at most {limit * self._options.max_batch_size}'
      )
    with self._changed:
      if not self._is_open:
        raise errors.ServingError('UNAVAILABLE', 'the server shuts down')
      if len(self._waiting) + len(tasks) > limit:
        raise errors.ServingError(
          'UNAVAILABLE',
          f'the queue is full: {len(self._waiting)} requests wait, at most '
          f'{limit} may (--queue_size); try again later',
        )
      self._waiting.extend(tasks)
      self._changed.notify()
    return [task.future for task in tasks]

  def close(self) -> None:
    """Refuses new ones, lets those that wait be run, and ends.

    A batch that takes long is left to itself: it cannot be stopped, and who
    closes has answered its clients, with an error if they waited too long.
    """
    with self._changed:
      self._is_open = False
      self._changed.notify()
    self._thread.join(_LAST_BATCH_S)

  def _tasks(
    self, model: Model, name: str, inputs: signatures.Arrays
  ) -> list[_Task]:
    if not model.signatures[name].is_batched:
      return [_Task(model, name, inputs, 1, False)]
    rows, most = len(next(iter(inputs.values()))), self._options.max_batch_size
    parts = [slice(at, min(at + most, rows)) for at in range(0, rows, most)]
    return [
      _Task(
        model,
        name,
        {key: array[part] for key, array in inputs.items()},
        part.stop - part.start,
        True,
        part.start,
      )
      for part in parts
    ]

  def _work(self) -> None:
    while tasks := self._next():
      # Cancelled ones, whose clients have gone, are left out.
      tasks = [x for x in tasks if x.future.set_running_or_notify_cancel()]
      if tasks:
        self._run(tasks)

  def _next(self) -> list[_Task]:
    """Returns the tasks of the next batch; none when closed and empty."""
    with self._changed:
      while not self._waiting and self._is_open:
        self._changed.wait()
      if not self._waiting:
        return []
      until = self._waiting[0].since + self._options.timeout_s
      while self._is_open and not self._is_full():
        if (left := until - time.monotonic()) <= 0:
          break
        self._changed.wait(left)
      tasks = self._gathered()
      chosen = {id(task) for task in tasks}
      self._waiting = collections.deque(
        task for task in self._waiting if id(task) not in chosen
      )
      return tasks

  def _gathered(self) -> list[_Task]:
    """Returns those that wait and can be run with the first."""
    first, *others = self._waiting
    tasks, rows, pixels = [first], first.rows, first.pixels
    for task in others:
      if rows + task.rows > self._options.max_batch_size:
        break
      if task.joins(first):
        pixels += task.pixels
        if pixels > self._options.joined_pixels:
          break
        tasks.append(task)
        rows += task.rows
    return tasks

  def _is_full(self) -> bool:
    first = self._waiting[0]
    rows = sum(task.rows for task in self._waiting if task.joins(first))
    return not first.is_batched or rows >= self._options.max_batch_size

  def _run(self, tasks: list[_Task]) -> None:
    try:
      results = self._results(tasks)
    except BaseException as error:
      if len(tasks) == 1:
        tasks[0].future.set_exception(tasks[0].error(error))
        return
      for task in tasks:
        self._run([task])
      return
    for task, result in zip(tasks, results):
      task.future.set_result(result)

  def _results(self, tasks: list[_Task]) -> list[signatures.Arrays]:
    """Returns the outputs of each task, run as one batch."""
    start, first = time.monotonic(), tasks[0]
    inputs = first.inputs
    if len(tasks) > 1:
      inputs = {
        name: np.concatenate([task.inputs[name] for task in tasks])
        for name in inputs
      }
    outputs = first.model.run(first.signature, inputs)
    rows = sum(task.rows for task in tasks)
    self._observe(rows, time.monotonic() - start)
    if len(tasks) == 1:
      return [first.placed(outputs, 0)]
    if any(len(array) != rows for array in outputs.values()):
      raise ValueError('outputs are no batch')
    ends = np.cumsum([task.rows for task in tasks])
    parts = [(task, int(end) - task.rows) for task, end in zip(tasks, ends)]
    return [
      task.placed({k: x[at : at + task.rows] for k, x in outputs.items()}, at)
      for task, at in parts
    ]
