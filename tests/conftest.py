# SPDX-License-Identifier: Apache-2.0
"""Lets tests import the project from any folder; runs them under Bazel.

As a program it runs pytest on the files named on the command line: a py_test
has to name a file that does so, or a test of plain functions would pass
without being run.
"""

import os
import sys

import pytest

# Links are not followed: under Bazel this is the folder of links to what the
# test depends on, and nothing else may be imported.
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if __name__ == '__main__':
  sys.path[0] = _ROOT  # Was tests/, whose rooms have the names of packages.
elif _ROOT not in sys.path:
  sys.path.insert(0, _ROOT)

from tests import garbage  # noqa: E402

# Rooms whose modules take longest, in the order in which they begin: a long
# module that begins last leaves the other worker without work.
_LONG = (
  'tests/training/',
  'tests/end_to_end',
  'tests/data/dolls/',
  'tests/export/',
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
  """Puts long modules first; within a module the order stays."""
  items.sort(key=lambda item: [not item.nodeid.startswith(x) for x in _LONG])


def pytest_collection_finish() -> None:
  """Imports are over: what they left need not be looked through any more."""
  garbage.collect_less()


if __name__ == '__main__':
  raise SystemExit(pytest.main(sys.argv[1:]))
