# SPDX-License-Identifier: Apache-2.0
r"""Dresses people with the shipped weights, in less than a minute.

    python -m clothflow_tf.demo --output_dir=demo --viton_hd=FOLDER

Drawn people wear each other's garments and photographed ones; with --viton_hd
the persons of that folder's test_pairs.txt are dressed in its garments, too.
The result is index.html in the folder. It runs without TensorFlow.
"""

import os
import sys
import time

from absl import flags

from clothflow_tf import demo_page
from clothflow_tf import files
from clothflow_tf import program

# Beside this package, in the tree as where pip installs it.
_WEIGHTS = os.path.join(os.path.dirname(__file__), os.pardir, 'weights')

_OUTPUT_DIR = flags.DEFINE_string('output_dir', 'demo', 'folder to write to')
_MODEL = flags.DEFINE_string(
  'model',
  os.path.join(_WEIGHTS, 'try_on', 'try_on_int8.tflite'),
  '.tflite file of a try-on model',
)
_SAMPLES = flags.DEFINE_string(
  'samples',
  os.path.join(_WEIGHTS, 'samples'),
  'folder of garments, KIND_NUMBER.jpg and KIND_NUMBER_mask.png',
)
_VITON_HD = flags.DEFINE_string(
  'viton_hd', '', 'folder in the VITON-HD layout with photographs to dress'
)


def main(_: list[str]) -> None:
  start = time.monotonic()
  folder = _OUTPUT_DIR.value
  os.makedirs(folder, exist_ok=True)
  page = demo_page.shipped(
    folder, _MODEL.value, _SAMPLES.value, _VITON_HD.value
  )
  path = os.path.join(folder, 'index.html')
  files.write_text(path, page)
  assert 'tensorflow' not in sys.modules
  print(f'{path}, {time.monotonic() - start:.0f} seconds')


if __name__ == '__main__':
  program.run(main)
