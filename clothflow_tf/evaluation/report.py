# SPDX-License-Identifier: Apache-2.0
"""Measures a trained run on a split: flow, layout, image, and a panel.

The result is judged as a user gets it, on the layout that stage 1 predicts. The
flow is given on the predicted layout and on the true one, which is stage 2
alone. Baselines on the same examples: no flow at all, the mask-box fit, and for
the image the pasted garment; the affine and the spline flow nearest to the
truth show what a stiff transformation could reach at best. `axes` says what the
numbers ask.

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

from clothflow_tf.evaluation import gathering
from clothflow_tf.evaluation import numbers as numbers_lib
from clothflow_tf.evaluation import pictures
from clothflow_tf.models import try_on

Tensors = dict[str, tf.Tensor]

OWN = 'own/'


@dataclasses.dataclass
class Evaluation:
  """What `evaluate` measured and drew.

  Attributes:
    report: metric name to number.
    rows: the panel's first rows, uint8 [H, W * columns, 3].
    intervals: metric name to the bounds that 95 % of bootstrap draws lie in.
    gathered: what was measured of each example, with the garment of the plain
      names.
  """

  report: dict[str, float]
  rows: list[np.ndarray]
  intervals: dict[str, list[float]]
  gathered: gathering.Gathered

  def as_json(self) -> dict:
    """Returns the numbers by name, and their intervals in one entry."""
    return {**self.report, 'intervals': self.intervals}


def evaluate(
  model: try_on.ClothFlow,
  dataset: Iterable[Tensors],
  rows: int = 8,
  judges: gathering.Judges | None = None,
  strips: bool = False,
) -> Evaluation:
  """Runs a model over batches of records and averages its metrics.

  Args:
    model: the trained model.
    dataset: batches of records.
    rows: of the panel.
    judges: networks that pictures are judged by, if any.
    strips: also draw each example as a strip.

  Raises:
    ValueError: there are no records.
  """
  graphs = gathering.Graphs(model, judges or gathering.Judges())
  gatherers, drawn = {}, []
  for record in dataset:
    for prefix, view in _views(record):
      if prefix not in gatherers:
        shown = strips and not prefix
        gatherers[prefix] = gathering.Gatherer(graphs, shown)
      batch, result = gatherers[prefix].add(view)
      if not prefix and len(drawn) < rows:
        drawn += _rows(batch, result, rows - len(drawn))
  if not gatherers:
    raise ValueError('the split has no examples to evaluate')
  return _evaluation(gatherers, drawn)


def _evaluation(
  gatherers: dict[str, gathering.Gatherer], drawn: list[np.ndarray]
) -> Evaluation:
  everything = {name: x.gathered() for name, x in gatherers.items()}
  report, intervals = {'examples': everything[''].examples}, {}
  for prefix, gathered in everything.items():
    numbers = numbers_lib.of(gathered)
    report |= {f'{prefix}{k}': v for k, v in numbers.report.items()}
    intervals |= {f'{prefix}{k}': v for k, v in numbers.intervals.items()}
  return Evaluation(report, drawn, intervals, everything[''])


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


def _rows(batch: Tensors, result: Tensors, count: int) -> list[np.ndarray]:
  count = min(count, len(batch['target_image']))
  batch, result = (
    {key: np.asarray(value) for key, value in part.items()}
    for part in (batch, result)
  )
  return [pictures.row(batch, result, index) for index in range(count)]
