# SPDX-License-Identifier: Apache-2.0
"""Measures a trained run on a split: flow, layout, image, and a panel.

The result is judged as a user gets it, on the layout that stage 1 predicts. The
flow is given on the predicted layout and on the true one, which is stage 2
alone. Baselines on the same examples: no flow at all, the mask-box fit, and for
the image the pasted garment; the affine and the spline flow nearest to the
truth show what a stiff transformation could reach at best.

Exact triplets show the person in another outfit, so **another garment** is put
on, as users do, and the truth is still known. That is what the report's plain
names are of. The same measures with the person already in the garment (what
pairs allow) are reported beside them as `own/NAME`: what a person wears tells
where the new garment ends, which flatters. Pairs have only such persons: there,
plain names are of the own garment.

Where records are tagged (difficulty, neckline, kind of product), some measures
are also given for each tag, as NAME/TAG.
"""

from collections.abc import Iterable
import dataclasses

import numpy as np
import tensorflow as tf

from clothflow_tf.evaluation import hems
from clothflow_tf.evaluation import layout_metrics
from clothflow_tf.evaluation import measures
from clothflow_tf.evaluation import pictures
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib
from clothflow_tf.models import try_on

Tensors = dict[str, tf.Tensor]

OWN = 'own/'
# The measures that are also reported for each tag.
_TAGGED = (
  'garment_iou',
  'torso_skin_iou',
  'flow_error',
  'flow_error_true_layout',
  'flow_error_identity',
  'flow_error_oracle_tps',
)
# The measures whose median over examples is reported, too.
_MEDIANS = ('flow_error', 'flow_error_true_layout', 'hem_error', 'sleeve_error')


@dataclasses.dataclass
class Evaluation:
  """What `evaluate` measured and drew.

  Attributes:
    report: metric name to number.
    rows: the panel's first rows, uint8 [H, W * columns, 3].
  """

  report: dict[str, float]
  rows: list[np.ndarray]


def evaluate(
  model: try_on.ClothFlow, dataset: Iterable[Tensors], rows: int = 8
) -> Evaluation:
  """Runs a model over batches of records and averages its metrics.

  Raises:
    ValueError: there are no records.
  """
  judges, drawn = {}, []
  for record in dataset:
    for prefix, view in _views(record):
      judge = judges.setdefault(prefix, _Judge(model))
      batch, result = judge.add(view)
      if not prefix and len(drawn) < rows:
        drawn += _rows(batch, result, rows - len(drawn))
  if not judges:
    raise ValueError('the split has no examples to evaluate')
  report = {'examples': judges[''].examples}
  for prefix, judge in judges.items():
    for name, value in judge.report().items():
      report[f'{prefix}{name}'] = value
  return Evaluation(report, drawn)


def _views(record: dict) -> list[tuple[str, dict]]:
  """Returns the records to judge by prefix: as it is, and with its own garment.

  Only triplets have both.
  """
  if 'person_image' not in record:
    return [('', record)]
  own = {
    'person_image': record['target_image'],
    'person_layout': record['target_layout'],
  }
  return [('', record), (OWN, {**record, **own})]


class _Judge:
  """Gathers the measures of one view of the records."""

  def __init__(self, model: try_on.ClothFlow):
    self._model = model
    self._measure = tf.function(self._measured, reduce_retracing=True)
    self._iou = layout_metrics.LabelIoU()
    self._values, self._hems = {}, []
    self.examples = 0

  def add(self, record: dict) -> tuple[dict, dict]:
    """Adds a batch of records; returns what the model saw and made of it."""
    batch = batch_lib.from_record(record, self._model.config.data)
    # The truth as it is stored: training takes a parser's labels where pixels
    # are kept, and a measure by these would flatter.
    batch['target_layout'] = batch_lib.one_hot(record['target_layout'])
    result = self._model.infer(batch)
    self._iou.update_state(batch['target_layout'], result['layout'])
    measured = {
      name: (value.numpy(), weight.numpy())
      for name, (value, weight) in self._measure(batch, result).items()
    }
    measured |= _tagged(measured, record)
    for name, pair in measured.items():
      self._values.setdefault(name, []).append(np.stack(pair))
    if 'keypoints' in batch and 'tags' in record:
      hems_of = measures.hems(batch, result).numpy()
      self._hems.append(np.hstack([hems_of, np.asarray(record['tags'])]))
    self.examples += len(batch['target_image'])
    return batch, result

  def report(self) -> dict[str, float]:
    """Returns means over what was added, medians, and overlaps by label."""
    report = {}
    for name, parts in self._values.items():
      values, weights = np.concatenate(parts, axis=1)
      if weights.sum() > 0:
        report[name] = float((values * weights).sum() / weights.sum())
        if name in _MEDIANS:
          report[f'{name}_median'] = float(np.median(values[weights > 0]))
    if self._hems:
      report |= _hem_report(np.concatenate(self._hems))
    return report | _layout_report(self._iou.result().numpy())

  def _measured(self, batch: dict, result: dict) -> measures.Values:
    values = measures.images(batch, result)
    if self._model.config.data.task == 'try_on':
      values |= measures.shapes(batch, result)
      values |= measures.kept(batch, result)
      if 'keypoints' in batch:
        values |= measures.ends(batch, result)
    if 'flow' in batch:
      values |= measures.flows(self._model, batch, result)
    return values


def _tagged(measured: dict, record: dict) -> dict:
  """Returns (values, weights) of examples with each tag, NAME/TAG."""
  if 'tags' not in record:
    return {}
  tags = np.asarray(record['tags'], np.float32)
  return {
    f'{name}/{tag}': (values, weights * tags[:, place])
    for name, (values, weights) in measured.items()
    if name in _TAGGED
    for place, tag in enumerate(record_lib.TAGS)
  }


def _hem_report(rows: np.ndarray) -> dict[str, float]:
  """Returns whose hem loose tops have, and if tops on dressed people end right.

  Args:
    rows: [N, 6 + tags], of `measures.hems` and the records' tags.
  """
  measured, frames, tags = rows[:, :3], rows[:, 3:5], rows[:, 6:] > 0
  place = record_lib.TAGS.index
  known = (rows[:, 5] > 0) & tags[:, place('top')]
  # A hem at the picture's edge is where the picture ends, not the garment.
  loose = known & ~tags[:, place('tucked')] & (measured[:, 1:] < 1).all(1)
  loose &= ~tags[:, place('dress_to_top')]
  chosen = hems.Hems(*measured[loose].T)
  report = hems.follows(hems.on_body(chosen, *frames[loose].T))
  dressed = known & tags[:, place('dress_to_top')]
  if dressed.any():
    chosen = hems.Hems(*measured[dressed].T)
    report['dress_to_top_right'] = hems.right_share(chosen)
  return report


def _layout_report(iou: np.ndarray) -> dict[str, float]:
  report = {'layout_miou': float(iou[np.isfinite(iou)].mean())}
  for name, value in zip(labels.NAMES, iou):
    if np.isfinite(value):
      report[f'layout_iou/{name}'] = float(value)
  return report


def _rows(batch: Tensors, result: Tensors, count: int) -> list[np.ndarray]:
  count = min(count, len(batch['target_image']))
  batch, result = (
    {key: np.asarray(value) for key, value in part.items()}
    for part in (batch, result)
  )
  return [pictures.row(batch, result, index) for index in range(count)]
