# SPDX-License-Identifier: Apache-2.0
"""Claims about the commands that pip installs: each is a program of -m."""

import pathlib
import re
import subprocess
import sys

import pytest

from clothflow_tf import commands
from tests.house import source_tree


def _listed() -> list[str]:
  text = (source_tree.ROOT / 'pyproject.toml').read_text(encoding='utf-8')
  return re.findall(r'^([\w-]+) = "clothflow_tf\.commands:run"$', text, re.M)


def test_every_program_has_a_command_and_every_command_a_program():
  programs = {
    module.name.removesuffix('.__main__')
    for module in source_tree.modules().values()
    if module.is_program and not module.name.startswith('tests.')
  }
  assert {commands.module(f'/bin/{name}') for name in _listed()} == programs
  assert len(_listed()) == len(programs)


def test_windows_names_commands_otherwise():
  assert commands.module('clothflow-try-on.exe') == 'clothflow_tf.try_on'


def _flags(start: list, folder: pathlib.Path) -> list[str]:
  process = subprocess.run(
    [sys.executable, *start, '--help'],
    cwd=folder,
    capture_output=True,
    text=True,
    check=False,
  )
  return re.findall(r'^  --.*', process.stdout, re.M)


@pytest.mark.parametrize(
  'program', ['clothflow_tf.cluster', 'clothflow_tf.find_pose']
)
def test_a_command_runs_from_any_folder_and_shows_its_own_flags(
  program, tmp_path
):
  name = program.removeprefix('clothflow_tf.').replace('_', '-')
  path = tmp_path / f'clothflow-{name}'
  path.write_text(
    f'import sys; sys.path.append({str(source_tree.ROOT)!r})\n'
    'from clothflow_tf import commands; commands.run()\n',
    encoding='utf-8',
  )
  shown = _flags([path], tmp_path)
  assert len(shown) >= 2
  assert shown == _flags(['-m', program], source_tree.ROOT)
