# SPDX-License-Identifier: Apache-2.0
"""The project's files, its Python modules, and what each of them imports.

Source is read, never run: the tests of layering and of BUILD see every import,
also those inside functions, and need none of the imported packages.
"""

import ast
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import functools
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ('clothflow_tf', 'configs', 'export', 'tests')


@dataclasses.dataclass(frozen=True)
class Module:
  """One Python file: its path from the root, and its text."""

  path: str
  source: str

  @property
  def name(self) -> str:
    """The dotted name; a package's __init__ has the name of the package."""
    parts = self.path.removesuffix('.py').split('/')
    return '.'.join(parts[:-1] if self.is_package else parts)

  @property
  def is_package(self) -> bool:
    return self.path.endswith('/__init__.py')

  @functools.cached_property
  def tree(self) -> ast.Module:
    return ast.parse(self.source, self.path)

  @property
  def is_program(self) -> bool:
    """Whether it ends in `if __name__ == '__main__'`."""
    return any(
      isinstance(node, ast.If) and '__main__' in ast.unparse(node.test)
      for node in self.tree.body
    )

  def imports(self, nodes: Iterable[ast.AST] | None = None) -> set[str]:
    """Returns dotted names: `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(self.tree) if nodes is None else nodes:
      if isinstance(node, ast.Import):
        found |= {alias.name for alias in node.names}
      elif isinstance(node, ast.ImportFrom):
        start = self._start_of(node)
        found |= {f'{start}.{alias.name}' for alias in node.names}
    return found

  def imports_at_start(self) -> set[str]:
    """Returns the imports that run when the module itself is imported."""
    return self.imports(_run_at_import(self.tree.body))

  def _start_of(self, node: ast.ImportFrom) -> str:
    if not node.level:
      return node.module
    parts = self.name.split('.')
    parts = parts[: len(parts) - node.level + self.is_package]
    return '.'.join([*parts, node.module] if node.module else parts)


def _run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
  for node in body:
    if isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test):
      continue
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
      continue
    yield node
    yield from _run_at_import(ast.iter_child_nodes(node))


def owner(name: str, modules: dict[str, Module]) -> str | None:
  """Returns the project's module that an imported name lies in, if any."""
  while name:
    if name in modules:
      return name
    name = name.rpartition('.')[0]
  return None


def files(root: pathlib.Path = ROOT) -> list[str]:
  """Returns the paths of all files that .gitignore does not exclude."""
  lines = (root / '.gitignore').read_text(encoding='utf-8').split()
  ignored = {line.rstrip('/') for line in lines} | {'.git'}
  found = []
  for folder, subfolders, names in os.walk(root):
    inside = pathlib.Path(folder).relative_to(root)
    subfolders[:] = sorted(
      name
      for name in subfolders
      if name not in ignored and f'/{(inside / name).as_posix()}' not in ignored
    )
    found += [
      (inside / name).as_posix()
      for name in sorted(names)
      if f'*{pathlib.Path(name).suffix}' not in ignored and name not in ignored
    ]
  return found


@functools.cache
def modules() -> dict[str, Module]:
  """Returns all modules of the project, keyed by dotted name."""
  found = {}
  for path in files():
    if path.endswith('.py') and path.split('/')[0] in FOLDERS:
      source = (ROOT / path).read_text(encoding='utf-8')
      module = Module(path, source)
      found[module.name] = module
  return found


def made_up(sources: dict[str, str]) -> dict[str, Module]:
  """Returns modules of made-up sources keyed by path, for tests of rules."""
  found = [Module(path, source) for path, source in sources.items()]
  return {module.name: module for module in found}
