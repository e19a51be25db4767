# SPDX-License-Identifier: Apache-2.0
"""Claims about every file's form that neither ruff nor import-linter checks.

Each rule is a function from a module to a line for each offender, and is seen
to fail on a made-up offender.
"""

import ast
import collections
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import pathlib

import pytest

from tests.house import source_tree

LICENCE = '# SPDX-License-Identifier: Apache-2.0'
MAX_FILE, MAX_FUNCTION, MAX_RETURNED, MAX_FOLDER = 300, 50, 2, 20
# Draws people in many small steps; everything else stays within MAX_FOLDER.
LARGE_FOLDER = 'clothflow_tf/data/dolls'
# Names that say nothing about what a file owns.
EMPTY_NAMES = {'common', 'helpers', 'misc', 'utils'}
# Names that say nothing about a value; whole names, also _SO.
VAGUE_NAMES = {'alone', 'both', 'found', 'how', 'look', 'told', 'what'}
# Folders of the machines this is written on; in halves, as this file is read.
MACHINE_PATHS = ('/wo' + 'rk/', '/ro' + 'ot/', '.lib' + 'rary')

Rule = Callable[[source_tree.Module], Iterator[str]]


def large_files(module: source_tree.Module) -> Iterator[str]:
  count = module.source.count('\n')
  if count > MAX_FILE:
    yield f'{module.path} has {count} lines'


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


def many_returned(module: source_tree.Module) -> Iterator[str]:
  for node in ast.walk(module.tree):
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
      count = len(node.value.elts)
      if count > MAX_RETURNED:
        yield f'{module.path}:{node.lineno} returns {count} values'


def empty_names(module: source_tree.Module) -> Iterator[str]:
  parts = module.path.removesuffix('.py').split('/')
  words = {word for part in parts for word in part.split('_')}
  for name in sorted(words & EMPTY_NAMES):
    yield f'{module.path} is named {name}'


def vague_names(module: source_tree.Module) -> Iterator[str]:
  for node in ast.walk(module.tree):
    for name in _given_names(node):
      if name.strip('_').lower() in VAGUE_NAMES:
        yield f'{module.path}:{node.lineno} gives the name {name}'


def _given_names(node: ast.AST) -> Iterator[str]:
  """Yields the names that a node gives to something."""
  if isinstance(node, ast.arg):
    yield node.arg
  elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
    yield node.name
  elif isinstance(getattr(node, 'ctx', None), ast.Store):
    name = getattr(node, 'id', getattr(node, 'attr', None))
    if name is not None:
      yield name
  elif isinstance(node, ast.alias) and node.asname:
    yield node.asname
  elif isinstance(node, ast.ExceptHandler) and node.name:
    yield node.name


def bare_tuples(module: source_tree.Module) -> Iterator[str]:
  for node in ast.walk(module.tree):
    if isinstance(node, ast.arg) and node.annotation:
      inside = list(ast.walk(node.annotation))
      typed = {id(x.value) for x in inside if isinstance(x, ast.Subscript)}
      if any(
        isinstance(x, ast.Name) and x.id == 'tuple' and id(x) not in typed
        for x in inside
      ):
        yield f'{module.path}:{node.lineno} {node.arg} is a bare tuple'


def missing_licence(module: source_tree.Module) -> Iterator[str]:
  lines = [x for x in module.source.splitlines() if not x.startswith('#!')]
  if lines and lines[0] != LICENCE:
    yield f'{module.path} does not start with the licence line'


def full_folders(paths: Iterable[str]) -> Iterator[str]:
  counts = collections.Counter(path.rpartition('/')[0] for path in paths)
  for folder, count in sorted(counts.items()):
    if count > MAX_FOLDER and folder != LARGE_FOLDER:
      yield f'{folder} holds {count} Python files'


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
  (
    large_functions,
    'a.py',
    _function('f', '():\n' + '  x = 1\n' * 50),
    'a.py:3 f has 51 lines',
  ),
  (
    many_returned,
    'a.py',
    _function('f', '():\n  return 1, 2, 3'),
    'a.py:4 returns 3 values',
  ),
  (empty_names, 'a/io_utils.py', '', 'a/io_utils.py is named utils'),
  (vague_names, 'a.py', 'def f(how): pass', 'a.py:1 gives the name how'),
  (vague_names, 'a.py', 'a, *found = b', 'a.py:1 gives the name found'),
  (vague_names, 'a.py', 'a.look = b', 'a.py:1 gives the name look'),
  (vague_names, 'a.py', 'def _alone(): pass', 'a.py:1 gives the name _alone'),
  (vague_names, 'a.py', 'class A:\n  what: int', 'a.py:2 gives the name what'),
  (vague_names, 'a.py', 'for both in x: pass', 'a.py:1 gives the name both'),
  (vague_names, 'a.py', 'import a as told', 'a.py:1 gives the name told'),
  (
    bare_tuples,
    'a.py',
    'def f(x: tuple | None, y: tuple[int, int]): pass',
    'a.py:1 x is a bare tuple',
  ),
  (
    bare_tuples,
    'a.py',
    'def f(x: list[tuple]): pass',
    'a.py:1 x is a bare tuple',
  ),
  (
    missing_licence,
    'a.py',
    '"""Doc."""',
    'a.py does not start with the licence line',
  ),
]
RULES = list(dict.fromkeys(rule for rule, *_ in OFFENDERS))
INNOCENTS = [
  ('a/__init__.py', LICENCE + '\n'),
  ('a.py', f'{LICENCE}\n"""Doc."""\n' + 'x = 1\n' * 298),
  ('b.py', _function('f', '():\n' + '  x = 1\n' * 49)),
  ('c.py', _function('f', '(self, x: tuple[int, ...]): return 1, 2')),
  ('d.py', _function('f', '(found_files): return found_files.told(look=2)')),
]


@pytest.mark.parametrize('rule', RULES)
def test_the_project_keeps_the_rule(rule: Rule):
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


def test_no_folder_is_full():
  paths = [module.path for module in source_tree.modules().values()]
  assert not list(full_folders(paths))


def test_a_full_folder_is_found():
  paths = [f'{folder}/{i}.py' for folder in 'ab' for i in range(20)]
  assert list(full_folders([*paths, 'b/x.py'])) == ['b holds 21 Python files']
  assert not list(full_folders(f'{LARGE_FOLDER}/{i}.py' for i in range(30)))


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
