# SPDX-License-Identifier: Apache-2.0
"""Which Bazel targets the project's modules make, and what each depends on.

One library a room. Three things part a room's modules further:

- A program is a py_binary, a test a pytest_test.
- What needs no TensorFlow stands apart from what does, as
  `:without_tensorflow`: a device must not install it.
- Bazel allows no cycles. Where two rooms import modules of each other, the
  outer room, such as clothflow_tf with its config below and its demo_page above
  all others, has one library a module. So has tests/ itself.

A module depends on what it imports, on the programs and configurations that its
strings name, which it starts or opens, and on the packages that it lies in,
whose __init__.py its import runs; these are named where no other dep brings
them.
"""

import dataclasses
import re
import sys
from typing import NamedTuple

from tests.house import source_tree

# Rooms whose BUILD also holds the folder within: they import each other.
_WITHIN = {
  'clothflow_tf/data/photographs/datasets': 'clothflow_tf/data/photographs'
}
RUNNER = 'tests.conftest'
_CONFIG = re.compile(r'configs/\w+\.py')
# Import name -> distribution, where they differ by more than - and _.
_DISTRIBUTIONS = {
  'PIL': 'pillow',
  'absl': 'absl-py',
  'cv2': 'opencv-python-headless',
  'google': 'protobuf',
  'grpc': 'grpcio',
  'importlinter': 'import-linter',
  'tensorflow_serving': 'tensorflow-serving-api',
}


class Place(NamedTuple):
  """Where a target stands: the folder of its BUILD file, and its name."""

  folder: str
  name: str

  def label(self, folder: str) -> str:
    """Returns its label, as BUILD in a folder writes it."""
    if self.folder == folder:
      return f':{self.name}'
    is_short = self.folder.rpartition('/')[2] == self.name
    return f'//{self.folder}' if is_short else f'//{self.folder}:{self.name}'


@dataclasses.dataclass
class Target:
  """One rule of a BUILD file."""

  place: Place
  rule: str
  modules: list[source_tree.Module]
  deps: list[str]

  @property
  def sources(self) -> list[str]:
    """Paths from the target's folder."""
    start = len(self.place.folder) + 1
    return sorted(module.path[start:] for module in self.modules)


def derive(
  modules: source_tree.Modules, requirements: str
) -> dict[Place, Target]:
  """Returns all targets, keyed by folder and name."""
  needs = {name: _needs(module, modules) for name, module in modules.items()}
  places = _acyclic(modules, needs)
  listed = set(re.findall(r'^[A-Za-z0-9._-]+', requirements, re.MULTILINE))
  edges = _edges(places, needs)
  targets: dict[Place, Target] = {}
  for name, module in sorted(modules.items()):
    made = Target(places[name], _rule(module), [], [])
    targets.setdefault(places[name], made).modules.append(module)
  for place, target in targets.items():
    parents = {
      places[package]
      for module in target.modules
      for package in source_tree.packages(module)
      if package in modules
    }
    used = {
      places[name]
      for module in target.modules
      for name in needs[module.name] - source_tree.packages(module)
    } - {place}
    for parent in sorted(parents - used - {place}, reverse=True):
      if all(parent not in _reach(other, edges) for other in used):
        used.add(parent)
    labels = {other.label(place.folder) for other in used}
    for module in target.modules:
      labels |= _distributions(module, modules, listed)
    target.deps = sorted(labels, key=_order)
  return targets


def _order(label: str) -> tuple[int, str]:
  """Sorts labels as buildifier does: of this BUILD, of others, of pypi."""
  return ':/@'.index(label[0]), label.replace(':', ' ')


def room(module: source_tree.Module) -> str:
  """Returns the folder whose BUILD names the module."""
  return _WITHIN.get(module.folder, module.folder)


def _needs(
  module: source_tree.Module, modules: source_tree.Modules
) -> set[str]:
  """Returns the names of the project's modules that a module works with."""
  by_path = {other.path: other for other in modules.values()}
  used = source_tree.imported(module, modules)
  for text in module.texts():
    opened = [by_path.get(path) for path in _CONFIG.findall(text)]
    other = modules.get(text) or by_path.get(text)
    if other and other.is_program:
      opened.append(other)
    used |= {other.name for other in opened if other}
  return used - {module.name}


def _rule(module: source_tree.Module) -> str:
  if module.path.endswith('_test.py'):
    return 'pytest_test'
  if module.is_program and module.name != RUNNER:
    return 'py_binary'
  return 'py_library'


def _acyclic(
  modules: source_tree.Modules, needs: dict[str, set[str]]
) -> dict[str, Place]:
  """Returns the target of each module, such that targets make no cycle."""
  light = source_tree.without_tensorflow(modules)
  libraries = {
    name: room(module)
    for name, module in modules.items()
    if _rule(module) == 'py_library'
    and not module.path.startswith('tests/')
    and not module.is_package
  }
  mixed_rooms = {folder for x, folder in libraries.items() if x in light} & {
    folder for x, folder in libraries.items() if x not in light
  }
  # What one helper of tests brings would hide what a test's own deps miss.
  parted = {'tests'}

  def place(module: source_tree.Module) -> Place:
    folder = room(module)
    own = folder.rpartition('/')[2]
    stem = own if module.is_package else module.path.split('/')[-1][:-3]
    if _rule(module) != 'py_library' or folder in parted:
      return Place(folder, stem)
    if module.name in light and folder in mixed_rooms:
      return Place(folder, 'without_tensorflow')
    return Place(folder, own)

  while True:
    places = {name: place(module) for name, module in modules.items()}
    edges = _edges(places, needs)
    cycle = {place for place in edges if place in _reach(place, edges)}
    rooms = {place.folder for place in cycle} - parted
    if not rooms:
      return places
    parted.add(min(rooms, key=lambda folder: (folder.count('/'), folder)))


def _edges(
  places: dict[str, Place], needs: dict[str, set[str]]
) -> dict[Place, set[Place]]:
  """Returns which targets each target works with."""
  edges: dict[Place, set[Place]] = {place: set() for place in places.values()}
  for name, others in needs.items():
    edges[places[name]] |= {places[other] for other in others}
  return {place: others - {place} for place, others in edges.items()}


def _reach(start: Place, edges: dict[Place, set[Place]]) -> set[Place]:
  """Returns the targets on the way from one; itself, if it is on a cycle."""
  reached: set[Place] = set()
  left = [*edges[start]]
  while left:
    place = left.pop()
    if place not in reached:
      reached.add(place)
      left += edges[place]
  return reached


def _distributions(
  module: source_tree.Module, modules: source_tree.Modules, listed: set[str]
) -> set[str]:
  """Returns the labels of the distributions that a module imports."""
  labels = set()
  for name in module.imports:
    top = name.split('.')[0]
    if top in sys.stdlib_module_names or top in source_tree.FOLDERS:
      continue
    if source_tree.owner(name, modules):
      continue
    distribution = _DISTRIBUTIONS.get(top, top.replace('_', '-'))
    if distribution not in listed:
      raise ValueError(
        f'{module.path} imports {name}, but no {distribution} is listed in '
        'requirements.txt or requirements-test.txt'
      )
    if distribution != 'pytest' or _rule(module) != 'pytest_test':
      labels.add('@pypi//' + re.sub(r'[-_.]+', '_', distribution.lower()))
  return labels
