# SPDX-License-Identifier: Apache-2.0
"""Claims about damaged data sets: one line names the file and the remedy."""

import pathlib
import shutil

import pytest

from clothflow_tf import config as config_lib
from clothflow_tf.data import pipeline
from clothflow_tf.data import shards
from tests import tiny_run

REMEDY = 'remove that folder and make the data set again'


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
  folder = tmp_path_factory.mktemp('shards')
  flags = tiny_run.prepare_flags(str(folder))
  done = tiny_run.call('clothflow_tf.prepare', *flags, '--statistics=0')
  assert done.status == 0, done.errors
  return folder


@pytest.fixture
def data(whole, tmp_path):
  """A copy to be damaged, as the configuration's section."""
  shutil.copytree(whole, tmp_path / 'data')
  size = {'height': tiny_run.HEIGHT, 'width': tiny_run.WIDTH}
  return config_lib.DataConfig(data_dir=str(tmp_path / 'data'), **size)


def _shard(data, split='train'):
  (path,) = pathlib.Path(data.data_dir).rglob(f'*-{split}.tfrecord*')
  return path


def _read(data, split='train'):
  with shards.naming_damaged_file(pipeline.folder(data)):
    return [*pipeline.evaluation(data, split, 1)]


def _cut(path):
  path.write_bytes(path.read_bytes()[:-1])


def _cut_within_a_head(path):
  path.write_bytes(path.read_bytes() + b'1234567')


def _lengthen(path):
  path.write_bytes(path.read_bytes() * 2)


def _flip_a_length(path):
  content = bytearray(path.read_bytes())
  content[1] ^= 1
  path.write_bytes(content)


def _empty(path):
  path.write_bytes(b'')


QUICK = {
  'missing': (pathlib.Path.unlink, 'is missing; expected 6 records'),
  'truncated': (_cut, 'ends within a record, after 5; expected 6'),
  'goes on': (_cut_within_a_head, 'ends within a record, after 6; expected 6'),
  'too long': (_lengthen, 'holds 12 records; expected 6'),
  'length': (_flip_a_length, 'expected 6'),
  'empty': (_empty, 'holds 0 records; expected 6'),
}


@pytest.mark.parametrize('name', QUICK)
def test_a_file_that_is_not_whole_is_named_before_any_is_read(data, name):
  spoil, reason = QUICK[name]
  path = _shard(data)
  spoil(path)
  with pytest.raises(ValueError) as caught:
    pipeline.training_fields(data)
  message = str(caught.value)
  assert message.startswith(f'{path}: ') and '\n' not in message
  assert reason in message and REMEDY in message
  assert len(_read(data, 'test')) == tiny_run.TEST_DOLLS  # It is whole.


@pytest.mark.parametrize('share', [0.01, 0.5, 0.99])
def test_a_flipped_bit_is_told_by_the_file_it_is_in(data, share):
  path = _shard(data)
  content = bytearray(path.read_bytes())
  content[int(share * len(content))] ^= 16
  path.write_bytes(content)
  with pytest.raises(ValueError) as caught:
    _read(data)
  message = str(caught.value)
  assert message.startswith(f'{path}: is damaged') and REMEDY in message
  assert '\n' not in message


@pytest.mark.parametrize('name', ['dataset_info.json', 'features.json'])
def test_a_broken_description_is_told(data, name):
  (path,) = pathlib.Path(data.data_dir).rglob(name)
  path.write_text('{"na')
  with pytest.raises(ValueError, match='descriptions cannot be read') as caught:
    _read(data)
  assert str(path.parent) in str(caught.value) and REMEDY in str(caught.value)


def test_training_stops_with_one_line(data, tmp_path):
  path = _shard(data)
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 16
  path.write_bytes(content)
  run = tiny_run.TinyRun(data.data_dir, str(tmp_path / 'run'), '')
  with pytest.raises(ValueError, match='train.tfrecord.* is damaged'):
    tiny_run.call('clothflow_tf.train', '--stage=layout', *run.train_flags())
  path.unlink()
  with pytest.raises(ValueError, match='train.tfrecord.* is missing'):
    tiny_run.call('clothflow_tf.train', '--stage=layout', *run.train_flags())


def test_statistics_of_a_damaged_data_set_stop_with_one_line(data):
  path = _shard(data)
  _cut(path)
  flags = tiny_run.prepare_flags(data.data_dir)
  with pytest.raises(ValueError, match='train.tfrecord.* ends within'):
    tiny_run.call('clothflow_tf.prepare', *flags)
