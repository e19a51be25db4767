# SPDX-License-Identifier: Apache-2.0
r"""Writes a trained run as one .tflite file for a device without TensorFlow.

    python -m export.tflite --run_dir=runs/demo --mode=float32 \
      --output=try_on.tflite

The file holds the whole of try-on, from uint8 images and keypoints to a uint8
image, batch 1, with the warp in the form that mobile runtimes have kernels for.

Modes: float32; float16 weights; dynamic (the networks' weights int8, their
activations in ranges of the moment); int8 (most activations in ranges that are
measured on examples of the run's data set, or on paper dolls that are drawn for
it). The last two are `export.quantization`'s.
"""

from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

_MODES = ('float32', 'float16', 'dynamic', 'int8')
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_MODE = flags.DEFINE_enum('mode', 'float32', _MODES, 'how numbers are stored')
_OUTPUT = flags.DEFINE_string('output', None, '.tflite file to write')
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'for int8: the photographs, if not where they were'
)
_EXAMPLES = flags.DEFINE_integer('examples', 32, 'for int8: how many examples')
_LICENCE = flags.DEFINE_string(
  'licence', '', "of the weights, as an SPDX identifier; the file's to tell"
)
flags.mark_flags_as_required(['run_dir', 'output'])


def main(_: list[str]) -> None:
  config = runs.load_config(_RUN_DIR.value)
  examples = []
  if _MODE.value == 'int8':
    from clothflow_tf.inference import calibration

    if _DATA_DIR.value:
      config.data.data_dir = _DATA_DIR.value
    examples = calibration.raw_inputs(config.data, _EXAMPLES.value)
  # Imported late: --help should not wait for TensorFlow.
  from export import conversion

  content = conversion.convert(
    _RUN_DIR.value, _MODE.value, examples, _LICENCE.value
  )
  with files.replacing(_OUTPUT.value) as partial, open(partial, 'wb') as file:
    file.write(content)
  print(f'{_OUTPUT.value}: {len(content):,} bytes, {_MODE.value}')


if __name__ == '__main__':
  program.run(main)
