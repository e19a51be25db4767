# SPDX-License-Identifier: Apache-2.0
"""Panels: what the stages see and do, for people to judge.

Numbers can improve while a picture gets worse, so every evaluation leaves a
panel with one example a row. Its columns are `COLUMNS`; a panel of one stage
shows that stage's inputs and outputs (`stage_columns`).

'person' is the photo, 'agnostic' what the networks see of it: without the
garment that is to be replaced. In pairs the photo shows the garment already, so
that 'person' and 'truth' are the same. Flows are drawn by the colour wheel: hue
is direction, saturation length, on one scale for the true and the estimated
flow of an example.
"""

from collections.abc import Iterable

import numpy as np

from clothflow_tf.data import drawing
from clothflow_tf.inputs import labels

Arrays = dict[str, np.ndarray]

COLUMNS = (
  'garment',
  'person',
  'agnostic',
  'layout true',
  'layout',
  'flow true',
  'flow',
  'warped',
  'result',
  'truth',
)
_STAGES = {
  'layout': ('garment', 'person', 'agnostic', 'pose', 'layout true', 'layout'),
  'flow': (
    'garment',
    'person',
    'clothing',
    'flow true',
    'flow',
    'warped',
    'truth',
  ),
  'render': ('warped', 'person', 'agnostic', 'layout true', 'result', 'truth'),
  'joint': COLUMNS,
}
# Columns narrower than this would let their titles run into each other.
_NARROWEST = 88


def stage_columns(stage: str, batch: Iterable[str]) -> tuple[str, ...]:
  """Returns the columns that show a stage at work on a batch of such keys."""
  left_out = () if 'flow' in batch else ('flow true',)
  return tuple(x for x in _STAGES[stage] if x not in left_out)


def image(values: np.ndarray) -> np.ndarray:
  """Returns uint8 [H, W, 3] for float values in [-1, 1]."""
  return np.round(np.clip((values + 1.0) * 127.5, 0, 255)).astype(np.uint8)


def row(
  batch: Arrays, result: Arrays, index: int, columns: Iterable[str] = COLUMNS
) -> np.ndarray:
  """Draws one example of a batch, the columns side by side.

  Args:
    batch: `inputs.batch`, as numpy arrays.
    result: `models.try_on.ClothFlow.infer`'s, as numpy arrays; only what the
      columns show is needed.
    index: which example.
    columns: what to draw, names of `COLUMNS` or of `stage_columns`.

  Returns:
    uint8 [H, W * columns, 3].
  """
  example = {key: value[index] for key, value in batch.items()}
  ours = {key: value[index] for key, value in result.items()}
  return np.hstack([_DRAWN[name](example, ours) for name in columns])


def panel(
  rows: list[np.ndarray], columns: tuple[str, ...] = COLUMNS
) -> np.ndarray:
  """Stacks rows below a line of titles, small ones enlarged."""
  times = -(-_NARROWEST * len(columns) // rows[0].shape[1])
  if times > 1:
    rows = [x.repeat(times, axis=0).repeat(times, axis=1) for x in rows]
  return drawing.titled(rows, columns)


def column(picture: np.ndarray, name: str) -> np.ndarray:
  """Returns a panel's column without its title, uint8 [rows * H, W, 3].

  Args:
    picture: of `panel`, with all of `COLUMNS`.
    name: of the column.
  """
  width = picture.shape[1] // len(COLUMNS)
  left = COLUMNS.index(name) * width
  return picture[drawing.TITLE :, left : left + width]


def _true_flow(example: Arrays, ours: Arrays) -> np.ndarray:
  if 'flow' not in example:
    return np.full_like(image(example['target_image']), 255)
  known = example['flow'] * example['visible']
  return drawing.flow_colors(known, _longest(example, ours))


def _flow(example: Arrays, ours: Arrays) -> np.ndarray:
  region = ours['warped_clothing'].sum(-1, keepdims=True) > 0.5
  return drawing.flow_colors(ours['flow'] * region, _longest(example, ours))


def _longest(example: Arrays, ours: Arrays) -> float:
  """Returns the flow's largest component: the true one's, where it is known."""
  longest = 0.0
  if 'flow' in example:
    longest = float(np.abs(example['flow'] * example['visible']).max())
  return longest or float(np.abs(ours['flow']).max())


def _clothing(example: Arrays) -> np.ndarray:
  """Draws the target's layout where it is clothing, which is all of s_t."""
  label = example['target_layout'].argmax(-1)
  worn = np.isin(label, labels.CLOTHING)
  return drawing.layout_colors(np.where(worn, label, labels.BACKGROUND))


def _pose(example: Arrays) -> np.ndarray:
  """Draws all heat maps over the agnostic person, in red."""
  person = image(example['agnostic_image']).astype(np.float32)
  heat = example['pose'].max(-1, keepdims=True)
  red = np.array([220.0, 30.0, 30.0], np.float32)
  return np.round(person + heat * (red - person)).astype(np.uint8)


_DRAWN = {
  'garment': lambda example, _: image(example['source_image']),
  'person': lambda example, _: image(example['person_image']),
  'agnostic': lambda example, _: image(example['agnostic_image']),
  'pose': lambda example, _: _pose(example),
  'clothing': lambda example, _: _clothing(example),
  'layout true': lambda x, _: drawing.layout_colors(x['target_layout']),
  'layout': lambda _, ours: drawing.layout_colors(ours['layout']),
  'flow true': _true_flow,
  'flow': _flow,
  'warped': lambda _, ours: image(ours['warped_garment']),
  'result': lambda _, ours: image(ours['image']),
  'truth': lambda example, _: image(example['target_image']),
}
