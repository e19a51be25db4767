# SPDX-License-Identifier: Apache-2.0
"""Claims: lists that are lost are told, and nothing is put into a folder."""

import json
import os

import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs import findings
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs import user_files
from clothflow_tf.data.photographs.datasets import pair_lists
from clothflow_tf.data.photographs.datasets import registry
from tests import tiny_run
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

OPTIONS = registry.read_options('viton_hd', (64, 48))


@pytest.fixture
def source(tmp_path):
  root = tmp_path / 'in'
  made_up_folders.viton_hd(root, {'train': 2, 'test': 1})
  return root


def _report(source):
  return check.check(OPTIONS, str(source), 1).as_dict()


def _prepare(source, *more):
  flags = ['--dataset=viton_hd', f'--source={source}', '--size=64x48']
  return tiny_run.call(
    'clothflow_tf.prepare', *flags, '--statistics=0', '--workers=1', *more
  )


def test_a_line_that_is_no_utf_8_costs_one_line(source):
  path = source / 'train_pairs.txt'
  path.write_bytes(path.read_bytes() + 'kjöl.jpg kjöl.jpg'.encode('latin-1'))
  report = _report(source)
  (problem,) = report['set_aside']
  assert problem['reason'].startswith('line 3 is no UTF-8 text') and (
    r'kj\xf6l' in problem['reason']
  )
  assert report['splits']['train']['whole'] == 2
  json.dumps(report, ensure_ascii=False).encode()


def test_a_row_of_joints_that_is_no_utf_8_costs_its_pairs(tmp_path):
  made_up_layouts.deepfashion(tmp_path)
  path = tmp_path / 'fashion_data/fasion-resize-annotation-train.csv'
  lines = path.read_bytes().splitlines()
  path.write_bytes(b'\n'.join([*lines[:-1], b'\xff' + lines[-1]]))
  options = registry.read_options('deepfashion', (64, 64))
  listing = registry.listings(options, str(tmp_path))['train']
  assert len(listing.examples) == 2  # Of six: the pairs of the other two.
  assert any(
    'is no UTF-8 text' in problem.reason for problem in listing.problems
  )


def test_a_list_that_cannot_be_read_is_a_failure(source, tmp_path):
  text = (source / 'train_pairs.txt').read_text()
  (source / 'train_pairs.txt').write_bytes(text.encode('utf-16'))
  problem = 'train_pairs.txt: is no UTF-8 text.*all pairs of it are left out'
  with pytest.raises(files.InputError, match=problem):
    _prepare(source, '--check')
  with pytest.raises(files.InputError, match=problem):
    _prepare(source, f'--data_dir={tmp_path}/data')
  # What can be used is converted all the same.
  (path,) = (tmp_path / 'data').rglob('dataset_info.json')
  splits = json.loads(path.read_text())['splits']
  assert [x['name'] for x in splits] == ['test']
  assert _report(source)['problems'] == {'list': 1}


def test_a_folder_of_which_nothing_can_be_used_fails_the_check(source):
  for path in source.rglob('cloth-mask/*'):
    path.unlink()
  with pytest.raises(files.InputError, match='nothing in it can be used'):
    _prepare(source, '--check')


def test_comments_are_no_pairs(source):
  path = source / 'train_pairs.txt'
  path.write_text('# person garment\n' + path.read_text() + '#1.jpg #1.jpg\n')
  report = _report(source)
  assert {x['example'] for x in report['set_aside']} == {'#1.jpg #1.jpg'}
  reasons = [x['reason'] for x in report['remarks']]
  assert 'has 1 comments, such as line 1' in reasons


def _closed(monkeypatch, module, closed):
  listdir = os.listdir

  def listed(path):
    # As the superuser, who may run these tests, everything can be read.
    if path == closed:
      raise PermissionError(13, 'Permission denied', path)
    return listdir(path)

  monkeypatch.setattr(module.os, 'listdir', listed)


def test_a_closed_folder_is_told_as_such(source, monkeypatch):
  _closed(monkeypatch, registry, str(source))
  with pytest.raises(files.InputError, match='looked into .Permission denied'):
    _report(source)


def test_a_closed_folder_of_pictures_leaves_the_other_splits(
  source, monkeypatch
):
  closed = str(source / 'train/image')
  _closed(monkeypatch, pair_lists, closed)
  report = _report(source)
  assert report['splits']['test']['whole'] == 1
  (problem,) = report['set_aside']
  assert problem['file'] == closed and 'Permission denied' in problem['reason']


@pytest.mark.parametrize(
  'flag',
  ['report=train_pairs.txt', 'preview=train/image/p.png', 'data_dir=out'],
)
def test_nothing_is_written_into_the_source(source, flag):
  before = sorted(source.rglob('*'))
  text = (source / 'train_pairs.txt').read_text()
  name, place = flag.split('=')
  with pytest.raises(ValueError, match=f'--{name}=.* nothing is written'):
    _prepare(source, f'--{name}={source}/{place}')
  assert sorted(source.rglob('*')) == before
  assert (source / 'train_pairs.txt').read_text() == text


def test_a_link_into_the_source_is_seen_and_a_like_name_is_not(tmp_path):
  (tmp_path / 'in').mkdir()
  (tmp_path / 'link').symlink_to(tmp_path / 'in')
  with pytest.raises(ValueError, match='--report'):
    files.check_outside(f'{tmp_path}/link/a', f'{tmp_path}/in', 'report')
  files.check_outside(f'{tmp_path}/in2', f'{tmp_path}/in', 'report')


def test_many_copies_are_eight_names_and_a_number(source):
  report = _report(source)
  names = [f'{index}.jpg' for index in range(96)]
  report['copies_within'] = [{'split': 'train', 'files': names}]
  across = {'split': 'test', 'also_in': 'train', 'count': 1}
  report['copies_across'] = [{**across, 'files': [('a.jpg', 'b.jpg')]}]
  within, between = report_lib.lines(report)[-2:]
  assert within.endswith('7.jpg and 88 more') and '8.jpg,' not in within
  assert between.endswith('such as a.jpg = b.jpg')


def test_a_text_that_starts_with_a_mark_keeps_its_lines(tmp_path):
  path = tmp_path / 'list.txt'
  path.write_bytes(b'\xef\xbb\xbfa b\r\nc d\r\n')
  noted = findings.Findings()
  lines = user_files.lines_of(str(path), 'lines', noted)
  assert lines == ['a b', 'c d']
  assert len(noted.remarks) == 2 and not noted.problems
