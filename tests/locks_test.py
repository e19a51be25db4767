# SPDX-License-Identifier: Apache-2.0
"""Claims about locks, also on systems that have none, such as Windows."""

import os
import re
import subprocess
import sys

import pytest

from clothflow_tf import locks
from tests.house import source_tree

# Imports all modules that it is given, and uses locks, as Windows would.
WITHOUT_FCNTL = """
import importlib, json, os, sys
sys.modules['fcntl'] = None
del os.EX_TEMPFAIL
folder, *names = sys.argv[1:]
for name in names:
  importlib.import_module(name)
from clothflow_tf import files, locks, program, runs
with locks.hold(f'{folder}/lock', 'held'), program.stoppable('stopped'):
  assert not locks.is_held(f'{folder}/lock')
  files.write_text(f'{folder}/text', 'whole')
  files.check_text(f'{folder}/text')
  assert not runs.is_begun(folder, 'flow')
"""


def test_a_lock_excludes_a_second_holder_and_names_the_first(tmp_path):
  path = str(tmp_path / 'new' / 'lock')
  assert not locks.is_held(path)
  with locks.hold(path, 'first'):
    assert locks.is_held(path)
    message = re.escape(f'One trains (process {os.getpid()} on ')
    with (
      pytest.raises(BlockingIOError, match=message),
      locks.hold(path, 'One trains'),
    ):
      pass
  assert not locks.is_held(path)
  with locks.hold(path, 'free again'):
    pass


def test_a_lock_ends_with_an_error_in_its_block(tmp_path):
  path = str(tmp_path / 'lock')
  with pytest.raises(KeyError), locks.hold(path, ''):
    raise KeyError
  assert not locks.is_held(path)


def test_without_fcntl_modules_import_and_texts_are_written(tmp_path):
  names = sorted(source_tree.without_tensorflow(source_tree.modules()))
  # Programs share names of flags; one process cannot import all of them.
  programs = ('clothflow_tf.demo_training', 'export.compress')
  left_out = ('tests', 'configs', *programs)
  names = [name for name in names if not name.startswith(left_out)]
  assert {'clothflow_tf.demo', 'export.run_tflite'} <= set(names)
  subprocess.run(
    [sys.executable, '-c', WITHOUT_FCNTL, str(tmp_path), *names],
    cwd=source_tree.ROOT,
    check=True,
  )
  assert (tmp_path / 'text').read_text(encoding='utf-8') == 'whole'
