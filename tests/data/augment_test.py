# SPDX-License-Identifier: Apache-2.0
"""Claims about augmentation: whatever was true of a record still is."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf.data import augment
from clothflow_tf.data.dolls import generate
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels
from clothflow_tf.ops import warp

HEIGHT, WIDTH, DOLLS = 128, 96, 8
GEOMETRY = {'flip': 0.5, 'scale': 0.2, 'shift': 0.1, 'rotation': 15.0}
COLOURS = {'hue': 0.2, 'saturation': 0.5, 'brightness': 0.1}
MIRROR = config_lib.AugmentConfig(flip=1.0)


@pytest.fixture(scope='module', params=['try_on', 'pose_transfer'])
def record(request):
  """A batch of paper dolls."""
  spec = generate.DollSpec(request.param, HEIGHT, WIDTH, 11)
  dolls = [generate.generate(spec, index) for index in range(DOLLS)]
  batch = {key: np.stack([x[key] for x in dolls]) for key in dolls[0]}
  return {**batch, 'position': np.arange(DOLLS, dtype=np.int64)}


def _augmented(record, seed=0, **settings):
  function = augment.make(config_lib.AugmentConfig(**settings), seed)
  tensors = {key: tf.constant(value) for key, value in record.items()}
  return {k: np.asarray(v) for k, v in function(tensors).items()}


def _floats(values):
  return tf.constant(values.astype(np.float32))


def _reproduction_error(record):
  return _reproduction_errors(record).mean()


def _reproduction_errors(record):
  """Grey levels between the shaded warped source and the target, if visible."""
  source = _floats(record['source_image'])
  warped = warp.warp(source, _floats(record['flow'])).numpy()
  shaded = np.clip(
    warped * record['shade'].astype(np.float32)[..., None], 0, 255
  )
  error = np.abs(shaded - record['target_image']).mean(-1)
  return error[record['visible']]


def _visible(record):
  return record['visible'].mean()


@pytest.mark.parametrize('name', GEOMETRY)
def test_the_true_flow_still_reproduces_the_target(record, name):
  moved = _augmented(record, **{name: GEOMETRY[name]})
  before = _reproduction_error(record)
  # Sampling an image a second time blurs its prints a little.
  assert _reproduction_error(moved) < before + 1.5
  assert _visible(moved) > 0.6 * _visible(record)


def test_all_geometry_together_keeps_the_flow_true(record):
  moved = _augmented(record, **GEOMETRY)
  assert _reproduction_error(moved) < _reproduction_error(record) + 2.0
  # A flow that was left as it was reproduces much less.
  wrong = {**moved, 'flow': record['flow']}
  assert _reproduction_error(wrong) > 3 * _reproduction_error(moved)


def test_no_flow_is_a_mixture_of_both_sides_of_a_seam(record):
  moved = _augmented(record, **{**GEOMETRY, 'flip': 0.0})
  before, after = (_reproduction_errors(x) for x in (record, moved))
  # Where another part of the garment is shown: two colours of a print. Their
  # share falls to 0.14 to 0.24 of before, since more at seams is left out;
  # mixtures would make it 0.5 to 1.5.
  assert (after > 60).mean() < (before > 60).mean() / 3


def test_nothing_beyond_the_frame_is_visible(record):
  # All is visible, and comes from 20 pixels to the right.
  rows, columns = np.mgrid[:HEIGHT, :WIDTH]
  flow = np.zeros_like(record['flow'])
  flow[..., 0] = 20
  visible = np.broadcast_to(columns + 20 < WIDTH, record['visible'].shape)
  shown = {**record, 'flow': flow, 'visible': visible}
  moved = _augmented(shown, shift=0.3)
  known = record['target_keypoints'][:, 1].any(-1)  # A neck tells the shift.
  known &= moved['target_keypoints'][:, 1].any(-1)
  assert known.sum() > DOLLS / 2
  way = moved['target_keypoints'] - record['target_keypoints']
  for i in np.flatnonzero(known):
    x, y = way[i, 1, :2]
    column, row = columns - x, rows - y  # Where a pixel came from,
    source = columns + 20  # and where its cloth went.
    # But for a pixel's rounding: a row or column at the edge may be lost.
    expected = _between(column, WIDTH - 20) & _between(row, HEIGHT)
    expected &= _between(source, WIDTH)
    assert not moved['visible'][i][~expected].any()
    inner = expected & _between(column - 1, WIDTH - 22)
    inner &= _between(row - 1, HEIGHT - 2)
    assert moved['visible'][i][inner].all()


def _between(values, size):
  return (values >= -1e-3) & (values <= size - 1 + 1e-3)


def test_the_products_mask_moves_with_its_picture(record):
  # So the warped mask covers the garment that the target shows.
  moved = _augmented(record, **GEOMETRY)
  mask = _floats((moved['source_layout'] > 0)[..., np.newaxis])
  warped = warp.warp(mask, _floats(moved['flow'])).numpy()[..., 0]
  assert warped[moved['visible']].mean() > 0.97
  left = _floats((record['source_layout'] > 0)[..., np.newaxis])
  wrong = warp.warp(left, _floats(moved['flow'])).numpy()[..., 0]
  assert wrong[moved['visible']].mean() < 0.9


def test_colours_commute_with_the_warp(record):
  colored = _augmented(record, **COLOURS)
  flow = _floats(record['flow'])
  unshaded = {**record}
  unshaded['target_image'] = np.round(
    warp.warp(_floats(record['source_image']), flow)
  ).astype(np.uint8)
  first = warp.warp(_floats(colored['source_image']), flow).numpy()
  then = _augmented(unshaded, **COLOURS)['target_image']
  error = np.abs(first - then).mean(-1)[record['visible']]
  # Hues are not linear: between two colours of a print they differ.
  assert error.mean() < 1.5
  assert (
    np.abs(colored['source_image'].astype(int) - record['source_image']).mean()
    > 3.0
  )


def test_mirroring_twice_changes_nothing(record):
  twice = _augmented(_augmented(record, flip=1.0), flip=1.0)
  names = ('target_image', 'source_image', 'target_layout', 'source_layout')
  for name in names:
    np.testing.assert_array_equal(twice[name], record[name], err_msg=name)
  for name in ('target_keypoints', 'source_keypoints'):
    np.testing.assert_allclose(twice[name], record[name], atol=1e-3)
  shown = twice['visible']
  assert shown.sum() > 0.9 * record['visible'].sum()
  np.testing.assert_array_equal(twice['flow'][shown], record['flow'][shown])


def test_mirroring_alone_is_what_it_is_among_other_variations(record):
  fast = _augmented(record, flip=0.5)
  # The smallest rotation takes the general way.
  slow = _augmented(record, flip=0.5, rotation=1e-9)
  for name in fast.keys() - {'flow', 'visible'}:
    one, other = np.float32(fast[name]), np.float32(slow[name])
    np.testing.assert_allclose(one, other, atol=1e-3, err_msg=name)
  shown = slow['visible']
  assert fast['visible'][shown].all()
  np.testing.assert_allclose(
    np.float32(fast['flow'][shown]), np.float32(slow['flow'][shown]), atol=1e-2
  )


def test_mirroring_exchanges_left_and_right(record):
  mirrored = _augmented(record, flip=1.0)
  for left, right in (
    (labels.LEFT_ARM, labels.RIGHT_ARM),
    (labels.LEFT_LEG, labels.RIGHT_LEG),
  ):
    for name in ('target_layout', 'source_layout'):
      np.testing.assert_array_equal(
        mirrored[name] == left, (record[name] == right)[:, :, ::-1]
      )
  left, right = (keypoints.NAMES.index(f'{x}-wrist') for x in ('left', 'right'))
  for name in ('target_keypoints', 'source_keypoints'):
    before, after = record[name][:, right], mirrored[name][:, left]
    known = before.any(-1) & after.any(-1)
    assert known.any() == before.any()  # A product has no pose.
    np.testing.assert_allclose(
      after[known][:, 0], WIDTH - 1 - before[known][:, 0], atol=1e-3
    )


def test_keypoints_stay_on_their_body_parts(record):
  def on_labels(batch):
    shares = []
    for points, layout in zip(
      batch['target_keypoints'], batch['target_layout']
    ):
      x, y = np.round(points[:, :2]).astype(int).T
      known = points.any(-1) & (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
      shares.append((layout[y[known], x[known]] != labels.BACKGROUND).mean())
    return np.mean(shares)

  moved = _augmented(record, **{**GEOMETRY, 'flip': 0.0})
  assert on_labels(moved) > on_labels(record) - 0.05


@pytest.mark.parametrize('side', ['target', 'source'])
def test_a_keypoint_goes_where_its_pixel_goes(record, side):
  image, points = np.zeros((DOLLS, HEIGHT, WIDTH, 3), np.uint8), []
  for index in range(DOLLS):
    x, y = 30 + 5 * index, 80 - 4 * index
    image[index, y - 2 : y + 3, x - 2 : x + 3] = 255
    points.append([(x, y, 1.0)] + [(0.0, 0.0, 0.0)] * 17)  # A nose alone.
  marked = {f'{side}_image': image, f'{side}_keypoints': np.float32(points)}
  moved = _augmented({**record, **marked}, **GEOMETRY)
  rows, columns = np.mgrid[:HEIGHT, :WIDTH]
  light = moved[f'{side}_image'][..., 0].astype(float)
  total = light.sum((1, 2))
  places = [(light * axis).sum((1, 2)) / total for axis in (columns, rows)]
  after = moved[f'{side}_keypoints'][:, 0]
  np.testing.assert_allclose(after[:, :2], np.stack(places, 1), atol=0.1)
  assert np.abs(after[:, :2] - np.float32(points)[:, 0, :2]).max() > 10


def test_missing_keypoints_stay_missing(record):
  record = {**record, 'target_keypoints': np.zeros((DOLLS, 18, 3), np.float32)}
  assert not _augmented(record, **GEOMETRY)['target_keypoints'].any()


def test_a_variation_follows_from_seed_and_position_alone(record):
  settings = {**GEOMETRY, **COLOURS, 'noise': 5.0, 'cutout': 0.4}
  whole = _augmented(record, **settings)
  part = {key: value[3:5] for key, value in record.items()}
  own = _augmented(part, **settings)
  for name, values in own.items():
    np.testing.assert_array_equal(values, whole[name][3:5], err_msg=name)
  other = _augmented(record, seed=1, **settings)
  assert (other['source_image'] != whole['source_image']).any()


def test_what_a_cut_out_hides_is_not_visible(record):
  cut = _augmented(record, cutout=0.8)
  np.testing.assert_array_equal(cut['target_image'], record['target_image'])
  assert 0.2 * _visible(record) < _visible(cut) < _visible(record)
  assert _reproduction_error(cut) < _reproduction_error(record) + 0.5


def test_noise_has_the_strength_asked_for(record):
  grey = {**record, 'source_image': np.full_like(record['source_image'], 128)}
  noise = _augmented(grey, noise=6.0)['source_image'].astype(float) - 128
  assert noise.std() == pytest.approx(6.0, rel=0.02)
  assert abs(noise.mean()) < 0.1


def test_nothing_asked_for_is_nothing_done(record):
  same = _augmented(record)
  for name, values in record.items():
    np.testing.assert_array_equal(same[name], values, err_msg=name)


def test_types_and_fields_stay(record):
  fields = {f.name for f in dataclasses.fields(config_lib.AugmentConfig)}
  assert fields == {*GEOMETRY, *COLOURS, 'noise', 'cutout'}
  moved = _augmented(record, **GEOMETRY, **COLOURS, noise=1.0, cutout=0.1)
  assert moved.keys() == record.keys()
  for name, values in record.items():
    assert (moved[name].dtype, moved[name].shape) == (
      values.dtype,
      values.shape,
    ), name
