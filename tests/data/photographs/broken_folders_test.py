# SPDX-License-Identifier: Apache-2.0
"""Claims about broken folders: each problem names the file and the reason.

One folder holds an example for each way to be broken, and sound ones between.
It is checked and converted once; nothing crashes, what cannot be used is set
aside, and nothing else is missing.
"""

import json
import os
import pathlib
import re
import shutil

import pytest
import tensorflow as tf

from clothflow_tf import files
from clothflow_tf.data.photographs import builder as builder_lib
from clothflow_tf.data.photographs import check
from clothflow_tf.data.photographs import user_files
from clothflow_tf.data.photographs.datasets import registry
from tests import tiny_run
from tests.data.photographs import broken_examples
from tests.data.photographs import spoilers
from tests.data.photographs.datasets import made_up_folders

SIZE = (64, 48)
OPTIONS = registry.read_options('viton_hd', SIZE)


@pytest.fixture(scope='module')
def source(tmp_path_factory):
  root = tmp_path_factory.mktemp('broken')
  names = [
    broken_examples.SOUND[0],
    *broken_examples.CASES,
    broken_examples.SOUND[1],
  ]
  for name in names:
    example = spoilers.Set(root, name)
    example.write()
    broken_examples.CASES.get(name, (lambda example: None,))[0](example)
  lines = [f'{name}.jpg {name}.jpg' for name in names]
  lines += [*broken_examples.LINES, 'nobody.jpg sound_1.jpg']
  # As a Windows editor leaves it.
  text = '\r\n'.join(lines) + '\r\n\r\n'
  (root / 'test_pairs.txt').write_bytes(b'\xef\xbb\xbf' + text.encode())
  return root


@pytest.fixture(scope='module')
def report(source):
  return _checked(source)


def _checked(source):
  return check.check(OPTIONS, str(source), 1).as_dict()


def _path(source, name, file):
  return str(getattr(spoilers.Set(source, name), file))


def test_there_are_forty_and_more():
  assert len(broken_examples.CASES) + len(broken_examples.LINES) >= 40


@pytest.mark.parametrize('name', broken_examples.SET_ASIDE)
def test_what_cannot_be_used_is_named_with_its_reason(report, source, name):
  _, file, kind, reason = broken_examples.SET_ASIDE[name]
  entries = [
    x for x in report['set_aside'] if x['example'] == f'{name}.jpg {name}.jpg'
  ]
  assert [(x['file'], x['kind']) for x in entries] == [
    (_path(source, name, file), kind)
  ]
  assert re.search(reason, entries[0]['reason'])


@pytest.mark.parametrize('name', broken_examples.REMARKED)
def test_what_is_used_all_the_same_is_remarked(report, source, name):
  _, file, kind, reason = broken_examples.REMARKED[name]
  assert not [x for x in report['set_aside'] if name in x['example']]
  if file:
    path = _path(source, name, file)
    entries = [x for x in report['remarks'] if x['file'] == path]
    assert any(x['kind'] == kind and reason in x['reason'] for x in entries)


@pytest.mark.parametrize('line', broken_examples.LINES)
def test_a_line_that_is_no_pair_is_set_aside(report, source, line):
  path = str(source / 'test_pairs.txt')
  reasons = [x['reason'] for x in report['set_aside'] if x['file'] == path]
  assert (
    sum(
      f'{line!r}, {broken_examples.LINES[line]}' in reason for reason in reasons
    )
    == 1
  )


def test_windows_line_ends_and_byte_order_mark_are_remarked(report, source):
  path = str(source / 'test_pairs.txt')
  reasons = [x['reason'] for x in report['remarks'] if x['file'] == path]
  assert any('Windows line ends' in reason for reason in reasons)
  assert any('byte-order mark' in reason for reason in reasons)


def test_a_pair_that_names_a_missing_file_is_set_aside(report, source):
  named = {x['file'] for x in report['set_aside'] if 'nobody' in x['example']}
  assert _path(source, 'nobody', 'image') in named


def test_the_rest_is_converted_with_the_same_report(report, source, tmp_path):
  flags = [f'--source={source}', '--dataset=viton_hd', '--size=64x48']
  flags += [f'--data_dir={tmp_path}', '--workers=1']
  done = tiny_run.call('clothflow_tf.prepare', *flags)
  assert done.status == 0, done.errors
  (path,) = tmp_path.rglob(builder_lib.REPORT)
  assert json.loads(path.read_text()) == json.loads(json.dumps(report))
  info = json.loads((path.parent / 'dataset_info.json').read_text())
  lengths = {x['name']: int(x['shardLengths'][0]) for x in info['splits']}
  sound = len(broken_examples.SOUND) + len(broken_examples.REMARKED)
  assert lengths == {'test': sound}  # None of test_unpaired can be used.
  assert f'{report["problems"]["keypoints"]} keypoints' in done.output


def test_strict_stops_at_the_first_and_leaves_nothing(source, tmp_path):
  flags = [f'--source={source}', '--dataset=viton_hd', '--size=64x48']
  flags += [f'--data_dir={tmp_path}', '--workers=1', '--strict']
  with pytest.raises(files.InputError, match='test_pairs.txt: line'):
    tiny_run.call('clothflow_tf.prepare', *flags)
  assert not [*tmp_path.rglob('*.tfrecord*'), *tmp_path.rglob('*incomplete*')]


@pytest.fixture
def sound(tmp_path):
  root = tmp_path / 'in'
  made_up_folders.viton_hd(root, {'train': 2})
  return root


def _empty(root):
  (root / 'train_pairs.txt').write_text('')


def _latin(root):
  (root / 'train_pairs.txt').write_bytes('kjöl.jpg kjöl.jpg'.encode('latin-1'))


def _no_pairs(root):
  shutil.rmtree(root / 'train')
  (root / 'train_pairs.txt').unlink()


FOLDERS = {
  'empty list': (_empty, 'train_pairs.txt', 'is an empty file'),
  'list in latin-1': (_latin, 'train_pairs.txt', 'is no UTF-8 text'),
}


@pytest.mark.parametrize('name', FOLDERS)
def test_a_list_of_no_use_is_named(sound, name):
  spoil, file, reason = FOLDERS[name]
  spoil(sound)
  (entry,) = check.check(OPTIONS, str(sound), 1).as_dict()['set_aside']
  assert entry['file'].endswith(file) and reason in entry['reason']


def test_a_folder_of_another_layout_is_refused(sound):
  _no_pairs(sound)
  with pytest.raises(files.InputError, match='expected the layout'):
    check.check(OPTIONS, str(sound), 1)
  with pytest.raises(files.InputError, match='is no folder'):
    check.check(OPTIONS, str(sound / 'nowhere'), 1)


def test_an_unreadable_file_is_named(sound, monkeypatch):
  closed = str(sound / 'train/image/00001_00.jpg')

  def opened(path, *arguments, **options):
    # As the superuser, who may run these tests, everything can be read.
    if path == closed:
      raise PermissionError(13, 'Permission denied')
    return open(path, *arguments, **options)

  monkeypatch.setattr(user_files, 'open', opened, raising=False)
  (entry,) = check.check(OPTIONS, str(sound), 1).as_dict()['set_aside']
  assert entry['file'] == closed
  assert entry['reason'].startswith('Permission denied')


def test_a_full_disk_is_one_line_and_leaves_nothing(
  sound, tmp_path, monkeypatch
):
  def fail(*unused_arguments):
    raise tf.errors.ResourceExhaustedError(None, None, 'No space left')

  monkeypatch.setattr(tf.io.TFRecordWriter, 'write', fail)
  builder = builder_lib.builder(OPTIONS, str(tmp_path / 'out'))
  with pytest.raises(OSError, match='1.0.0: cannot be written .*No space'):
    builder_lib.build(builder, str(sound))
  assert not [*(tmp_path / 'out').rglob('*.incomplete*')]
  monkeypatch.undo()
  builder_lib.build(builder, str(sound))
  assert builder.info.splits['train'].num_examples == 2


def test_a_data_set_of_another_folder_is_not_taken_for_this_one(
  sound, tmp_path
):
  builder = builder_lib.builder(OPTIONS, str(tmp_path / 'out'))
  builder_lib.build(builder, str(sound))
  builder_lib.build(builder, str(sound))
  shutil.copytree(sound, tmp_path / 'copy')
  with pytest.raises(
    ValueError, match='source is .* in this folder .*--data_dir'
  ):
    builder_lib.build(builder, str(tmp_path / 'copy'))


def _change(path):
  path.write_bytes(path.read_bytes() + b' ')


def _date(path):
  os.utime(path, (1, 1))


@pytest.mark.parametrize('change', [pathlib.Path.unlink, _change, _date])
def test_a_folder_that_has_changed_since_is_not_taken_for_converted(
  sound, tmp_path, change
):
  builder = builder_lib.builder(OPTIONS, str(tmp_path / 'out'))
  builder_lib.build(builder, str(sound))
  (sound / 'notes.txt').write_text('of no data set')
  builder_lib.build(builder, str(sound))  # What no list names does not count.
  change(sound / 'train/openpose_json/00001_00_keypoints.json')
  with pytest.raises(ValueError, match='has changed since.*; remove .*1.0.0'):
    builder_lib.build(builder, str(sound))


def test_a_file_that_is_put_back_is_told_when_converting_again(sound, tmp_path):
  mask = sound / 'train/cloth-mask/00001_00.jpg'
  content = mask.read_bytes()
  mask.unlink()
  builder = builder_lib.builder(OPTIONS, str(tmp_path / 'out'))
  builder_lib.build(builder, str(sound))
  mask.write_bytes(content)
  with pytest.raises(ValueError, match='has changed since'):
    builder_lib.build(builder, str(sound))
  shutil.rmtree(builder.data_dir)
  again = builder_lib.builder(OPTIONS, str(tmp_path / 'out'))
  builder_lib.build(again, str(sound))
  assert again.info.splits['train'].num_examples == 2
