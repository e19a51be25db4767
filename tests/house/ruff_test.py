# SPDX-License-Identifier: Apache-2.0
"""Claims: ruff runs with the project's own rules, and no file hides them."""

import subprocess

import pytest
from ruff import __main__ as ruff

from tests.house import source_tree

HEAD = '# SPDX-License-Identifier: Apache-2.0\n"""Doc."""\n\n'
SIX = 'a: int, b: int, c: int, d: int, e: int, f: int'


@pytest.mark.parametrize('folder', source_tree.FOLDERS)
@pytest.mark.parametrize(
  ('rule', 'source'),
  [
    ('TID253', 'import fcntl\n\nprint(fcntl)\n'),
    ('PLR0913', f'def add({SIX}) -> int:\n  return a + b + c + d + e + f\n'),
    (None, f'def add({SIX[:-8]}) -> int:\n  return a + b + c + d + e\n'),
  ],
)
def test_the_projects_rules_hold_in_every_folder(folder, rule, source):
  name = ['--stdin-filename', f'{folder}/made_up.py', '-']
  done = subprocess.run(
    [ruff.find_ruff_bin(), 'check', '--output-format=concise', *name],
    input=HEAD + source,
    cwd=source_tree.ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert (done.returncode == 0) == (rule is None), done.stdout
  assert rule is None or f' {rule} ' in done.stdout
