# SPDX-License-Identifier: Apache-2.0
"""Claims: of people who touch, each has the pixels nearest to her skeleton."""

import json

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import reader
from clothflow_tf.data.photographs import touching
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

SIZE = raw.Size(200, 240)
NOSE, NECK, RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE = 0, 1, 8, 9, 10
TOP, TROUSERS = labels.UPPER_CLOTHES, labels.PANTS


def _joints(x, torso, top=60):
  """A person who stands upright: nose, neck, a hip, a knee and an ankle."""
  joints = np.zeros((18, 3), np.float32)
  joints[NOSE] = (x, top - 0.47 * torso, 1)
  joints[NECK] = (x, top, 1)
  joints[RIGHT_HIP] = (x, top + torso, 1)
  joints[RIGHT_KNEE] = (x, top + 1.85 * torso, 1)
  joints[RIGHT_ANKLE] = (x, top + 2.62 * torso, 1)
  return joints


def _box(left, right, label=TOP):
  layout = np.zeros(SIZE, np.uint8)
  layout[20:180, left:right] = label
  return layout


def test_people_of_one_size_meet_in_the_middle():
  layout = _box(40, 200)
  one, two = _joints(80, 44), _joints(160, 44)
  theirs = touching.divide(layout, one, [two]).theirs
  columns = np.indices(SIZE)[1]
  np.testing.assert_array_equal(theirs, (columns > 120) & (layout > 0))


def test_each_pixel_is_one_persons_but_for_ties():
  layout = _box(40, 200)
  one, two = _joints(80, 44), _joints(155, 33)
  hers = touching.divide(layout, two, [one]).theirs
  theirs = touching.divide(layout, one, [two]).theirs
  assert not (hers & theirs).any()
  assert ((layout > 0) & ~hers & ~theirs).mean() < 0.01
  assert not (theirs | hers)[layout == 0].any()


def test_a_child_has_less_of_what_is_between():
  one, child = _joints(80, 44), _joints(155, 22)
  theirs = touching.divide(_box(40, 200), one, [child]).theirs
  # Beside the child's bones: 75 pixels apart, at 2 to 1.
  assert np.nonzero(theirs[90])[0].min() == pytest.approx(80 + 50, abs=1)


def test_who_stands_elsewhere_takes_no_part():
  layout = np.maximum(_box(40, 100), _box(110, 200))
  one, two = _joints(80, 44), _joints(160, 44)
  assert touching.divide(layout, one, []) is None
  assert touching.divide(layout, one, [two]) is None
  # Nor with a stray joint on her, nor on the background.
  two[RIGHT_ANKLE] = (90, 160, 1)
  assert touching.divide(layout, one, [two]) is None
  assert touching.divide(layout, one, [_joints(225, 44)]) is None


def test_a_joint_alone_and_a_pose_found_twice_are_nobody():
  one, joint, twice = _joints(80, 44), np.zeros((18, 3)), _joints(83, 44)
  joint[NECK] = (160, 60, 1)
  assert touching.divide(_box(40, 200), one, [joint, twice]) is None
  assert touching.divide(_box(40, 200), joint, [one]) is None
  other = _joints(160, 44)
  divided = touching.divide(_box(40, 200), one, [joint, twice, other])
  assert divided.others == 1


@pytest.mark.parametrize('missing', [RIGHT_KNEE, RIGHT_HIP])
def test_a_missing_joint_costs_no_limb(missing):
  one, two = _joints(80, 44), _joints(160, 44)
  whole = touching.divide(_box(40, 200), one, [two]).theirs
  one[missing] = 0
  theirs = touching.divide(_box(40, 200), one, [two]).theirs
  # In the middle, rounding decides.
  assert np.unique(np.nonzero(theirs != whole)[1]).tolist() in ([], [120])


def test_a_garment_that_one_persons_bones_cross_is_hers():
  # A coat of hers reaches under the other's nose; it is nobody else's label.
  layout = np.maximum(_box(40, 130, labels.COAT), _box(130, 200, TROUSERS))
  one, two = _joints(80, 44), _joints(160, 44)
  theirs = touching.divide(layout, one, [two]).theirs
  np.testing.assert_array_equal(theirs, layout == TROUSERS)
  # With an arm of the other on it, it is divided.
  two[4], two[3] = (125, 90, 1), (140, 80, 1)
  theirs = touching.divide(layout, one, [two]).theirs
  assert 0 < theirs[layout == labels.COAT].mean() < 0.5


def test_of_several_others_each_has_her_own():
  layout = _box(10, 230)
  people = [_joints(x, 44) for x in (45, 120, 195)]
  divided = touching.divide(layout, people[1], [people[0], people[2]])
  hers = np.nonzero((layout > 0) & ~divided.theirs)[1]
  assert divided.others == 2
  # The middles between 45, 120 and 195.
  assert (hers.min(), hers.max()) == (83, 157)


@pytest.fixture
def person(tmp_path):
  """Files of two people who touch, and the first one's number."""
  layout = _box(40, 200)
  layout[20:58] = np.where(layout[20:58] > 0, labels.FACE, 0)
  pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
  for name, array in (('photo', pixels), ('layout', layout)):
    Image.fromarray(array).save(tmp_path / f'{name}.png')
  poses = (_joints(80, 44), _joints(160, 44))
  entries = [{'pose_keypoints_2d': np.ravel(x).tolist()} for x in poses]
  (tmp_path / 'pose.json').write_text(json.dumps({'people': entries}))
  files = (str(tmp_path / x) for x in ('photo.png', 'layout.png', 'pose.json'))
  return examples.Person(*files, number=1)


def test_the_reader_has_the_person_alone_and_says_so(person):
  reading = reader.read(person, raw.Size(64, 48), whole=True)
  reading.require()
  theirs, layout = reading.original.theirs, reading.original.layout
  assert theirs[40, 160] and not theirs[40, 80]
  assert not layout[theirs].any() and layout[40, 80] == labels.FACE
  assert [x.reason for x in reading.remarks if x.kind == 'people'] == [
    'has 2 people; number 1 is taken',
    'has 2 people who touch; their region is divided between their poses',
  ]


def test_a_guessed_pose_divides_nothing(person):
  with open(person.pose, encoding='utf-8') as file:
    entries = json.load(file)
  joints = np.reshape(entries['people'][1]['pose_keypoints_2d'], (18, 3))
  joints[:, 2] *= 0.2
  entries['people'][1]['pose_keypoints_2d'] = np.ravel(joints).tolist()
  with open(person.pose, 'w', encoding='utf-8') as file:
    json.dump(entries, file)
  reading = reader.read(person, raw.Size(64, 48), whole=True)
  assert reading.original.theirs is None
