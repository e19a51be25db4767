# SPDX-License-Identifier: Apache-2.0
"""The rows of the comparison: what each changes in a task's configuration.

All rows see the same examples and take the same number of steps. They differ
in stage 2; stages 1 and 3, which do not depend on it, are trained once for each
seed and shared. A row that changes what these see trains its own.

The paper's losses compare the features of a network (`Features`); without one
they compare pixels alone, and the row of pixels is the same as the row before.
"""

import dataclasses

from clothflow_tf import config as config_lib

Overrides = dict[str, object]


@dataclasses.dataclass(frozen=True)
class Features:
  """The network that perceptual losses compare features of.

  Attributes:
    network: a name of `config.PerceptualConfig`.
    weights: its file, or '' with 'none'.
  """

  network: str = 'none'
  weights: str = ''

  def overrides(self) -> Overrides:
    if self.network == 'none':
      return {}
    return {
      'perceptual.network': self.network,
      'perceptual.weights': self.weights,
    }


@dataclasses.dataclass(frozen=True)
class Row:
  """A row: its name, what it is in words, and what it changes.

  Attributes:
    name: also of its run folder.
    title: what a reader is told.
    changes: configuration keys and their values.
    own: the stages that it trains; others are shared.
    main: also trained from other seeds.
  """

  name: str
  title: str
  changes: Overrides
  own: tuple[str, ...] = ('flow',)
  main: bool = False


def _motion(name: str, title: str, main: bool = False) -> Row:
  return Row(name, title, {'flow.motion': name}, main=main)


_MOTIONS = (
  _motion('none', 'no warp'),
  _motion('boxes', 'boxes of the masks fitted'),
  _motion('affine', 'affine, estimated', main=True),
  _motion('tps', 'TPS 5x5, estimated', main=True),
  _motion('one_level', 'flow of one level', main=True),
  _motion('cascade', '**cascade**', main=True),
)
MOTIONS = {
  'try_on': _MOTIONS,
  'pose_transfer': tuple(
    row for row in _MOTIONS if row.name not in ('boxes', 'one_level')
  ),
}


def of(task: str, steps: int, features: Features) -> tuple[Row, ...]:
  """Returns a task's rows, in the order in which they are trained.

  Args:
    task: 'try_on' or 'pose_transfer'.
    steps: stage 2's, of which a warm start takes the first half.
    features: for the rows of the paper's losses.
  """
  if task != 'try_on':
    return MOTIONS[task]
  return (*MOTIONS[task], *_ablations(steps, features))


def _ablations(steps: int, features: Features) -> tuple[Row, ...]:
  paper = {
    'flow.roi_perceptual': 1.0,
    'flow.structure': 10.0,
    'flow.smoothness': 2.0,
    **features.overrides(),
  }
  cold = {**paper, 'flow.endpoint': 0.0}
  # As in the supervised rows at first; then the paper's losses alone.
  warm = {
    **paper,
    'flow.warm_start.begin': steps // 4,
    'flow.warm_start.end': steps // 2,
  }
  without = {
    'no_roi': ('less the ROI of L_roi_perc', {'flow.roi': False}),
    'pixels': (
      'with pixels for features',
      {'perceptual.network': 'none', 'perceptual.weights': 'imagenet'},
    ),
    'no_structure': ('less L_struct', {'flow.structure': 0.0}),
    'no_smoothness': ('less L_smt', {'flow.smoothness': 0.0}),
  }
  pairs = {'data.pairs': True, 'data.agnostic': 'garment_and_skin'}
  rows = [
    Row('pairs', 'cascade, all on pairs', pairs, config_lib.STAGES),
    Row('paper_cold', "the paper's losses, cold start", cold),
    Row('paper_warm', "the paper's losses, warm start", warm),
  ]
  for name, (title, change) in without.items():
    rows.append(Row(name, f'the same {title}', {**warm, **change}))
  plain = {'flow.hidden': ()}
  rows.append(Row('plain_heads', 'cascade, E_n without hidden layers', plain))
  return tuple(rows)
