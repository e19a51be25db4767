# SPDX-License-Identifier: Apache-2.0
"""Claims about the neck in a head of ATR's labels."""

import json

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.data.photographs import examples
from clothflow_tf.data.photographs import neck
from clothflow_tf.data.photographs import reader
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw

HEIGHT, WIDTH = 512, 384


def _layout(label=labels.FACE):
  return np.full((HEIGHT, WIDTH), label, np.uint8)


def _joints(right, left):
  joints = np.zeros((18, 3), np.float32)
  joints[2], joints[5] = (*right, 0.9), (*left, 0.9)
  return joints


def _first_rows(layout):
  """Returns the first row of torso skin of each column."""
  is_neck = layout == labels.TORSO_SKIN
  assert (is_neck | (layout == labels.FACE)).all()
  # All below the line is neck, too.
  assert (np.diff(is_neck, axis=0).sum(0) <= 1).all()
  return is_neck.argmax(axis=0)


def test_the_line_runs_twenty_rows_above_level_shoulders():
  cut = neck.cut(_layout(), _joints((100, 200), (300, 200)))
  assert (_first_rows(cut) == 180).all()


def test_the_line_leans_with_the_shoulders_across_the_whole_picture():
  cut = neck.cut(_layout(), _joints((100, 200), (300, 250)))
  columns = np.arange(WIDTH)
  line = 180 + (columns - 100) / 4
  np.testing.assert_array_equal(_first_rows(cut), np.ceil(line))


@pytest.mark.parametrize('across', [0, 1, -1])
def test_the_line_of_a_person_from_the_side_is_never_steep(across):
  cut = neck.cut(_layout(), _joints((200, 190), (200 + across, 210)))
  assert abs(np.diff(_first_rows(cut).astype(int))).max() <= 1


def test_nothing_but_the_face_becomes_neck():
  cut = neck.cut(_layout(labels.HAIR), _joints((100, 200), (300, 200)))
  assert (cut == labels.HAIR).all()


@pytest.fixture
def person(tmp_path):
  parse = np.zeros((HEIGHT, WIDTH), np.uint8)
  parse[50:400, 50:350] = 11
  parse[400:, 50:350] = 4  # Upper clothes, or that would be remarked.
  paths = [str(tmp_path / name) for name in ('i.png', 'l.png', 'p.json')]
  Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(paths[0])
  Image.fromarray(parse).save(paths[1])
  _write(paths[2], _joints((100, 200), (300, 200)))
  return paths


def _write(path, joints):
  joints[0] = (200, 100, 0.9)
  with open(path, 'w', encoding='utf-8') as file:
    json.dump(joints.tolist(), file)


def _read(person, size, **more):
  part = examples.Person(*person, 'atr', **more)
  return reader.read(part, raw.Size(*size), 1)


def test_a_missing_shoulder_cuts_nothing_and_is_remarked(person):
  joints = _joints((100, 200), (300, 200))
  joints[5] = 0
  _write(person[2], joints)
  reading = _read(person, (HEIGHT, WIDTH))
  (remark,) = reading.remarks
  assert remark.kind == 'neck' and 'a shoulder is missing' in remark.reason
  assert labels.TORSO_SKIN not in reading.require()['person_layout']


def test_the_reader_cuts_the_neck(person):
  reading = _read(person, (HEIGHT // 2, WIDTH // 2))
  layout = reading.require()['person_layout']
  assert not reading.remarks
  assert layout[89, 100] == labels.FACE
  assert layout[90, 100] == labels.TORSO_SKIN


def test_a_pose_to_take_on_cuts_no_neck(person):
  reading = _read(person, (HEIGHT, WIDTH), wears_pose=False)
  assert labels.TORSO_SKIN not in reading.require()['person_layout']
