# SPDX-License-Identifier: Apache-2.0
"""Claims about the parser's errors: named labels only, drawn once a person."""

import functools
import types

import cv2
import numpy as np
import pytest

from clothflow_tf.data.dolls import clues as clue_lib
from clothflow_tf.data.dolls import mislabelling
from clothflow_tf.data.dolls import parser_errors
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels

SHAPE = (256, 192)
UNIT = 24.0
TOPS = {labels.UPPER_CLOTHES, labels.DRESS, labels.COAT}
BOTTOMS = {labels.PANTS, labels.SKIRT}
ARMS = {labels.LEFT_ARM, labels.RIGHT_ARM}
SHOES = {labels.LEFT_SHOE, labels.RIGHT_SHOE}
LEGS = {labels.LEFT_LEG, labels.RIGHT_LEG}
SKIN, HAIR = {labels.TORSO_SKIN}, {labels.HAIR}
NOTHING = {labels.BACKGROUND}
# Of each error, the labels that it may take away, and those it may give.
NAMED = {
  'top_renamed': (TOPS | {labels.SKIRT}, TOPS | {labels.SKIRT}),
  'sleeves_as_arms': (TOPS, ARMS),
  'neck_lost': (SKIN, NOTHING | TOPS),
  'hair_mistaken': (HAIR | TOPS | SKIN, TOPS | HAIR),
  'arms_swapped': (ARMS, ARMS),
  'hands_lost': (ARMS, NOTHING | TOPS | BOTTOMS),
  'shoes_as_socks': (SHOES, SHOES | {labels.SOCKS}),
  'slivers': (
    TOPS | BOTTOMS | ARMS,
    NOTHING | SKIN | {labels.COAT, labels.DRESS},
  ),
  'bits_lost_and_added': (
    TOPS | BOTTOMS | ARMS | LEGS | SKIN | HAIR | NOTHING,
    TOPS | BOTTOMS | ARMS | SKIN | HAIR | NOTHING,
  ),
}
JOINTS = {
  'neck': (96, 70),
  'right-shoulder': (72, 72),
  'right-elbow': (66, 108),
  'right-wrist': (92, 130),
  'left-shoulder': (120, 72),
  'left-elbow': (128, 108),
  'left-wrist': (102, 128),
  'right-hip': (82, 138),
  'right-knee': (80, 180),
  'right-ankle': (80, 222),
  'left-hip': (110, 138),
  'left-knee': (112, 180),
  'left-ankle': (112, 222),
}


def _limb(layout, names, label, width=14):
  line = np.array([JOINTS[name] for name in names], np.int32)
  cv2.polylines(layout, [line], False, int(label), width)


def _person(top, bottom=labels.SKIRT):
  """Draws (layout, clues) of a person with crossed forearms."""
  layout = np.zeros(SHAPE, np.uint8)
  cv2.ellipse(layout, (96, 42), (20, 32), 0, 0, 360, labels.HAIR, -1)
  cv2.rectangle(layout, (74, 40), (84, 96), labels.HAIR, -1)
  sides = (('left', labels.LEFT_LEG), ('right', labels.RIGHT_LEG))
  for side, label in sides:
    names = [f'{side}-{joint}' for joint in ('hip', 'knee', 'ankle')]
    _limb(layout, names, label)
    x, y = JOINTS[names[2]]
    shoe = labels.LEFT_SHOE if side == 'left' else labels.RIGHT_SHOE
    cv2.rectangle(layout, (x - 8, y - 4), (x + 8, y + 12), shoe, -1)
  cv2.rectangle(layout, (72, 130), (122, 176), int(bottom), -1)
  cv2.rectangle(layout, (88, 56), (104, 84), labels.TORSO_SKIN, -1)
  cv2.rectangle(layout, (76, 78), (118, 134), int(top), -1)
  cv2.rectangle(layout, (76, 60), (84, 100), labels.HAIR, -1)
  cv2.ellipse(layout, (96, 42), (13, 17), 0, 0, 360, labels.FACE, -1)
  sleeves = {}
  for side in clue_lib.SIDES:
    names = [f'{side}-{joint}' for joint in ('shoulder', 'elbow', 'wrist')]
    _limb(layout, names, clue_lib.ARMS[side])
    sleeve = np.zeros(SHAPE, np.uint8)
    _limb(sleeve, names[:2], 1)
    sleeves[side] = sleeve > 0
    layout[sleeves[side]] = top
  joints = np.zeros((18, 2))
  for name, point in JOINTS.items():
    joints[keypoints.NAMES.index(name)] = point
  return layout, clue_lib.Clues(joints, UNIT, sleeves)


@pytest.mark.parametrize('name', parser_errors.KINDS)
@pytest.mark.parametrize('top', sorted(TOPS))
def test_an_error_changes_only_the_labels_it_names(name, top):
  layout, clues = _person(top)
  before, taken, given = layout.copy(), set(), set()
  for seed in range(40):
    rng = np.random.default_rng(seed)
    spoilt = parser_errors.KINDS[name].mistake(rng, layout, clues)
    assert spoilt.dtype == np.uint8
    assert spoilt.shape == SHAPE
    changed = spoilt != layout
    taken |= set(np.unique(layout[changed]))
    given |= set(np.unique(spoilt[changed]))
  np.testing.assert_array_equal(layout, before)
  assert taken, 'the error never happens'
  assert taken <= NAMED[name][0]
  assert given <= NAMED[name][1]


def test_every_error_is_named_here():
  assert NAMED.keys() == parser_errors.KINDS.keys()


def test_joints_have_the_places_of_the_keypoints():
  for name, place in clue_lib.JOINTS.items():
    assert keypoints.NAMES[place] == name


@pytest.mark.parametrize('name', parser_errors.KINDS)
def test_two_outfits_of_one_person_are_spoilt_alike(name):
  draws = dict.fromkeys(parser_errors.KINDS, 1.0) | {name: 0.0}
  merged = np.arange(labels.NUM_LABELS)
  merged[list(TOPS)] = labels.UPPER_CLOTHES
  differ = 0
  for seed in range(20):
    errors = parser_errors.Errors(draws, seed)
    one, other = (
      errors.apply(*_person(top)) for top in (labels.UPPER_CLOTHES, labels.COAT)
    )
    np.testing.assert_array_equal(merged[one], merged[other])
    differ += (errors.apply(*_person(5)) != _person(5)[0]).any()
  assert differ


def test_errors_come_as_often_as_they_say():
  n = 6000
  drawn = [
    parser_errors.sample(np.random.default_rng(seed)) for seed in range(n)
  ]
  loose = [errors.happening(tight=False) for errors in drawn]
  tight = [errors.happening(tight=True) for errors in drawn]
  for name, kind in parser_errors.KINDS.items():
    chances = (kind.probability, kind.tight or kind.probability)
    for happened, p in zip((loose, tight), chances, strict=True):
      share = np.mean([name in names for names in happened])
      # Four standard deviations of a binomial.
      assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / n), name
  none = np.prod(
    [1 - kind.probability for kind in parser_errors.KINDS.values()]
  )
  some = np.mean([bool(names) for names in loose])
  assert abs(some - (1 - none)) < 4 * np.sqrt(none * (1 - none) / n)
  # A quarter shows one: no shoes, no sleeves or crossed arms spare the others.
  assert 0.25 < 1 - none < 0.4


def test_tight_sleeves_only_add_errors():
  for seed in range(200):
    errors = parser_errors.sample(np.random.default_rng(seed))
    assert set(errors.happening(False)) <= set(errors.happening(True))


def test_the_same_generator_spoils_alike_and_spares_its_input():
  layout, clues = _person(labels.UPPER_CLOTHES)
  before, changed = layout.copy(), 0
  for seed in range(60):
    one, again = (
      parser_errors.spoil(np.random.default_rng(seed), layout, clues)
      for _ in range(2)
    )
    assert one.tobytes() == again.tobytes()
    changed += (one != layout).any()
  np.testing.assert_array_equal(layout, before)
  assert 0 < changed < 40


def test_the_place_along_an_arm_is_exact_at_its_joints():
  _, clues = _person(labels.UPPER_CLOTHES)
  for side in clue_lib.SIDES:
    along = clues.along_arm(side, SHAPE)
    for place, joint in enumerate(('shoulder', 'elbow', 'wrist')):
      x, y = JOINTS[f'{side}-{joint}']
      # float32 of coordinates up to 256.
      assert abs(along[y, x] - place) < 1e-4


def _on_arm(side, place):
  """Returns the points [..., 2] at places along an arm's bones."""
  names = (f'{side}-{joint}' for joint in ('shoulder', 'elbow', 'wrist'))
  shoulder, elbow, wrist = (np.array(JOINTS[name], float) for name in names)
  place = place[..., None]
  fore = elbow + (place - 1) * (wrist - elbow)
  return np.where(place < 1, shoulder + place * (elbow - shoulder), fore)


def test_the_place_along_an_arm_is_that_of_the_nearest_point():
  _, clues = _person(labels.UPPER_CLOTHES)
  places = np.linspace(0, 4, 1601)  # The forearm's line goes on to the hand.
  y, x = np.mgrid[0:256:8, 0:192:8]
  pixels = np.stack([x, y], 2)[..., None, :]
  for side in clue_lib.SIDES:
    bones = functools.partial(_on_arm, side)
    nearest = np.linalg.norm(pixels - bones(places), axis=3).min(2)
    along = clues.along_arm(side, SHAPE)[::8, ::8]
    distance = np.linalg.norm(pixels[..., 0, :] - bones(along), axis=2)
    beyond = along > 4
    # Half a step of `places` is a twentieth of a pixel.
    np.testing.assert_allclose(distance[~beyond], nearest[~beyond], atol=0.05)


def test_a_whole_sleeve_of_the_right_arm_becomes_the_right_arm():
  layout, clues = _person(labels.UPPER_CLOTHES)
  x, y = JOINTS['right-elbow']
  labelled = set()
  for seed in range(40):
    rng = np.random.default_rng(seed)
    spoilt = mislabelling.sleeves_as_arms(rng, layout, clues)
    labelled.add(int(spoilt[y - 4, x]))
  assert labelled == {labels.UPPER_CLOTHES, labels.RIGHT_ARM}


def test_clues_tell_the_right_sleeve_from_the_left():
  """Sheets 0, 1 and 2 of a garment: right sleeve, panel, left sleeve."""
  owner = np.repeat(np.array([[0, 0, 1, 1, 2, 2, -1, -1]]), 2, axis=0)
  layout = np.full_like(owner, labels.UPPER_CLOTHES, dtype=np.uint8)
  sheets = np.array([(6, 0), (7, 0), (8, 0)])
  canvas = types.SimpleNamespace(
    owner=owner, layout=layout, names=lambda: sheets
  )
  puppet = types.SimpleNamespace(
    keypoints=lambda: np.full((18, 2), 8.5),
    pose=types.SimpleNamespace(unit=30.0),
  )
  clues = clue_lib.of_drawing(canvas, puppet)
  np.testing.assert_array_equal(clues.sleeves['right'], [[1, 0, 0, 0]])
  np.testing.assert_array_equal(clues.sleeves['left'], [[0, 0, 1, 0]])
  # The centre of a record's pixel x lies at 2 x + 0.5 of the painting.
  assert (clues.joints == 4).all()
  layout[:] = labels.PANTS  # Legs of trousers have the same sheets.
  clues = clue_lib.of_drawing(canvas, puppet)
  assert not clues.sleeves['right'].any()


def test_the_mask_of_a_product_is_mostly_spared():
  mask = np.zeros(SHAPE, np.uint8)
  cv2.rectangle(mask, (50, 40), (140, 220), 1, -1)
  n, spared, areas = 1200, 0, []
  for seed in range(n):
    spoilt = parser_errors.spoil_mask(np.random.default_rng(seed), mask)
    assert spoilt.dtype == np.uint8
    assert spoilt.max() == 1
    spared += (spoilt == mask).all()
    areas.append(spoilt.sum() / mask.sum())
    # Two pixels of the edge and the reach of a bit, 5 pixels.
    assert not spoilt[:32].any()
    assert not spoilt[:, :42].any()
  p = (1 - 0.25) * (1 - 0.08)
  # Four standard deviations of a binomial; a bit may fall where nothing is.
  assert p - 4 * np.sqrt(p * (1 - p) / n) < spared / n < p + 0.09
  assert 0.8 < min(areas) < 0.97
  assert 1.03 < max(areas) < 1.2
