# SPDX-License-Identifier: Apache-2.0
"""Runs Bazel on the whole tree, offline, on what pip has installed.

    python -m tests.tools.bazel [TARGETS]        (or: make bazel TARGETS=...)

Runs `bazel query //...`, `bazel build //...`, then `bazel test` of the targets,
by default every test but those of training and end_to_end_test, which train
networks for half an hour.

Bazel 6 and newer find everything else by MODULE.bazel, on the net. Bazel 4, as
Debian has it (apt-get install bazel-bootstrap), gets these repositories from
build/bazel, which this program writes anew:

- pypi: one target a distribution of this Python's site-packages, with its
  requirements as deps, and this Python as the toolchain;
- rules_cc, rules_java, rules_python: Bazel 4's own rules under the names that
  newer Bazels load them by;
- remote_coverage_tools: empty, as nothing is covered here.
"""

import pathlib
import re
import shutil
import subprocess
import sys

from tests.house import source_tree
from tests.tools import pypi_repository

_FOLDER = source_tree.ROOT / 'build' / 'bazel'
_DEFAULT = ('//tests/...', '-//tests/training/...', '-//tests:end_to_end_test')
# Repository -> the folder that its rules are loaded from, and these rules.
_NATIVE = {
  'rules_cc': (
    'cc',
    'cc_binary cc_import cc_library cc_proto_library cc_test cc_toolchain '
    'cc_toolchain_suite fdo_prefetch_hints fdo_profile objc_library',
  ),
  'rules_java': (
    'java',
    'java_binary java_import java_library java_plugin java_proto_library '
    'java_runtime java_test java_toolchain',
  ),
  'rules_python': ('python', 'py_binary py_library py_test'),
}
_COVERAGE = """\
filegroup(
    name = "coverage_report_generator",
    visibility = ["//visibility:public"],
)
"""


def _overrides() -> list[str]:
  """Writes the repositories that Bazel 4 needs; returns its options."""
  shutil.rmtree(_FOLDER, ignore_errors=True)
  pypi_repository.write(_FOLDER / 'pypi')
  _write(_FOLDER / 'remote_coverage_tools', '', 'BUILD', _COVERAGE)
  for repository, (folder, rules) in _NATIVE.items():
    text = '\n'.join(f'{rule} = native.{rule}' for rule in rules.split())
    _write(_FOLDER / repository, folder, 'defs.bzl', text)
  names = sorted(path.name for path in _FOLDER.iterdir())
  options = [f'--override_repository={x}={_FOLDER / x}' for x in names]
  return [*options, '--extra_toolchains=@pypi//:toolchain']


def _write(root: pathlib.Path, folder: str, name: str, text: str) -> None:
  (root / folder).mkdir(parents=True)
  (root / 'WORKSPACE').touch()
  (root / folder / 'BUILD').touch()
  (root / folder / name).write_text(text + '\n', encoding='utf-8')


def _major(bazel: str) -> int:
  """Returns Bazel's major version; Debian's, 4, does not say its own."""
  line = subprocess.run(
    [bazel, '--version'], capture_output=True, text=True, check=True
  ).stdout
  number = re.search(r'\d+', line)
  return int(number[0]) if number else 4


def main(targets: list[str]) -> int:
  bazel = shutil.which('bazel') or shutil.which('bazelisk')
  if not bazel:
    print('Bazel is not installed; BUILD files were not run', file=sys.stderr)
    return 1
  options = _overrides() if _major(bazel) < 6 else []
  for command in (
    ['query', *options[:-1], '//...'],
    ['build', *options, '//...'],
    ['test', *options, '--', *(targets or _DEFAULT)],
  ):
    print('bazel', command[0], *command[-1:], flush=True)
    status = subprocess.run(
      [bazel, *command], cwd=source_tree.ROOT, check=False
    ).returncode
    if status:
      return status
  return 0


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
