# SPDX-License-Identifier: Apache-2.0
"""Measures a trained run on a split: flow, layout, image, and a panel.

The image is judged as a user gets it, on the layout that stage 1 predicts. The
flow is measured on that layout and on the true one, which is stage 2 by itself.
Baselines on the same examples: no flow at all, the mask-box fit, and for the
image the garment pasted, as it lies in its photo, on the agnostic person. The
affine and the TPS flow nearest to the truth show what a stiff transformation
could reach at best. Where records are tagged by difficulty, flow errors are
also given for each tag.
"""

import collections
from collections.abc import Iterable
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import layout_metrics
from clothflow_tf.evaluation import oracles
from clothflow_tf.evaluation import pictures
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib
from clothflow_tf.models import try_on

Tensors = dict[str, tf.Tensor]

# The errors that are also reported for each tag.
_TAGGED = (
  'flow_error',
  'flow_error_true_layout',
  'flow_error_identity',
  'flow_error_oracle_tps',
)


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
  """Runs a model over batches of records and averages its metrics."""
  iou = layout_metrics.LabelIoU()
  means = collections.defaultdict(tf.keras.metrics.Mean)
  count, drawn = 0, []
  for record in dataset:
    batch = batch_lib.from_record(record, model.config.data)
    result = model.infer(batch)
    iou.update_state(batch['target_layout'], result['layout'])
    values = _measure(model, batch, result)
    for name, value in values.items():
      means[name].update_state(value)
    if 'tags' in record:
      tags = tf.unstack(tf.cast(record['tags'], tf.float32), axis=1)
      for name in filter(values.__contains__, _TAGGED):
        for tag, tagged in zip(record_lib.TAGS, tags, strict=True):
          means[f'{name}/{tag}'].update_state(values[name], tagged)
    count += len(batch['target_image'])
    if len(drawn) < rows:
      drawn += _rows(batch, result, rows - len(drawn))
  if not count:
    raise ValueError('the split has no examples to evaluate')
  report = {'examples': count}
  # A tag that no example has is left out.
  report |= {k: float(x.result()) for k, x in means.items() if x.count > 0}
  report |= _layout_report(iou.result().numpy(), model.config.data)
  return Evaluation(report, drawn)


@functools.partial(tf.function, reduce_retracing=True, autograph=False)
def _measure(
  model: try_on.ClothFlow, batch: Tensors, result: Tensors
) -> Tensors:
  """Returns each metric of each example, [B]."""
  target = batch['target_image']
  garment = tf.reduce_sum(batch['source_clothing'], -1, keepdims=True)
  kept = batch['agnostic_image'] * (1.0 - garment)
  report = {
    'ssim': _ssim(result['image'], target),
    'ssim_pasted_garment': _ssim(batch['garment'] * garment + kept, target),
    'l1': tf.reduce_mean(tf.abs(result['image'] - target), [1, 2, 3]) / 2.0,
  }
  if 'flow' in batch:
    report |= _flow_report(model, batch, result)
  return report


def _flow_report(
  model: try_on.ClothFlow, batch: Tensors, result: Tensors
) -> Tensors:
  truth, visible = batch['flow'], batch['visible']
  inputs = try_on.pick(batch, model.flow_net)
  on_truth = model.flow_net(inputs, training=False)['flow']
  source = tf.reduce_sum(batch['source_clothing'], -1, keepdims=True)
  flows = {
    'flow_error': result['flow'],
    'flow_error_true_layout': on_truth,
    'flow_error_identity': tf.zeros_like(truth),
    'flow_error_box_fit': flow_metrics.box_fit(source, _worn(batch)),
    'flow_error_oracle_affine': oracles.affine(truth, visible),
    'flow_error_oracle_tps': oracles.tps(truth, visible),
  }
  report = {
    name: flow_metrics.endpoint_error(flow, truth, visible)
    for name, flow in flows.items()
  }
  report['folded'] = flow_metrics.folded_share(result['flow'], visible)
  report['folded_true_layout'] = flow_metrics.folded_share(on_truth, visible)
  return report


def _worn(batch: Tensors) -> tf.Tensor:
  """Returns the region [B, H, W, 1] of the source's categories on target."""
  present = tf.reduce_max(batch['source_clothing'], [1, 2], keepdims=True)
  return tf.reduce_sum(batch['target_clothing'] * present, -1, keepdims=True)


def _ssim(image: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
  return tf.image.ssim((image + 1.0) / 2.0, (target + 1.0) / 2.0, 1.0)


def _layout_report(
  iou: np.ndarray, data: config_lib.DataConfig
) -> dict[str, float]:
  known = {
    f'layout_iou/{name}': float(value)
    for name, value in zip(labels.NAMES, iou)
    if np.isfinite(value)
  }
  return {
    'layout_miou': float(np.mean([*known.values()])),
    'layout_iou_garment': float(np.nan_to_num(iou[data.garment_label])),
    **known,
  }


def _rows(batch: Tensors, result: Tensors, count: int) -> list[np.ndarray]:
  count = min(count, len(batch['target_image']))
  batch, result = (
    {key: np.asarray(value) for key, value in part.items()}
    for part in (batch, result)
  )
  return [pictures.row(batch, result, index) for index in range(count)]
