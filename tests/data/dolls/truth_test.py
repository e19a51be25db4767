# SPDX-License-Identifier: Apache-2.0
"""Claims about what is visible, how hard a doll is, and where its arms are."""

import dataclasses
import types

import cv2
import numpy as np
import pytest

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import difficulty
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import generate as dolls
from clothflow_tf.data.dolls import mesh as meshes
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import truth as truths
from clothflow_tf.data.dolls import weaving
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

SIZE = 120  # Of the paintings; records are half as large.
PANEL, SLEEVE, TROUSERS = 0, 1, 6  # Sheets: two of one garment, one of another.


def _draw(canvas, sheet, product, placed):
  """Draws the product's box (x0, y0, x1, y1) into another box."""
  x, y = (np.linspace(product[i], product[i + 2], 6) for i in (0, 1))
  source, faces = meshes.grid(x, y)
  low, high = np.array(placed[:2], float), np.array(placed[2:], float)
  share = (source - product[:2]) / (np.array(product[2:]) - product[:2])
  points = low + share * (high - low)
  mask = np.full((SIZE, SIZE), 255, np.uint8)
  mesh = meshes.build(sheet, faces, meshes.Placed(points, source), mask)
  white = np.full((SIZE, SIZE, 3), 255, np.uint8)
  cloth = weaving.weave(
    canvas.shape,
    mesh,
    weaving.Paint(white, mask),
    lambda box, mask: np.ones(mask.shape, np.float32),
  )
  canvas.put(cloth, labels.UPPER_CLOTHES, sheet // 6)


def _canvas():
  return canvases.Canvas(np.full((3, SIZE, SIZE), 200, np.float32))


def _inside(box, shape, margin):
  """Pixels [h, w] of a record whose centres lie in a box of the painting."""
  y, x = np.mgrid[: shape[0], : shape[1]] * 2 + 0.5
  low, high = box[:2], box[2:]
  x_in = (x > low[0] + margin) & (x < high[0] - margin)
  return x_in & (y > low[1] + margin) & (y < high[1] - margin)


# Another garment's product may show other cloth at the very same place.
@pytest.mark.parametrize(
  ('other', 'cloth'),
  [(SLEEVE, (70, 70, 94, 90)), (TROUSERS, (20, 30, 44, 50))],
)
def test_cloth_over_cloth_hides_what_is_below_and_nothing_else(other, cloth):
  product, shift = (10, 10, 60, 60), np.array([20, 6])
  target, source = _canvas(), _canvas()
  _draw(target, PANEL, product, (30, 16, 80, 66))
  _draw(source, PANEL, product, product)
  # Of the same garment or not: a sleeve over the panel hides it, too.
  over = np.array([20, 30, 44, 50])
  _draw(source, other, cloth, over)
  truth = truths.of_pair(target, source)
  shape = truth.visible.shape
  seen = _inside((30, 16, 80, 66), shape, 3)
  there = over + np.tile(shift, 2)
  hidden = _inside(there, shape, 3)
  clear = seen & ~_inside(there, shape, -3)
  assert hidden.sum() > 40 and clear.sum() > 200
  assert not truth.visible[hidden].any()
  assert truth.visible[clear].all()
  wrong = truth.flow[clear] + shift / 2
  assert np.abs(wrong).max() < 1e-4


@pytest.mark.parametrize(('scale', 'visible'), [(0.9, True), (0.35, False)])
def test_cloth_seen_much_smaller_in_the_source_is_no_source(scale, visible):
  product = (10, 10, 60, 60)
  target, source = _canvas(), _canvas()
  _draw(target, PANEL, product, product)
  _draw(source, PANEL, product, (10, 10, 10 + 50 * scale, 10 + 50 * scale))
  truth = truths.of_pair(target, source)
  inner = _inside(product, truth.visible.shape, 4)
  assert truth.visible[inner].all() == visible
  assert truth.visible[inner].any() == visible


def _records(task, count, **fields):
  size = (256, 192) if task == 'try_on' else (256, 256)
  spec = dolls.DollSpec(task, *size, seed=8, **fields)
  return spec, [dolls.generate(spec, index) for index in range(count)]


@pytest.fixture(scope='module')
def worn():
  return _records('try_on', 60)


def test_nearly_all_of_a_worn_garment_has_a_true_flow(worn):
  shares = []
  for record in worn[1]:
    label = record['source_layout'].max()
    region = (record['target_layout'] == label).astype(np.uint8)
    inner = cv2.erode(region, np.ones((5, 5)), borderValue=0) > 0
    shares.append(record['visible'][inner].mean())
  # Measured: 0.99 in the mean; a sleeve that is lost takes a fifth.
  assert np.mean(shares) > 0.97
  assert np.min(shares) > 0.9


def test_half_of_the_clothes_is_seen_in_both_pictures():
  spec, records = _records('pose_transfer', 30)
  shares = []
  for index, record in enumerate(records):
    key = streams.Key(spec.seed, spec.split, index)
    views = [dolls.pose_of(spec, key, view) for view in ('target', 'source')]
    if not any(view.facing for view in views):
      clothes = np.isin(record['target_layout'], labels.CLOTHING)
      shares.append(record['visible'].sum() / clothes.sum())
  assert len(shares) >= 12
  assert np.mean(shares) > 0.6
  assert np.min(shares) > 0.3


def _near(layout, joint, reach):
  """Labels within `reach` pixels of a keypoint (x, y, confidence)."""
  x, y = (int(round(float(v))) for v in joint[:2])
  rows = slice(max(y - reach, 0), y + reach + 1)
  return layout[rows, max(x - reach, 0) : x + reach + 1]


def test_a_wrist_that_is_not_behind_lies_on_its_own_arm(worn):
  spec, records = worn[0], worn[1]
  own, seen = 0, 0
  for index, record in enumerate(records):
    key = streams.Key(spec.seed, spec.split, index)
    pose = dolls.pose_of(spec, key, 'target')
    names = (labels.RIGHT_ARM, labels.LEFT_ARM)
    for arm, place, label in zip(pose.arms, (4, 7), names, strict=True):
      joint = record['target_keypoints'][place]
      if arm.depth >= 0 and joint[2] > 0:
        own += (_near(record['target_layout'], joint, 5) == label).any()
        seen += 1
  # A hand of the other arm may lie over it; a wrist may be off by 2 pixels, and
  # a cuff may reach 4 beyond it.
  assert seen >= 60
  assert own >= 0.95 * seen, (own, seen)


def test_an_ankle_lies_on_its_own_leg_or_shoe():
  _, records = _records('pose_transfer', 40)
  right = (labels.RIGHT_LEG, labels.RIGHT_SHOE)
  left = (labels.LEFT_LEG, labels.LEFT_SHOE)
  own, other, seen = 0, 0, 0
  for record in records:
    ankles = record['target_keypoints'][[10, 13]]
    if (ankles[:, 2] > 0).all() and np.ptp(ankles[:, 0]) > 12:
      for joint, names, wrong in zip(ankles, (right, left), (left, right)):
        near = _near(record['target_layout'], joint, 3)
        own += np.isin(near, names).any()
        other += np.isin(near, wrong).any()
        seen += 1
  # Long trousers and skirts cover an ankle; feet that far apart never touch.
  assert seen >= 16
  assert own >= 0.6 * seen, (own, seen)
  # A foot may be put before the other one.
  assert other <= 0.03 * seen, (other, seen)


def _pose(**changes):
  rng = np.random.default_rng(0)
  arm = poses.Arm('hanging', 0.1, 0.1, 1.0, 1.0, 0)
  pose = poses.sample(rng, frames.Frame(256, 192), full=False)
  plain = {'turn': 0.0, 'arms': (arm, arm), **changes}
  return dataclasses.replace(pose, **plain)


def _outfit(tucked):
  """An outfit whose top has no cut."""
  garment = types.SimpleNamespace(limb='leg', tucked=tucked)
  return types.SimpleNamespace(top=types.SimpleNamespace(garment=garment))


BENT = poses.Arm('akimbo', 0.85, -0.65, 1.0, 1.0, 1)
CROSSED = poses.Arm('crossed', 0.2, -1.75, 1.0, 1.0, 1)
BEHIND = dataclasses.replace(CROSSED, depth=-1)


@pytest.mark.parametrize(
  ('views', 'tucked', 'expected'),
  [
    ([{}], False, {'frontal'}),
    ([{}], True, {'frontal', 'tucked'}),
    ([{'turn': np.radians(-12)}], False, set()),
    ([{'turn': np.radians(-20)}], False, {'turned'}),
    ([{'arms': (BENT, BENT)}], False, {'frontal', 'bent_arms'}),
    (
      [{'arms': (CROSSED, CROSSED)}],
      False,
      {'frontal', 'bent_arms', 'self_occlusion'},
    ),
    ([{'arms': (BEHIND, BEHIND)}], False, {'frontal', 'bent_arms'}),
    ([{}, {'turn': np.radians(30)}], False, {'turned'}),
    ([{}, {'turn': np.radians(80)}], False, {'turned', 'self_occlusion'}),
  ],
)
def test_tags_say_what_the_poses_and_garments_are(views, tucked, expected):
  body = bodies.sample(np.random.default_rng(0))
  people = [puppets.Puppet(body, _pose(**view)) for view in views]
  tags = difficulty.of_pair(people, _outfit(tucked))
  names = {name for name, on in zip(record_lib.TAGS, tags) if on}
  assert names == expected
