# SPDX-License-Identifier: Apache-2.0
"""Writes the BUILD file of every room from the imports of its modules.

python -m tests.tools.build_files      (or: make build-files)
"""

from tests.house import source_tree
from tests.tools import targets as targets_lib

_HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Written by `make build-files` from the imports of the modules here.
"""
_LOADED = {
  'pytest_test': '//:build_defs.bzl',
  'py_binary': '@rules_python//python:defs.bzl',
  'py_library': '@rules_python//python:defs.bzl',
}
# Sources that outnumber this are named by a pattern.
_MOST_LISTED = 4
# Trains networks, or draws hundreds of dolls: may take 15 minutes.
_LARGE = (
  'tests/data/dolls/',
  'tests/end_to_end_test.py',
  'tests/training/',
)


def texts(modules: source_tree.Modules, requirements: str) -> dict[str, str]:
  """Returns what every BUILD file must say, keyed by its path."""
  by_folder: dict[str, list[targets_lib.Target]] = {}
  for target in targets_lib.derive(modules, requirements).values():
    by_folder.setdefault(target.place.folder, []).append(target)
  return {
    f'{folder}/BUILD': _text(folder, by_folder[folder], modules)
    for folder in sorted(by_folder)
  }


def _text(
  folder: str,
  targets: list[targets_lib.Target],
  modules: source_tree.Modules,
) -> str:
  rules: dict[str, set[str]] = {}
  for target in targets:
    rules.setdefault(_LOADED[target.rule], set()).add(target.rule)
  loads = []
  for file in sorted(rules, key=lambda file: file.startswith('/')):
    names = ', '.join(f'"{rule}"' for rule in sorted(rules[file]))
    loads.append(f'load("{file}", {names})')
  blocks = [_HEADER + '\n'.join(loads)]
  blocks.append('package(default_visibility = ["//visibility:public"])')
  if folder == 'tests':
    blocks.append('exports_files(["conftest.py"])')
  here = [m for m in modules.values() if targets_lib.room(m) == folder]
  order = {'py_library': 0, 'py_binary': 1, 'pytest_test': 2}
  targets.sort(key=lambda x: (order[x.rule], x.place.name))
  blocks += [_block(target, here) for target in targets]
  return '\n\n'.join(blocks) + '\n'


def _block(target: targets_lib.Target, here: list[source_tree.Module]) -> str:
  lines = [f'{target.rule}(', f'    name = "{target.place.name}",']
  paths = [module.path for module in target.modules]
  if target.rule == 'pytest_test':
    if paths[0].startswith(_LARGE):
      lines.append('    size = "large",')
    if '//tests/house' in target.deps or ':house' in target.deps:
      lines.append('    # Reads the tree itself: no cached result holds.')
      lines.append('    tags = ["external"],')
  else:
    if paths[0].startswith('tests/'):
      lines.append('    testonly = True,')
    lines.append(f'    srcs = {_sources(target, here)},')
  if target.deps:
    lines.append(f'    deps = {_listed(target.deps)},')
  return '\n'.join([*lines, ')'])


def _sources(target: targets_lib.Target, here: list[source_tree.Module]) -> str:
  """Returns a list of sources, or the pattern that is shorter."""
  start = len(target.place.folder) + 1
  others = sorted({module.path[start:] for module in here} - {*target.sources})
  many = len(target.sources) > max(_MOST_LISTED, len(others))
  if not many:
    return _listed(target.sources)
  folders = {name.rpartition('/')[0] for name in target.sources + others}
  patterns = [f'{folder}/*.py'.lstrip('/') for folder in sorted(folders)]
  if not others:
    return f'glob({_listed(patterns)})'
  parts = [_listed(patterns, 8), f'exclude = {_listed(others, 8)}']
  return 'glob(\n' + ''.join(f'        {x},\n' for x in parts) + '    )'


def _listed(items: list[str], indent: int = 4) -> str:
  if len(items) == 1:
    return f'["{items[0]}"]'
  space = indent * ' '
  lines = ''.join(f'{space}    "{item}",\n' for item in items)
  return f'[\n{lines}{space}]'


def requirements() -> str:
  """Returns the lines of what the project and its tests install."""
  names = ('requirements.txt', 'requirements-test.txt')
  return ''.join(
    (source_tree.ROOT / name).read_text(encoding='utf-8') for name in names
  )


def write() -> None:
  """Writes all BUILD files; removes those of rooms that are no more."""
  wanted = texts(source_tree.modules(), requirements())
  for path in source_tree.files():
    if path.endswith('/BUILD') and path not in wanted:
      (source_tree.ROOT / path).unlink()
  for path, text in wanted.items():
    (source_tree.ROOT / path).write_text(text, encoding='utf-8')


if __name__ == '__main__':
  write()
