# SPDX-License-Identifier: Apache-2.0
"""Claims about the folders of versions: which number is whose."""

import pathlib

import pytest

from export.serving.server import models
from export.serving.wire import errors


def _places(root, *names):
  for name in names:
    (root / name).mkdir()
    (root / name / 'mark').touch()
  return {
    number: pathlib.Path(place).name
    for number, place in models.folders(str(root), 'mark').items()
  }


def test_a_version_may_have_zeros_before_it(tmp_path):
  assert _places(tmp_path, '0', '2', '00000010') == {
    0: '0',
    2: '2',
    10: '00000010',
  }


def test_of_one_number_the_plain_one_is_the_version(tmp_path, monkeypatch):
  names = ('1', '001', '01')
  assert _places(tmp_path, *names) == {1: '1'}
  # The other way round as well: a disk lists folders in any order.
  scandir = models.os.scandir
  monkeypatch.setattr(
    models.os, 'scandir', lambda path: reversed([*scandir(path)])
  )
  assert {*models.folders(str(tmp_path), 'mark').values()} == {
    str(tmp_path / '1')
  }


def test_what_int64_cannot_hold_and_other_digits_are_no_versions(tmp_path):
  names = (str(2**63), '9' * 200, '\u0663', '1a', '-1', str(2**63 - 1))
  assert _places(tmp_path, *names) == {2**63 - 1: str(2**63 - 1)}


def test_version_0_is_a_version_where_it_is_missed():
  versions = models.Versions('doll', dict, lambda place: None)
  for version, wanted in ((0, 'Specific(doll, 0)'), (None, 'Latest(doll)')):
    with pytest.raises(errors.ServingError) as info:
      versions.served('doll', version)
    assert info.value.code == 'NOT_FOUND'
    assert f'request: {wanted};' in str(info.value)
