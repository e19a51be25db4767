# SPDX-License-Identifier: Apache-2.0
"""Claims about lists: each bad row is told, all lists are read, as spelt."""

import pytest

from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs.datasets import registry
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

NAME = 'fashionWOMENTees_Tanksid0000007701_2side.jpg'
OPTIONS = registry.read_options('deepfashion', (64, 64))


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
  return registry.listings(OPTIONS, str(lists[0].parents[1]))['train']


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
  assert len(listing.problems) == 4
  for problem in listing.problems:
    assert problem.file == str(lists[0])
    assert reason in problem.reason and NAME in problem.reason


@pytest.mark.parametrize('which', [0, 1])
def test_a_list_with_another_first_line_is_named(lists, which):
  lists[which].write_text('a;b\n' + lists[which].read_text())
  listing = _listing(lists)
  assert not listing.examples
  (problem,) = listing.problems
  assert problem.file == str(lists[which])
  assert (
    "starts with 'a;b'; expected a list with the first line" in problem.reason
  )


def test_a_pair_given_twice_is_used_once(lists):
  lists[0].write_text(lists[0].read_text() + lists[0].read_text()[8:])
  listing = _listing(lists)
  assert len(listing.examples) == 6
  assert all('repeats a line above' in x.reason for x in listing.problems)
  assert len(listing.problems) == 6


def test_a_windows_editors_csv_and_repeated_rows_are_remarked(lists):
  content = lists[1].read_bytes().replace(b'\n', b'\r\n')
  row = next(x for x in content.splitlines() if x.startswith(NAME.encode()))
  lists[1].write_bytes(b'\xef\xbb\xbf' + content + row + b'\r\n')
  listing = _listing(lists)
  assert len(listing.examples) == 6 and not listing.problems
  reasons = [x.reason for x in listing.remarks]
  assert [x.file for x in listing.remarks] == [str(lists[1])] * 3
  assert 'byte-order mark' in reasons[0] and 'Windows line' in reasons[1]
  assert reasons[2].startswith('has 2 rows of fashionWOMEN')


def test_joints_that_are_missing_are_zeros(lists):
  gone = f'{NAME}: {[-1] * 12 + [50] * 6}: {[-1] * 12 + [60] * 6}'
  _changed(lists[1], lambda x: gone if x.startswith(NAME) else x)
  (joints,) = {
    x.target.joints for x in _listing(lists).examples if NAME in x.target.image
  }
  assert joints == ((0.0, 0.0, 0.0),) * 12 + ((60.0, 50.0, 1.0),) * 6


def _counts(dataset, root, min_keypoints=1):
  options = registry.read_options(
    dataset, made_up_folders.HALF, '', min_keypoints
  )
  report = check.check(options, str(root), 1).as_dict()
  assert not report['set_aside']
  return {split: x['whole'] for split, x in report['splits'].items()}


# Data set, writer, its lists, and what must be whole in each split.
LISTS = {
  'viton': (made_up_folders.viton, {'train': 3, 'test': 2}),
  'viton_hd': (
    lambda root: made_up_folders.viton_hd(root, {'train': 3}),
    {'train': 3},
  ),
  'dress_code': (made_up_layouts.dress_code, {'train': 4, 'test': 4}),
  'acgpn': (made_up_layouts.acgpn, {'train': 3, 'test': 3, 'test_unpaired': 1}),
  'deepfashion': (made_up_layouts.deepfashion, {'train': 6, 'test': 6}),
}


@pytest.mark.parametrize('listed', ['.jpg', '.JPG', ''])
@pytest.mark.parametrize('dataset', LISTS)
def test_endings_are_spelt_otherwise_or_left_out_in_every_layout(
  dataset, listed, tmp_path
):
  write, expected = LISTS[dataset]
  write(tmp_path)
  if dataset == 'acgpn':
    line = '000000_0.jpg 000001_1.jpg\n'
    (tmp_path / 'test_pairs.txt').write_text(line)
  for path in [*tmp_path.rglob('*.jpg'), *tmp_path.rglob('*.png')]:
    path.rename(path.with_suffix(path.suffix.upper()))
  for path in [*tmp_path.rglob('*.txt'), *tmp_path.rglob('*.csv')]:
    path.write_text(path.read_text().replace('.jpg', listed))
  assert _counts(dataset, tmp_path, 0) == expected


def test_every_list_of_a_split_is_read(tmp_path):
  made_up_folders.viton(tmp_path)
  lines = (tmp_path / 'test_pairs.txt').read_text().splitlines()
  own, other = [line.split() for line in lines]
  (tmp_path / 'test_pairs.txt').write_text(f'{own[0]} {other[1]}\n')
  (tmp_path / 'test_pairs_same.txt').write_text(f'{other[0]} {other[1]}\n')
  # The pair of the first person, too, since its own garment is there.
  assert _counts('viton', tmp_path) == {
    'train': 3,
    'test': 2,
    'test_unpaired': 1,
  }


def test_paired_and_unpaired_lists_of_dress_code_are_both_read(tmp_path):
  made_up_layouts.dress_code(tmp_path)
  root = tmp_path / 'lower_body'
  (root / 'test_pairs_paired.txt').write_text('000012_0.jpg 000012_1.jpg\n')
  (root / 'test_pairs_unpaired.txt').write_text('000013_0.jpg 000012_1.jpg\n')
  # In test: one a category, and the two persons of lower_body.
  assert _counts('dress_code', tmp_path) == {
    'train': 4,
    'test': 4,
    'test_unpaired': 1,
  }


@pytest.mark.parametrize('name', ['paired', 'same'])
def test_a_list_of_pairs_of_one_outfit_is_believed(name, tmp_path):
  # Garments of other names than their persons.
  made_up_folders.viton_hd(tmp_path, {'test': 3})
  for path in (tmp_path / 'test').glob('cloth*/*.jpg'):
    path.rename(path.with_name(f'g{path.name}'))
  persons = [f'{index:05d}_00.jpg' for index in range(3)]
  (tmp_path / 'test_pairs.txt').write_text(f'{persons[0]} g{persons[1]}\n')
  lines = [f'{person} g{person}' for person in persons]
  (tmp_path / f'test_pairs_{name}.txt').write_text('\n'.join(lines))
  assert _counts('viton_hd', tmp_path) == {'test': 3, 'test_unpaired': 1}
  (tmp_path / f'test_pairs_{name}.txt').rename(
    tmp_path / 'test_pairs_unpaired.txt'
  )
  assert _counts('viton_hd', tmp_path) == {'test_unpaired': 4}
