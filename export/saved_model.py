# SPDX-License-Identifier: Apache-2.0
r"""Writes a trained run as a SavedModel for a server: pictures to pictures.

    python -m export.saved_model --run_dir=weights/try_on --output_dir=MODEL

writes MODEL/N, N the next whole number, or --version. Its signatures
are in `export.signature`, what lies beside them in `export.serving.assets`;
docs/serving.md tells how a server runs it. A model that cannot compose a photo
(pose transfer, or render.composition other than 'layers') has a
`serving_default` of raw inputs.

The folder is written under a temporary name and renamed when it is whole, so
that a server that watches MODEL never loads half of one.
"""

import os

from absl import app
from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, "the model's folder, which holds its versions"
)
_VERSION = flags.DEFINE_integer(
  'version', None, 'number of the version; the next one unless given', 0
)
_IMAGE_FORMAT = flags.DEFINE_enum(
  'image_format', 'png', ('png', 'jpeg'), 'of the results'
)
_PARTIAL = flags.DEFINE_bool(
  'partial',
  False,
  'an element that cannot be used gets a status and no picture, and the others '
  'of its batch their pictures; else the batch is refused',
)
flags.mark_flags_as_required(['run_dir', 'output_dir'])

_MODEL = 'saved_model.pb'


def _version(folder: str) -> str:
  """Returns the folder of the version to write.

  Raises:
    app.UsageError: it exists, or `folder` is itself one.
  """
  if os.path.exists(os.path.join(folder, _MODEL)):
    raise app.UsageError(
      f'--output_dir {folder} is a version; expected the folder of versions'
    )
  names = os.listdir(folder) if os.path.isdir(folder) else []
  numbers = [int(name) for name in names if name.isdecimal()]
  version = _VERSION.value
  if version is None:
    version = max(numbers, default=0) + 1
  elif version in numbers:
    raise app.UsageError(f'--version {version} exists already in {folder}')
  return os.path.join(folder, str(version))


def main(_: list[str]) -> None:
  data = runs.load_config(_RUN_DIR.value).data
  folder = _OUTPUT_DIR.value.rstrip('/')
  output = _version(folder)
  # Imported late: --help should not wait for TensorFlow.
  import tensorflow as tf

  from clothflow_tf.inputs import raw
  from clothflow_tf.models import try_on
  from export import signature
  from export.serving import assets
  from export.serving import warm_up
  from export.serving.graph import dressing

  model = try_on.load(_RUN_DIR.value)
  encoded = signature.composes(model)
  options = dressing.Options(_IMAGE_FORMAT.value, _PARTIAL.value)
  if not encoded:
    print('note: cannot compose photos; serving_default takes raw inputs')
    program.refuse([_IMAGE_FORMAT.name, _PARTIAL.name], 'such a model')
    options = None
  os.makedirs(folder, exist_ok=True)
  with files.replacing(output) as partial:
    try:
      signatures = signature.save_served(model, partial, options)
    except tf.errors.OpError as error:  # A full disk, no right to write.
      raise OSError(error.message) from error
    assets.write(partial, _RUN_DIR.value, data, signatures, options)
    size = raw.Size(data.height, data.width)
    batches = warm_up.requests(data.task, size, encoded)
    warm_up.write(partial, os.path.basename(folder), batches)
  print(output)


if __name__ == '__main__':
  program.run(main)
