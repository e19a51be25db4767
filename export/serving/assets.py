# SPDX-License-Identifier: Apache-2.0
"""What lies beside a served model: its contract, its labels and its card.

MODEL/N/assets/contract.json   signatures, sizes, kinds of garments, limits
MODEL/N/assets/labels.txt      the 20 labels, a line each, from 0
MODEL/N/assets/model_card.md   if there is one beside the run
MODEL/N/assets/report.json     if the run was measured
"""

import os
import shutil
from typing import Any

import tensorflow as tf

from clothflow_tf import config as config_lib
from clothflow_tf import files
from clothflow_tf.inputs import keypoints
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import raw
from export.serving.graph import dressing
from export.serving.graph import headers

_CARD = '## Model card'

Signatures = dict[str, tf.types.experimental.ConcreteFunction]


def write(
  folder: str,
  run_dir: str,
  data: config_lib.DataConfig,
  signatures: Signatures,
  options: dressing.Options | None,
) -> None:
  """Writes them into a SavedModel's folder.

  Args:
    folder: of one version.
    run_dir: the run it was made of.
    data: its configuration.
    signatures: as they were saved.
    options: of pictures in and out; None where there are raw signatures only.
  """
  folder = os.path.join(folder, 'assets')
  contract = {
    'task': data.task,
    'model_size': {'height': data.height, 'width': data.width},
    'signatures': {name: _signature(x) for name, x in signatures.items()},
    'garment_labels': {name: int(x) for name, x in raw.GARMENTS.items()},
    'keypoints': [*keypoints.NAMES],
    'labels': [*labels.NAMES],
  }
  if options is not None:
    contract['image_bytes'] = f'image/{options.kind}'
    contract['partial'] = options.partial
    contract['most_pixels'] = headers.MOST_PIXELS
  files.write_json(os.path.join(folder, 'contract.json'), contract)
  names = ''.join(f'{name}\n' for name in labels.NAMES)
  files.write_text(os.path.join(folder, 'labels.txt'), names)
  card = os.path.join(run_dir, os.pardir, 'README.md')
  if os.path.isfile(card):
    with open(card, encoding='utf-8') as file:
      if _CARD in file.read():
        shutil.copy(card, os.path.join(folder, 'model_card.md'))
  for report in ('report.json', 'report/report.json'):
    path = os.path.join(run_dir, report)
    if os.path.isfile(path):
      shutil.copy(path, os.path.join(folder, 'report.json'))


def _signature(function: tf.types.experimental.ConcreteFunction) -> Any:
  (inputs,), _ = function.structured_input_signature
  parts = {'inputs': inputs, 'outputs': function.structured_outputs}
  return {
    part: {
      name: {'dtype': spec.dtype.name, 'shape': spec.shape.as_list()}
      for name, spec in specs.items()
    }
    for part, specs in parts.items()
  }
