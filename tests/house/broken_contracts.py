# SPDX-License-Identifier: Apache-2.0
"""Prints the contracts that each of several changes breaks, for contracts_test.

Reads JSON, a list of modules with the text to add to each, one at a time, and
prints JSON, a list of contracts' names for each. The modules and pyproject.toml
are those of the folder it runs in.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys

from importlinter import cli


def broken_by(name: str, text: str) -> list[str]:
  """Returns the contracts that are broken by text added to a module."""
  path = pathlib.Path(*name.split('.'))
  package = path / '__init__.py'
  path = package if package.exists() else path.with_suffix('.py')
  before = path.read_text(encoding='utf-8')
  path.write_text(before + text, encoding='utf-8')
  with contextlib.redirect_stdout(io.StringIO()) as output:
    cli.lint_imports(no_cache=True)
  path.write_text(before, encoding='utf-8')
  return re.findall('^(.+) BROKEN$', output.getvalue(), re.MULTILINE)


if __name__ == '__main__':
  # Python would join a second configs/, which has no __init__.py, to this one.
  own = [x for x in sys.path if not os.path.isdir(os.path.join(x, 'configs'))]
  sys.path[:] = [os.getcwd(), *filter(os.path.isdir, own)]
  cases = json.load(sys.stdin)
  print(json.dumps([broken_by(name, text) for name, text in cases]))
