# SPDX-License-Identifier: Apache-2.0
"""Claims about DeepFashion's lists: each bad row is told, none is used."""

import pytest

from clothflow_tf.data import sources
from tests import made_up_layouts

NAME = 'fashionWOMENTees_Tanksid0000007701_2side.jpg'
HOW = sources.reading('deepfashion', (64, 64))


@pytest.fixture
def lists(tmp_path):
  made_up_layouts.deepfashion(tmp_path)
  root = tmp_path / 'fashion_data'
  return [
    root / f'fasion-resize-{kind}-train.csv' for kind in ('pairs', 'annotation')
  ]


def _changed(path, change):
  lines = path.read_text().splitlines()
  path.write_text('\n'.join(change(line) for line in lines))


def _listing(lists):
  return sources.listings(HOW, str(lists[0].parents[1]))['train']


ROWS = {
  'gone': (lambda line: '', 'has no row in the annotation'),
  'short': (lambda line: line.replace('[', '[7, '), '19 values; expected 18'),
  'words': (lambda line: line.replace('[', '[?, ', 1), 'values; expected 18'),
  'letters': (lambda line: line.replace(', ', ', a', 1), 'whole numbers'),
  'columns': (lambda line: line.replace(': ', ':: '), '5 columns; expected'),
}


@pytest.mark.parametrize('name', ROWS)
def test_a_bad_row_of_joints_takes_its_pairs_out(lists, name):
  change, reason = ROWS[name]
  _changed(lists[1], lambda x: change(x) if x.startswith(NAME) else x)
  listing = _listing(lists)
  assert len(listing.examples) == 2  # Of six: the pairs of the other two.
  assert len(listing.flaws) == 4
  for flaw in listing.flaws:
    assert flaw.file == str(lists[0])
    assert reason in flaw.reason and NAME in flaw.reason


@pytest.mark.parametrize('which', [0, 1])
def test_a_list_with_another_first_line_is_named(lists, which):
  lists[which].write_text('a;b\n' + lists[which].read_text())
  listing = _listing(lists)
  assert not listing.examples
  (flaw,) = listing.flaws
  assert flaw.file == str(lists[which])
  assert "starts with 'a;b'; expected a list with the first line" in flaw.reason


def test_a_pair_given_twice_is_used_once(lists):
  lists[0].write_text(lists[0].read_text() + lists[0].read_text()[8:])
  listing = _listing(lists)
  assert len(listing.examples) == 6
  assert all('repeats a line above' in x.reason for x in listing.flaws)
  assert len(listing.flaws) == 6
