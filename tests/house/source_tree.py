# SPDX-License-Identifier: Apache-2.0
"""The project's files, its Python modules, and what each of them imports.

Source is read, never run: the rules of form and the writer of BUILD files see
every import, also those inside functions, and need no imported package.
"""

import ast
from collections.abc import Iterator
import dataclasses
import fnmatch
import functools
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ('clothflow_tf', 'configs', 'export', 'tests')
_TENSORFLOW = ('keras', 'keras_cv', 'tensorflow', 'tf_keras')


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
  def folder(self) -> str:
    return self.path.rpartition('/')[0]

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

  @functools.cached_property
  def imports(self) -> frozenset[str]:
    """Dotted names, also of late imports: `from a import b` counts as a.b."""
    names = set()
    for node in ast.walk(self.tree):
      if isinstance(node, ast.Import):
        names |= {alias.name for alias in node.names}
      elif isinstance(node, ast.ImportFrom):
        start = self._start_of(node)
        names |= {f'{start}.{alias.name}' for alias in node.names}
    return frozenset(names)

  def texts(self) -> Iterator[str]:
    """Yields the string constants of the module, but no docstrings."""
    for node in ast.walk(self.tree):
      for part in ast.iter_child_nodes(node):
        is_text = isinstance(getattr(part, 'value', None), str)
        if is_text and not isinstance(node, ast.Expr):
          yield part.value

  def _start_of(self, node: ast.ImportFrom) -> str:
    if not node.level:
      return node.module
    parts = self.name.split('.')
    parts = parts[: len(parts) - node.level + self.is_package]
    return '.'.join([*parts, node.module] if node.module else parts)


Modules = dict[str, Module]


def owner(name: str, modules: Modules) -> str | None:
  """Returns the project's module that an imported name lies in, if any."""
  while name:
    if name in modules:
      return name
    name = name.rpartition('.')[0]
  return None


def packages(module: Module) -> set[str]:
  """Returns the packages that a module lies in: their import runs first."""
  parts = module.name.split('.')
  return {'.'.join(parts[:i]) for i in range(1, len(parts))}


def imported(module: Module, modules: Modules) -> set[str]:
  """Returns the project's modules that a module's import runs or may run."""
  owners = {owner(name, modules) for name in module.imports}
  return (owners | packages(module)).intersection(modules) - {module.name}


def without_tensorflow(modules: Modules) -> set[str]:
  """Returns the modules that import no TensorFlow, nor does what they import.

  Imports inside functions count.
  """
  tainted = {
    name
    for name, module in modules.items()
    if any(other.startswith(_TENSORFLOW) for other in module.imports)
  }
  needs = {name: imported(module, modules) for name, module in modules.items()}
  while more := {name for name in needs if needs[name] & tainted} - tainted:
    tainted |= more
  return modules.keys() - tainted


def files(root: pathlib.Path = ROOT) -> list[str]:
  """Returns the paths of all files that .gitignore does not exclude."""
  lines = (root / '.gitignore').read_text(encoding='utf-8').split()
  ignored = [line.rstrip('/') for line in lines] + ['.git']

  def is_kept(path: pathlib.PurePath) -> bool:
    names = (path.name, f'/{path.as_posix()}')
    return not any(fnmatch.fnmatch(x, line) for x in names for line in ignored)

  kept = []
  for folder, subfolders, names in os.walk(root):
    inside = pathlib.Path(folder).relative_to(root)
    subfolders[:] = sorted(x for x in subfolders if is_kept(inside / x))
    paths = [inside / name for name in sorted(names)]
    kept += [path.as_posix() for path in paths if is_kept(path)]
  return kept


@functools.cache
def modules() -> Modules:
  """Returns all modules of the project, keyed by dotted name."""
  paths = [path for path in files() if path.endswith('.py')]
  return made_up(
    {
      path: (ROOT / path).read_text(encoding='utf-8')
      for path in paths
      if path.split('/')[0] in FOLDERS
    }
  )


def made_up(sources: dict[str, str]) -> Modules:
  """Returns the modules of sources keyed by path."""
  listed = [Module(path, source) for path, source in sources.items()]
  return {module.name: module for module in listed}
