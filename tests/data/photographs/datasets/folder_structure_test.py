# SPDX-License-Identifier: Apache-2.0
"""Claims about folders in another layout: it is told which one they have."""

import dataclasses
import itertools
import shutil

import pytest

from clothflow_tf import files
from clothflow_tf.data.photographs.datasets import folder_structure
from clothflow_tf.data.photographs.datasets import registry
from clothflow_tf.inference import pairs
from tests.data.photographs.datasets import made_up_folders
from tests.data.photographs.datasets import made_up_layouts

WRITERS = {
  'viton': made_up_folders.viton,
  'viton_hd': lambda folder: made_up_folders.viton_hd(folder, {'test': 2}),
  'dress_code': made_up_layouts.dress_code,
  'acgpn': made_up_layouts.acgpn,
  'deepfashion': made_up_layouts.deepfashion,
}


@pytest.fixture(scope='module')
def made(tmp_path_factory):
  """Returns a folder a data set."""
  root = tmp_path_factory.mktemp('layouts')
  for name, write in WRITERS.items():
    # Each in a folder of its own: nothing else is above it.
    write(root / name / 'in')
  return root


def _error(dataset, source):
  with pytest.raises(files.InputError) as caught:
    registry.listings(registry.read_options(dataset), str(source))
  return str(caught.value)


@pytest.mark.parametrize(
  ('asked', 'is_one_of'), itertools.permutations(WRITERS, 2)
)
def test_every_layout_is_told_from_every_other(made, asked, is_one_of):
  message = _error(asked, made / is_one_of / 'in')
  assert message.endswith(f'It looks like --dataset={is_one_of}')
  assert f'--dataset={asked}, {registry.DATA_SETS[asked].structure}' in message
  assert '\n' not in message


def test_what_was_looked_for_and_what_is_there_are_told(made):
  message = _error('viton', made / 'viton_hd' / 'in')
  assert 'no folder test/image-parse or test/pose, only test/cloth, ' in message
  assert 'test/openpose_json, test_pairs.txt' in message


def test_the_right_folder_is_told_above_and_below(made):
  whole = made / 'viton_hd' / 'in'
  for place in (whole / 'test', whole.parent):
    message = _error('viton_hd', place)
    assert message.endswith(f'--dataset=viton_hd --source={whole}')


def test_a_folder_of_nothing_known_is_no_guess(tmp_path):
  (tmp_path / 'in' / '.hidden').mkdir(parents=True)
  message = _error('acgpn', tmp_path / 'in')
  assert 'has no pairs, only an empty folder; expected' in message
  assert 'looks like' not in message


def test_a_split_that_lacks_a_folder_does_not_stop_the_others(tmp_path):
  made_up_folders.viton_hd(tmp_path, {'train': 2, 'test': 2})
  shutil.rmtree(tmp_path / 'test/openpose_json')
  options = registry.read_options('viton_hd')
  assert 'train' in registry.listings(options, str(tmp_path))
  shutil.rmtree(tmp_path / 'train/cloth-mask')
  message = _error('viton_hd', tmp_path)
  assert 'no folder test/openpose_json or train/cloth-mask, only' in message


def test_one_line_of_a_list_does_not_make_it_another_layout(tmp_path):
  made_up_folders.viton_hd(tmp_path, {'train': 2})
  with open(tmp_path / 'train_pairs.txt', 'a', encoding='utf-8') as file:
    file.write('no/such.jpg no/such.jpg\n')
  by_split = registry.listings(registry.read_options('viton_hd'), str(tmp_path))
  assert len(by_split['train'].examples) == 3


def test_pairs_of_another_layout_are_refused_before_any_is_made(made, tmp_path):
  options, source = (
    registry.read_options('viton'),
    str(made / 'viton_hd' / 'in'),
  )
  job = pairs.Job(
    options=options,
    source=source,
    pairs='test_pairs.txt',
    split='test',
    output_dir=str(tmp_path),
  )
  with pytest.raises(files.InputError, match='looks like --dataset=viton_hd'):
    job.listing()


def test_a_folder_that_cannot_be_looked_into_is_no_guess(made):
  def closed(*unused_arguments):
    raise PermissionError(13, 'Permission denied')

  viton, viton_hd = (registry.DATA_SETS[x] for x in ('viton', 'viton_hd'))
  viton_hd = dataclasses.replace(viton_hd, listings=closed)
  with pytest.raises(files.InputError) as caught:
    source = str(made / 'viton_hd' / 'in')
    folder_structure.require(viton, [viton_hd], source, [])
  assert 'looks like' not in str(caught.value)
