# SPDX-License-Identifier: Apache-2.0
"""Runs a model over batches of records and gathers what is measured of each.

Nothing is averaged here: `numbers` makes means and intervals of what is
gathered, `page` curves, and strips of the best and the worst examples.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from clothflow_tf.evaluation import axes
from clothflow_tf.evaluation import distributions
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import lpips as lpips_lib
from clothflow_tf.evaluation import measures
from clothflow_tf.evaluation import strips
from clothflow_tf.evaluation.text import legibility
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.models import try_on

# The flows whose errors are counted by size, for curves and percentiles.
COUNTED = (
  'flow_error',
  'flow_error_true_layout',
  'flow_error_box_fit',
  'flow_error_oracle_tps',
)


@dataclasses.dataclass(frozen=True)
class Judges:
  """What pictures are judged by where it is there, else None.

  Attributes:
    lpips: a network from a user's file.
    features: likewise.
    writing: knows the words on the products of the records.
  """

  lpips: lpips_lib.Lpips | None = None
  features: distributions.FeatureNetwork | None = None
  writing: legibility.Writing | None = None


@dataclasses.dataclass
class Gathered:
  """What was measured of N examples.

  Attributes:
    values: (values, weights) [2, N] by measure.
    error_counts: float32 [N, BINS] by `COUNTED`; {} without true flows.
    hems: [N, 6 + tags] of `measures.hems` and the tags, or None.
    tags: [N, tags] of the records, or None.
    features: of `distributions`, by 'result', 'truth'; {} without a network.
    strips: each example as a JPEG file, if strips are wanted.
  """

  values: dict[str, np.ndarray]
  error_counts: dict[str, np.ndarray]
  hems: np.ndarray | None
  tags: np.ndarray | None
  features: dict[str, dict[str, np.ndarray]]
  strips: list[bytes]

  @property
  def examples(self) -> int:
    return next(iter(self.values.values())).shape[1]


class Graphs:
  """What a model makes of records, and its measures: one trace for all views.

  Attributes:
    judges: what pictures are judged by.
    seen: records -> what the model sees of them, and the truth.
    infer: what it sees -> its result.
    measure: what it saw, its result -> what is measured of each example.
  """

  def __init__(self, model: try_on.ClothFlow, judges: Judges):
    self._model, self.judges = model, judges
    # As graphs these take half the time: convolutions are fused.
    self.seen = tf.function(self._batch)
    self.infer = tf.function(model.infer)
    self.measure = tf.function(self._measured, reduce_retracing=True)

  def _batch(self, record: dict) -> dict:
    """Returns what the model sees of records, and the truth."""
    batch = batch_lib.from_record(record, self._model.config.data)
    # The truth as it is stored: training takes a parser's labels where pixels
    # are kept, and a measure by these would flatter.
    batch['target_layout'] = batch_lib.one_hot(record['target_layout'])
    return batch

  def _measured(self, batch: dict, result: dict) -> dict:
    lpips, counts = self.judges.lpips, {}
    values = measures.images(batch, result)
    values |= measures.each_label(batch, result)
    values |= axes.whole(batch, result, lpips)
    values |= axes.cloth(batch, result, lpips)
    if self._model.config.data.task == 'try_on':
      for measure in (
        measures.shapes,
        measures.kept,
        axes.outside,
        axes.may_change,
        axes.outlines,
        axes.order,
      ):
        values |= measure(batch, result)
      if 'keypoints' in batch:
        values |= measures.ends(batch, result)
    if 'flow' in batch:
      compared = measures.compared_flows(self._model, batch, result)
      values |= measures.flows(batch, compared)
      values |= axes.errors(batch, result)
      counts = {
        name: flow_metrics.error_counts(
          compared[name], batch['flow'], batch['visible']
        )
        for name in COUNTED
      }
    return {'values': values, 'error_counts': counts}


class Gatherer:
  """Gathers the measures of one view of the records."""

  def __init__(self, graphs: Graphs, drawn: bool = False):
    self._graphs, self._drawn = graphs, drawn
    self._parts: list[dict] = []
    self._strips: list[bytes] = []

  def add(self, record: dict) -> tuple[dict, dict]:
    """Adds a batch of records; returns what the model saw and made of it."""
    graphs, judges = self._graphs, self._graphs.judges
    batch = graphs.seen(record)
    result = graphs.infer(batch)
    part = tf.nest.map_structure(np.asarray, graphs.measure(batch, result))
    if 'tags' in record:
      part['tags'] = np.asarray(record['tags'])
      if 'keypoints' in batch:
        hems = measures.hems(batch, result).numpy()
        part['hems'] = np.hstack([hems, part['tags']])
    if judges.writing is not None:
      part['values'] |= legibility.measure(
        judges.writing,
        *(tf.nest.map_structure(np.asarray, x) for x in (record, batch)),
        result['image'].numpy(),
      )
    if judges.features is not None:
      pictures = {'result': result['image'], 'truth': batch['target_image']}
      part['features'] = {
        name: judges.features(x) for name, x in pictures.items()
      }
    self._parts.append(part)
    if self._drawn:
      self._strips += strips.draw(batch, result)
    return batch, result

  def gathered(self) -> Gathered:
    """Returns all that was added; at least one batch must have been."""
    parts = self._parts
    joined = {
      name: tf.nest.map_structure(
        lambda *x: np.concatenate(x), *(part[name] for part in parts)
      )
      for name in parts[0]
    }
    values = {
      name: np.stack(pair).astype(np.float64)
      for name, pair in joined['values'].items()
    }
    return Gathered(
      values,
      joined['error_counts'],
      joined.get('hems'),
      joined.get('tags'),
      joined.get('features', {}),
      self._strips,
    )
