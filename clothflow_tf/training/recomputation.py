# SPDX-License-Identifier: Apache-2.0
"""Recomputation: activations are computed twice instead of kept.

Backpropagation needs the outputs of all layers, which for the paper's networks
are most of a training's memory. Here a network is cut into segments; only what
passes from one to the next is kept, and the inside of a segment is computed
again for its gradients (Chen et al., "Training Deep Nets with Sublinear Memory
Cost", 2016; `tf.recompute_grad`). It costs one more forward pass.

The network itself stays as it is: segments are functional models of its own
layers, which exist beside it while it trains.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import re
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.models import sync_batch_norm
from clothflow_tf.training import keras_private

layers = tf.keras.layers

# Names of the layers after which a network is cut: the end of a level on the
# way down or up, each level of a pyramid and of the flow. Finer cuts keep more,
# coarser ones compute more at a time; most is at full resolution anyway.
_CUT = re.compile(r'.*(_block\d+_relu|_out_relu|_lateral|_sum)|flow_\d+')


class Segment(NamedTuple):
  """A part of a network: its inputs and outputs, and a model of its layers."""

  sources: list[Any]
  targets: list[Any]
  model: tf.keras.Model


class Forward:
  """A functional network's forward pass, which may keep only what it must."""

  def __init__(self, network: tf.keras.Model, recompute: bool):
    self._network = network
    self._segments = _segments(network) if recompute else []

  def __call__(self, inputs: dict[str, tf.Tensor], training: bool) -> Any:
    """Returns what `network(inputs, training)` does."""
    if not (training and self._segments):
      return self._network(inputs, training=training)
    known = {
      id(tensor): inputs[name] for name, tensor in self._network.input.items()
    }
    for segment in self._segments:
      sources = [known[id(tensor)] for tensor in segment.sources]
      values = _repeated(segment.model)(*sources)
      values = tf.nest.flatten(values)  # One output comes without a list.
      known.update(zip(map(id, segment.targets), values, strict=True))
    return tf.nest.map_structure(
      lambda tensor: known[id(tensor)], self._network.output
    )


def _repeated(model: tf.keras.Model) -> Callable[..., list[tf.Tensor]]:
  """Returns a model as a function whose inside is computed twice."""
  calls = []

  def run(*values: tf.Tensor) -> list[tf.Tensor]:
    calls.append(values)
    # The first call is the forward pass, any other a repetition of it.
    with _statistics_at_rest(model) if calls[1:] else contextlib.nullcontext():
      return model(list(values), training=True)

  return tf.recompute_grad(run)


@contextlib.contextmanager
def _statistics_at_rest(model: tf.keras.Model) -> Iterator[None]:
  """Within, tracing a model moves no statistics of batch normalisation.

  The first pass has moved them. A momentum of 1 leaves them where they are, to
  the bit.
  """
  # Threads that trace several replicas share the layers, so that a layer must
  # not be changed there; `sync_batch_norm` knows the thread instead.
  norms = [x for x in model.layers if type(x) is layers.BatchNormalization]
  before = [layer.momentum for layer in norms]
  for layer in norms:
    layer.momentum = 1.0
  try:
    with sync_batch_norm.at_rest():
      yield
  finally:
    for layer, momentum in zip(norms, before):
      layer.momentum = momentum


def _segments(network: tf.keras.Model) -> list[Segment]:
  """Returns the segments of a functional network, in order.

  A segment ends at one cut, the last one at all outputs, and begins at the
  cuts before it, or inputs of the network, that it needs.
  """
  outputs = tf.nest.flatten(network.output)
  ends = [
    [layer.output] for layer in network.layers if _CUT.fullmatch(layer.name)
  ]
  known = {id(tensor) for tensor in network.input.values()}
  parts = []
  for targets in [*ends, outputs]:
    # The outputs of a network may be ends of segments, too.
    targets = [tensor for tensor in targets if id(tensor) not in known]
    parts.append((_needed(targets, known), targets))
    known |= {id(tensor) for tensor in targets}
  # Models last: each calls its layers once more, and a layer that was called
  # twice has no `output`.
  return [Segment(*part, tf.keras.Model(*part)) for part in parts]


def _needed(targets: Sequence[Any], known: set[int]) -> list[Any]:
  """Returns the known tensors that targets are computed from."""
  needed, seen, left = [], set(), list(targets)
  while left:
    tensor = left.pop()
    if id(tensor) in seen:
      continue
    seen.add(id(tensor))
    if id(tensor) in known:
      needed.append(tensor)
    else:
      left += keras_private.made_from(tensor)
  return needed
