# SPDX-License-Identifier: Apache-2.0
"""A Bazel repository `pypi` of the distributions that pip has installed.

One target a distribution, named as rules_python's pip.parse names it. Its files
are links to site-packages, whole folders of them: Bazel then makes one link
where TensorFlow alone has ten thousand files.
"""

from collections.abc import Iterator
from importlib import metadata
import pathlib
import re
import sys

from packaging import requirements

_TOOLCHAIN = """\
load("@bazel_tools//tools/python:toolchain.bzl", "py_runtime_pair")

py_runtime(
    name = "runtime",
    interpreter_path = "{python}",
    python_version = "PY3",
)

py_runtime_pair(
    name = "pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)
"""
_LIBRARY = """\
py_library(
    name = "{name}",
    data = {data},
    imports = ["site"],
    visibility = ["//visibility:public"],
    deps = {deps},
)
"""


def write(root: pathlib.Path) -> None:
  """Writes the repository into a folder that does not exist yet."""
  root.mkdir(parents=True)
  (root / 'WORKSPACE').touch()
  # Not this environment's Python, and -S: what is installed would hide a dep
  # that is missing.
  python = root / 'python'
  base = getattr(sys, '_base_executable', None) or sys.executable
  python.write_text(f'#!/bin/sh\nexec "{base}" -S "$@"\n', encoding='utf-8')
  python.chmod(0o755)
  toolchain = _TOOLCHAIN.format(python=python)
  (root / 'BUILD').write_text(toolchain, encoding='utf-8')
  installed = {_target(x.metadata['Name']): x for x in metadata.distributions()}
  wanted = _wanted(installed)
  deps = _acyclic(wanted)
  for name in sorted(wanted):
    links = _link(installed[name], root / name / 'site')
    text = _LIBRARY.format(
      name=name,
      data=[f'site/{link}' for link in links],
      deps=[f'//{other}' for other in deps[name]],
    )
    (root / name / 'BUILD').write_text(text, encoding='utf-8')


def _target(distribution: str) -> str:
  return re.sub(r'[-_.]+', '_', distribution.lower())


def _wanted(
  installed: dict[str, metadata.Distribution],
) -> dict[str, list[str]]:
  """Returns what each distribution requires, with the extras asked of it."""
  extras: dict[str, set[str]] = {name: {''} for name in installed}
  wanted: dict[str, list[str]] = {}
  while True:
    before = {name: set(asked) for name, asked in extras.items()}
    for name, distribution in installed.items():
      needs = list(_requirements(distribution, extras[name]))
      for need in needs:
        extras.get(_target(need.name), set()).update(need.extras)
      names = {_target(need.name) for need in needs}
      wanted[name] = sorted((names & installed.keys()) - {name})
    if extras == before:
      return wanted


def _requirements(
  distribution: metadata.Distribution, extras: set[str]
) -> Iterator[requirements.Requirement]:
  for line in distribution.requires or ():
    need = requirements.Requirement(line)
    environments = [{'extra': extra} for extra in extras]
    if not need.marker or any(need.marker.evaluate(x) for x in environments):
      yield need


def _acyclic(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
  """Leaves out what would close a circle, which Bazel refuses."""
  kept: dict[str, list[str]] = {}

  def visit(name: str, above: frozenset[str]) -> None:
    kept[name] = [x for x in wanted[name] if x not in above | {name}]
    for other in kept[name]:
      if other not in kept:
        visit(other, above | {name})

  for name in wanted:
    if name not in kept:
      visit(name, frozenset())
  return kept


def _link(
  distribution: metadata.Distribution, folder: pathlib.Path
) -> list[str]:
  """Links a distribution's files into a folder; returns the links' paths.

  Packages of one name that several distributions share, such as google, are
  folders of links: each distribution links its own parts of them.
  """
  site = pathlib.Path(distribution.locate_file(''))
  heads = set()
  for file in distribution.files or ():
    parts = file.parts
    if '..' in parts or parts[0] == '__pycache__':
      continue
    top = site / parts[0]
    is_own = (top / '__init__.py').exists() or top.suffix == '.dist-info'
    heads.add('/'.join(parts[: 1 if is_own else 2]))
  for head in heads:
    (folder / head).parent.mkdir(parents=True, exist_ok=True)
    (folder / head).symlink_to(site / head)
  return sorted(heads)
