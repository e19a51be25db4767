# SPDX-License-Identifier: Apache-2.0
"""Makes numbers with intervals of what was gathered of each example.

A number is a mean over examples, weighted; `_median` names a median.
Percentiles and shares of flow errors are of all visible pixels together. An
interval is the bootstrap's over examples (`intervals`). FID, KID and inception
score have none: pictures drawn with repetition are alike more often than others
would be, which moves them.
"""

import dataclasses

import numpy as np

from clothflow_tf.evaluation import distributions
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import gathering
from clothflow_tf.evaluation import hems as hems_lib
from clothflow_tf.evaluation import intervals as intervals_lib
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

# The measures that are also reported for each tag.
TAGGED = (
  'garment_iou',
  'torso_skin_iou',
  'garment_boundary_f',
  'garment_ssim',
  'order',
  'flow_error',
  'flow_error_true_layout',
  'flow_error_identity',
  'flow_error_oracle_tps',
)
# The measures whose median over examples is reported, too.
_MEDIANS = ('flow_error', 'flow_error_true_layout', 'hem_error', 'sleeve_error')
PERCENTILES = (50, 90, 95)
# Draws where a number is computed anew for each of them.
_FEWER = 300
_LABEL = 'layout_iou/'


@dataclasses.dataclass
class Numbers:
  """A report's numbers, and the intervals of those that have one."""

  report: dict[str, float] = dataclasses.field(default_factory=dict)
  intervals: dict[str, intervals_lib.Interval] = dataclasses.field(
    default_factory=dict
  )

  def put(
    self, name: str, value: float, interval: intervals_lib.Interval
  ) -> None:
    self.report[name] = float(value)
    # Too few examples may leave no interval, and JSON knows no NaN.
    if np.isfinite(interval).all():
      self.intervals[name] = interval


def of(gathered: gathering.Gathered) -> Numbers:
  """Returns means, medians, percentiles, overlaps by label, and hems."""
  numbers = Numbers()
  drawn = intervals_lib.counts(gathered.examples)
  measured = {**gathered.values, **_tagged(gathered)}
  for name, (values, weights) in measured.items():
    if weights.sum() > 0:
      mean = (values * weights).sum() / weights.sum()
      numbers.put(name, mean, intervals_lib.of_mean(values, weights, drawn))
      if name in _MEDIANS:
        median = np.median(values[weights > 0])
        interval = intervals_lib.of_median(values, weights, drawn[:_FEWER])
        numbers.put(f'{name}_median', median, interval)
  _put_layout(numbers, gathered.values, drawn)
  for name in ('flow_error', 'flow_error_true_layout'):
    if name in gathered.error_counts:
      _put_percentiles(numbers, name, gathered.error_counts[name], drawn)
  if gathered.hems is not None:
    _put_hems(numbers, gathered.hems, drawn[:_FEWER])
  numbers.report |= distributions.numbers(gathered.features)
  return numbers


def percentile(counts: np.ndarray, percent: float) -> np.ndarray:
  """Returns a percentile of errors that are counted by size, in pixels.

  Args:
    counts: [.., BINS], `flow_metrics.error_counts`, added over examples.
    percent: 0 to 100.

  Returns:
    [..], exact to a bin, linear within it; NaN where nothing is counted.
  """
  total = np.cumsum(counts, -1)
  wanted = total[..., -1:] * percent / 100.0
  place = (total < wanted).sum(-1, keepdims=True)
  place = np.minimum(place, counts.shape[-1] - 1)
  own = np.take_along_axis(counts, place, -1)
  before = np.take_along_axis(total, place, -1) - own
  with np.errstate(invalid='ignore', divide='ignore'):
    share = (wanted - before) / own
  return (flow_metrics.BIN * (place + share))[..., 0]


def _tagged(gathered: gathering.Gathered) -> dict[str, np.ndarray]:
  """Returns (values, weights) of examples with each tag, NAME/TAG."""
  if gathered.tags is None:
    return {}
  tags = gathered.tags.astype(np.float64)
  return {
    f'{name}/{tag}': np.stack([values, weights * tags[:, place]])
    for name, (values, weights) in gathered.values.items()
    if name in TAGGED
    for place, tag in enumerate(record_lib.TAGS)
  }


def _put_layout(
  numbers: Numbers, values: dict[str, np.ndarray], drawn: np.ndarray
) -> None:
  """Puts the mean of all labels' overlaps."""
  pairs = np.stack([values[f'{_LABEL}{name}'] for name in labels.NAMES])
  common, unions = pairs[:, 0] * pairs[:, 1], pairs[:, 1]
  present = unions.sum(1) > 0
  mean = np.mean(common[present].sum(1) / unions[present].sum(1))
  with np.errstate(invalid='ignore', divide='ignore'):
    means = np.nanmean((drawn @ common.T) / (drawn @ unions.T), 1)
  numbers.put('layout_miou', mean, intervals_lib.bounds(means))


def _put_percentiles(
  numbers: Numbers, name: str, counts: np.ndarray, drawn: np.ndarray
) -> None:
  counts = counts.astype(np.float64)
  if not counts.sum():
    return
  totals = drawn @ counts
  for percent in PERCENTILES:
    value = percentile(counts.sum(0), percent)
    interval = intervals_lib.bounds(percentile(totals, percent))
    numbers.put(f'{name}_p{percent}', float(value), interval)


def _put_hems(numbers: Numbers, rows: np.ndarray, drawn: np.ndarray) -> None:
  names = hem_report(rows)
  for name in names:
    interval = intervals_lib.of_statistic(
      lambda index, name=name: hem_report(rows[index]).get(name, np.nan), drawn
    )
    numbers.put(name, names[name], interval)


def hem_report(rows: np.ndarray) -> dict[str, float]:
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
  chosen = hems_lib.Hems(*measured[loose].T)
  report = hems_lib.follows(hems_lib.on_body(chosen, *frames[loose].T))
  dressed = known & tags[:, place('dress_to_top')]
  if dressed.any():
    chosen = hems_lib.Hems(*measured[dressed].T)
    report['dress_to_top_right'] = hems_lib.right_share(chosen)
  return report
