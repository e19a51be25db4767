# SPDX-License-Identifier: Apache-2.0
"""Lets tests import the project from any folder; runs them under Bazel.

As a program it runs pytest on the files named on the command line: a py_test
has to name a file that does so, or a test of plain functions would pass
without being run.
"""

import pathlib
import sys

import pytest

_ROOT = str(pathlib.Path(__file__).resolve().parent.parent)
if _ROOT not in sys.path:
  sys.path.insert(0, _ROOT)

if __name__ == '__main__':
  raise SystemExit(pytest.main(sys.argv[1:]))
