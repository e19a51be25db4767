# SPDX-License-Identifier: Apache-2.0
"""Claims about the commands that pip installs: each is a program of -m."""

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
    module.name
    for module in source_tree.modules().values()
    if module.is_program and not module.name.startswith('tests.')
  }
  assert {commands.module(f'/bin/{name}') for name in _listed()} == programs
  assert len(_listed()) == len(programs)


def test_windows_names_commands_otherwise():
  assert commands.module('clothflow-try-on.exe') == 'clothflow_tf.try_on'


@pytest.mark.parametrize('name', ['clothflow-cluster', 'clothflow-find-pose'])
def test_a_command_runs_from_any_folder_and_shows_its_own_flags(name, tmp_path):
  script = f'from clothflow_tf.commands import run; run()  # {name}'
  path = tmp_path / name
  path.write_text(
    f'import sys; sys.path.append({str(source_tree.ROOT)!r})\n{script}\n',
    encoding='utf-8',
  )
  shown, expected = (
    subprocess.run(
      [sys.executable, *start, '--help'],
      cwd=folder,
      capture_output=True,
      text=True,
      check=False,
    ).stdout
    for start, folder in (
      ([path], tmp_path),
      (['-m', commands.module(name)], source_tree.ROOT),
    )
  )
  assert expected.count('\n  --') >= 2
  assert shown == expected
