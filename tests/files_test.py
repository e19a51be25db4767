# SPDX-License-Identifier: Apache-2.0
"""Claims about what programs write: whole, or not at all."""

import os
import pathlib

import numpy as np
import pytest

from clothflow_tf import files


def test_a_file_and_a_folder_appear_when_they_are_whole(tmp_path):
  for path, write in (
    (tmp_path / 'file', lambda x: x.write_text('whole')),
    (tmp_path / 'folder', pathlib.Path.mkdir),
  ):
    with files.replacing(str(path)) as partial:
      write(pathlib.Path(partial))
      assert not path.exists()
    assert path.exists()
    with pytest.raises(KeyError), files.replacing(f'{path}2') as partial:
      write(pathlib.Path(partial))
      raise KeyError
  assert sorted(os.listdir(tmp_path)) == ['file', 'folder']


def test_settings_are_the_same_or_the_first_that_differs_is_named():
  before = {'a': [1, 2], 'b': 0.5, 'else': 3}
  files.check_same('x', before, {'a': (1, 2), 'b': 0.5}, 'run_dir')
  with pytest.raises(ValueError, match='^x: b is 0.5 .* 1.5 .*--run_dir'):
    files.check_same('x', before, {'a': (1, 2), 'b': 1.5, 'else': 4}, 'run_dir')


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path):
  (tmp_path / 'folder.png').mkdir()
  for name, message in (
    ('out.bmp', r"out.bmp: unknown extension; expected one of \['.png'"),
    ('out', 'unknown extension; expected'),
    ('folder.png', 'is a folder; expected'),
    ('no/out.png', 'expected the folder .*no to exist'),
  ):
    for write in (
      files.check_image,
      lambda p: files.write_image(p, None),
    ):
      with pytest.raises(files.InputError, match=message):
        write(str(tmp_path / name))
  assert os.listdir(tmp_path) == ['folder.png']


@pytest.mark.parametrize('step', ['os.replace', 'PIL.ImageFile._save'])
def test_a_failed_write_leaves_the_folder_as_it_was(
  tmp_path, step, monkeypatch
):
  path = tmp_path / 'out.png'
  path.write_bytes(b'the old one')

  def fail(*unused_args, **unused_options):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(step, fail)
  with pytest.raises(OSError, match='out.png: cannot .* No space'):
    files.write_image(str(path), np.zeros((9, 9, 3), np.uint8))
  assert path.read_bytes() == b'the old one'
  assert os.listdir(tmp_path) == ['out.png']
