# SPDX-License-Identifier: Apache-2.0
r"""Writes a trained run as a SavedModel: raw inputs to image, any batch size.

    python -m export.saved_model --run_dir=runs/demo --output_dir=served/demo/1

The signature `serving_default` takes the raw inputs of
`clothflow_tf.models.try_on` and returns image, layout, warped_garment and flow.
The folder is written under a temporary name and renamed when it is whole.
"""

import os

from absl import app
from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, 'folder to write; it must not exist yet'
)
flags.mark_flags_as_required(['run_dir', 'output_dir'])


def main(_: list[str]) -> None:
  runs.load_config(_RUN_DIR.value)
  output = _OUTPUT_DIR.value.rstrip('/')
  if os.path.exists(output):
    raise app.UsageError(f'--output_dir {output} exists already')
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.models import try_on
  from export import signature

  model = try_on.load(_RUN_DIR.value)
  with files.replacing(output) as partial:
    signature.save(model, partial, batch=None)
  print(output)


if __name__ == '__main__':
  program.run(main)
