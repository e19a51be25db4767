# SPDX-License-Identifier: Apache-2.0
"""Claims about every file's form: sizes, names, licence, documentation.

Each rule is a function from modules, or from a file's path and text, to a line
for each offender, and is seen to fail on a made-up offender.
"""

import ast
from collections.abc import Iterator
import pathlib

import pytest

from tests.house import source_tree

LICENCE = '# SPDX-License-Identifier: Apache-2.0'
MAX_FILE, MAX_FUNCTION, MAX_PARAMETERS, MAX_COLUMNS = 300, 50, 5, 80
MAX_RETURNED = 2
# Names that say nothing about what a file owns.
EMPTY_NAMES = ('utils', 'common', 'helpers', 'misc')
# Folders of the machines this is written on; in halves, as this file is read.
MACHINE_PATHS = ('/wo' + 'rk/', '/ro' + 'ot/', '.lib' + 'rary')


def large_files(module: source_tree.Module) -> Iterator[str]:
  count = module.source.count('\n')
  if count > MAX_FILE:
    yield f'{module.path} has {count} lines'


def wide_lines(module: source_tree.Module) -> Iterator[str]:
  for number, line in enumerate(module.source.splitlines(), 1):
    if len(line) > MAX_COLUMNS:
      yield f'{module.path}:{number} has {len(line)} columns'


def _functions(
  module: source_tree.Module,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
  for node in ast.walk(module.tree):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
      yield node


def large_functions(module: source_tree.Module) -> Iterator[str]:
  for node in _functions(module):
    count = node.end_lineno - node.lineno + 1
    if count > MAX_FUNCTION:
      yield f'{module.path}:{node.lineno} {node.name} has {count} lines'


def many_parameters(module: source_tree.Module) -> Iterator[str]:
  for node in _functions(module):
    parts = node.args
    names = [a.arg for a in parts.posonlyargs + parts.args + parts.kwonlyargs]
    count = len(names) - (names[:1] in (['self'], ['cls']))
    if count > MAX_PARAMETERS:
      yield f'{module.path}:{node.lineno} {node.name} has {count} parameters'


def many_returned(module: source_tree.Module) -> Iterator[str]:
  for node in ast.walk(module.tree):
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
      count = len(node.value.elts)
      if count > MAX_RETURNED:
        yield f'{module.path}:{node.lineno} returns {count} values'


def empty_names(module: source_tree.Module) -> Iterator[str]:
  parts = module.path.removesuffix('.py').split('/')
  words = {word for part in parts for word in part.split('_')}
  for name in sorted(words.intersection(EMPTY_NAMES)):
    yield f'{module.path} is named {name}'


def missing_licence(module: source_tree.Module) -> Iterator[str]:
  lines = [x for x in module.source.splitlines() if not x.startswith('#!')]
  if lines and lines[0] != LICENCE:
    yield f'{module.path} does not start with the licence line'


def missing_docstring(module: source_tree.Module) -> Iterator[str]:
  empty = module.is_package and not module.tree.body
  if not empty and not ast.get_docstring(module.tree):
    yield f'{module.path} has no docstring'


def machine_paths(path: str, text: str) -> Iterator[str]:
  for number, line in enumerate(text.splitlines(), 1):
    for word in MACHINE_PATHS:
      if word in line:
        yield f'{path}:{number} names {word}'


def _function(name: str, rest: str) -> str:
  return f'{LICENCE}\n"""Doc."""\ndef {name}{rest}'


# Rule, the path and the source of an offender, and what the rule says of it.
OFFENDERS = [
  (large_files, 'a.py', 'x = 1\n' * 301, 'a.py has 301 lines'),
  (wide_lines, 'a.py', 'x = 1\n#' + 80 * 'x', 'a.py:2 has 81 columns'),
  (
    large_functions,
    'a.py',
    _function('f', '():\n' + '  x = 1\n' * 50),
    'a.py:3 f has 51 lines',
  ),
  (
    many_parameters,
    'a.py',
    _function('f', '(self, a, b, c, d, *, e, f=1): pass'),
    'a.py:3 f has 6 parameters',
  ),
  (
    many_returned,
    'a.py',
    _function('f', '():\n  return 1, 2, 3'),
    'a.py:4 returns 3 values',
  ),
  (empty_names, 'a/io_utils.py', '', 'a/io_utils.py is named utils'),
  (
    missing_licence,
    'a.py',
    '"""Doc."""',
    'a.py does not start with the licence line',
  ),
  (missing_docstring, 'a.py', LICENCE, 'a.py has no docstring'),
]
RULES = [rule for rule, *_ in OFFENDERS]
INNOCENTS = [
  ('a/__init__.py', LICENCE + '\n'),
  ('a.py', f'{LICENCE}\n"""Doc."""\n' + 'x = 1\n' * 298),
  ('b.py', _function('f', '():\n' + '  x = 1\n' * 49)),
  ('c.py', _function('f', '(self, a, b, c, d, e): return 1, 2')),
]


@pytest.mark.parametrize('rule', RULES)
def test_the_project_keeps_the_rule(rule):
  modules = source_tree.modules().values()
  offenders = [line for module in modules for line in rule(module)]
  assert not offenders, '\n' + '\n'.join(offenders)


@pytest.mark.parametrize(('rule', 'path', 'source', 'offence'), OFFENDERS)
def test_each_rule_finds_a_made_up_offender(rule, path, source, offence):
  assert list(rule(source_tree.Module(path, source))) == [offence]


@pytest.mark.parametrize(('path', 'source'), INNOCENTS)
def test_no_rule_finds_what_is_just_within_it(path, source):
  module = source_tree.Module(path, source)
  assert [line for rule in RULES for line in rule(module)] == []


def test_no_file_names_a_folder_of_one_machine():
  offenders = []
  for path in source_tree.files():
    content = pathlib.Path(source_tree.ROOT, path).read_bytes()
    offenders += machine_paths(path, content.decode('utf-8', 'ignore'))
  assert not offenders, '\n' + '\n'.join(offenders)


@pytest.mark.parametrize('word', MACHINE_PATHS)
def test_a_folder_of_one_machine_is_found(word):
  assert list(machine_paths('a.md', f'x\nsee {word}y')) == [
    f'a.md:2 names {word}'
  ]


def test_every_python_file_is_in_a_folder_that_these_rules_see():
  seen = {module.path for module in source_tree.modules().values()}
  there = {path for path in source_tree.files() if path.endswith('.py')}
  assert there == seen
