# SPDX-License-Identifier: Apache-2.0
"""What BUILD must say: one target a module, whose deps are its imports.

It follows from the modules alone, so build_test checks BUILD with the same
derivation that writes it:

    python -m tests.house.build_file      (or: make build-file)

One target a module, not one a folder: the device runtime needs `data.photographs.raw_files` but
must not drag in TensorFlow with the rest of `data`. Importing a.b runs
a/__init__.py first, so a package's modules depend on the package. What a module
names in a string only, a program it starts or a configuration it opens, is its
`data`.
"""

import ast
from collections.abc import Iterable
import re
import sys
from typing import Any

from tests.house import source_tree

HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Written by `make build-file` from the imports; tests/house/build_test.py holds it to
# them. One target a module, named as Python names it. A package's target is its
# __init__.py, which importing any module of it runs. Tests are pytest's; as
# tests/conftest.py runs pytest, it rides with each of them.
"""
RUNNER = 'tests/conftest.py'
# Import name -> distribution, where they differ by more than - and _.
DISTRIBUTIONS = {
  'PIL': 'pillow',
  'absl': 'absl-py',
  'cv2': 'opencv-python-headless',
  'google': 'protobuf',
}
# What the readers of the source tree read beside the modules they import.
TREE = 'glob(["**"])'


def derive(
  modules: dict[str, source_tree.Module], requirements: str
) -> dict[str, dict[str, Any]]:
  """Returns the attributes each target must have, keyed by its name."""
  listed = set(re.findall(r'^[A-Za-z0-9._-]+', requirements, re.MULTILINE))
  return {
    name: _target(modules[name], modules, listed) for name in sorted(modules)
  }


def _target(
  module: source_tree.Module,
  modules: dict[str, source_tree.Module],
  listed: set[str],
) -> dict[str, Any]:
  target = {'rule': 'py_library', 'srcs': [module.path]}
  imports = module.imports()
  if module.path.endswith('_test.py'):
    runner = source_tree.made_up({RUNNER: 'import pytest'})['tests.conftest']
    imports |= modules.get('tests.conftest', runner).imports()
    target |= {'rule': 'py_test', 'srcs': sorted([module.path, RUNNER])}
    target |= {'main': RUNNER, 'args': [module.path]}
  elif module.is_program:
    target |= {'rule': 'py_binary', 'main': module.path}
  if module.path.startswith('tests/') and target['rule'] != 'py_test':
    target['testonly'] = True
  deps = {_label(name, modules, listed, module.path) for name in imports}
  package = module.name.rpartition('.')[0]
  deps |= {f':{package}'} if package in modules else set()
  target['deps'] = _sorted(deps - {None, f':{module.name}'})
  target['data'] = _data(module, modules, target['deps'])
  return {key: value for key, value in target.items() if value}


def _label(
  name: str,
  modules: dict[str, source_tree.Module],
  listed: set[str],
  path: str,
) -> str | None:
  """Returns the label of an imported name, or None for Python's own."""
  top = name.split('.')[0]
  if inside := source_tree.owner(name, modules):
    return f':{inside}'
  if top in sys.stdlib_module_names or top in source_tree.FOLDERS:
    return None
  distribution = DISTRIBUTIONS.get(top, top.replace('_', '-'))
  if distribution not in listed:
    raise ValueError(
      f'{path} imports {name}, but requirements.txt lists no {distribution}'
    )
  return '@pypi//' + re.sub(r'[-_.]+', '_', distribution.lower())


def _data(
  module: source_tree.Module,
  modules: dict[str, source_tree.Module],
  deps: list[str],
) -> list[str] | str:
  """Returns what the module opens or starts, by label."""
  if module.name == 'tests.house.source_tree':
    return TREE
  opened = {
    f':{other.name}'
    for other in modules.values()
    if other.path.startswith('configs/')
    and 'ml_collections.config_flags' in module.imports()
  }
  by_path = {other.path: other for other in modules.values()}
  for node in ast.walk(module.tree):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
      other = modules.get(node.value) or by_path.get(node.value)
      if other and _is_used_by_name(other):
        opened.add(f':{other.name}')
  return _sorted(opened - set(deps) - {f':{module.name}'})


def _is_used_by_name(module: source_tree.Module) -> bool:
  if module.path.startswith('tests/'):
    return False
  return module.is_program or module.path.startswith('configs/')


def _sorted(labels: Iterable[str]) -> list[str]:
  return sorted(labels, key=lambda label: (label.startswith('@'), label))


def render(targets: dict[str, dict[str, Any]]) -> str:
  """Returns BUILD's text, in the form buildifier gives it."""
  rules = sorted({target['rule'] for target in targets.values()})
  loaded = ', '.join(f'"{rule}"' for rule in rules)
  blocks = [
    f'{HEADER}load("@rules_python//python:defs.bzl", {loaded})',
    'package(default_visibility = ["//visibility:public"])',
  ]
  for name, target in targets.items():
    lines = [f'{target["rule"]}(', f'    name = "{name}",']
    for key in ('testonly', 'srcs', 'args', 'data', 'main', 'deps'):
      if key in target:
        lines.append(f'    {key} = {_value(key, target[key])},')
    blocks.append('\n'.join([*lines, ')']))
  return '\n\n'.join(blocks) + '\n'


def _value(key: str, value: Any) -> str:
  if isinstance(value, bool) or value == TREE:
    return str(value)
  if isinstance(value, str):
    return f'"{value}"'
  if len(value) == 1:
    return f'["{value[0]}"]'
  lines = ''.join(f'        "{item}",\n' for item in value)
  return f'[\n{lines}    ]'


def parse(text: str) -> dict[str, dict[str, Any]]:
  """Returns the targets of a BUILD file; one named twice is an error."""
  targets = {}
  for statement in ast.parse(text).body:
    call = statement.value
    if call.func.id in ('load', 'package'):
      continue
    target = {'rule': call.func.id}
    for keyword in call.keywords:
      target[keyword.arg] = _literal(keyword.value)
    name = target.pop('name')
    if name in targets:
      raise ValueError(f'BUILD has two targets named {name}')
    targets[name] = target
  return targets


def _literal(node: ast.expr) -> Any:
  try:
    return ast.literal_eval(node)
  except ValueError:
    is_tree = ast.dump(node) == ast.dump(ast.parse(TREE, mode='eval').body)
    return TREE if is_tree else ast.unparse(node)


def differences(
  found: dict[str, dict[str, Any]], wanted: dict[str, dict[str, Any]]
) -> list[str]:
  """Returns one line for everything that BUILD has wrong."""
  lines = []
  for name in sorted(found.keys() | wanted.keys()):
    if name not in found:
      lines.append(f'{wanted[name]["srcs"]} has no target; expected {name}')
    elif name not in wanted:
      lines.append(f'{name} is a target, but no module')
    else:
      lines += _attribute_differences(name, found[name], wanted[name])
  return lines


def _attribute_differences(
  name: str, found: dict[str, Any], wanted: dict[str, Any]
) -> list[str]:
  lines = []
  for key in sorted(found.keys() | wanted.keys()):
    has, needs = found.get(key), wanted.get(key)
    if has == needs:
      continue
    if isinstance(has or [], list) and isinstance(needs or [], list):
      has, needs = has or [], needs or []
      lines += [f'{name}: {key} misses {x}' for x in needs if x not in has]
      lines += [
        f'{name}: {key} has {x} too much' for x in has if x not in needs
      ]
      if sorted(has) == sorted(needs):
        lines.append(f'{name}: {key} is not sorted')
    else:
      lines.append(f'{name}: {key} is {has!r}, expected {needs!r}')
  return lines


def text_of(name: str) -> str:
  """Returns the text of a file at the project's root."""
  return (source_tree.ROOT / name).read_text(encoding='utf-8')


def wanted() -> dict[str, dict[str, Any]]:
  """Returns the targets that the project's modules ask for."""
  return derive(source_tree.modules(), text_of('requirements.txt'))


if __name__ == '__main__':
  (source_tree.ROOT / 'BUILD').write_text(render(wanted()), encoding='utf-8')
