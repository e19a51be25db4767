# SPDX-License-Identifier: Apache-2.0
"""The commands that pip installs, such as `clothflow-train`.

Each is a program of this project under another name: `clothflow-find-pose` is
`python -m clothflow_tf.find_pose`, `clothflow-export-tflite` is
`python -m export.tflite`. A program runs as Python's main module in both ways,
so that --help shows its flags and its worker processes find it. No other
imports here: a device runs one of the commands.
"""

import pathlib
import runpy
import sys


def module(command: str) -> str:
  """Returns the program that a command runs, from the command's path."""
  name = pathlib.Path(command).name
  name = name.removesuffix('.exe').removesuffix('-script.py')
  name = name.removeprefix('clothflow-').replace('-', '_')
  if name.startswith('export_'):
    return f'export.{name.removeprefix("export_")}'
  return f'clothflow_tf.{name}'


def run() -> None:
  """Runs the program that the command of this process names."""
  runpy.run_module(module(sys.argv[0]), run_name='__main__', alter_sys=True)
