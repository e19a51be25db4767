# SPDX-License-Identifier: Apache-2.0
r"""How far exported files are from the run that they were made of.

    python -m export.parity --run_dir=weights/try_on \
      --model=weights/try_on/try_on_int8.tflite --examples=100

Each held-out doll puts on another garment than it wears, by Keras and by each
file. The table says, as means over dolls, how many labels of the layout agree,
how far the flow differs on the garment (pixels), and PSNR and SSIM of the two
pictures. Then, against the truth of each doll, the flow's error on the visible
garment (pixels) and SSIM: of Keras first, then of each file.
"""

from typing import Any

from absl import flags
import numpy as np

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs
from clothflow_tf.inference import drawn
from clothflow_tf.inputs import raw
from export import runtime

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_MODEL = flags.DEFINE_multi_string('model', None, 'a .tflite file; repeat it')
_EXAMPLES = flags.DEFINE_integer('examples', 50, 'dolls', lower_bound=1)
_JSON = flags.DEFINE_string('json', None, 'file to write the numbers to')
flags.mark_flags_as_required(['run_dir', 'model'])

# Of two equal pictures it would be infinite.
_MOST_PSNR = 100.0


def compared(
  expected: raw.Arrays, result: raw.Arrays, label: int
) -> dict[str, float]:
  """Returns how far one result is from another.

  Args:
    expected: outputs of a model, without a batch dimension.
    result: likewise.
    label: of the garment.
  """
  import tensorflow as tf

  worn = expected['layout'] == label
  distance = np.linalg.norm(expected['flow'] - result['flow'], axis=-1)
  images = [tf.constant(x['image'][np.newaxis]) for x in (expected, result)]
  psnr = float(tf.image.psnr(*images, max_val=255)[0])
  return {
    'layout_agreement': float(np.mean(expected['layout'] == result['layout'])),
    'flow_difference': float(distance[worn].mean()) if worn.any() else 0.0,
    'psnr': min(psnr, _MOST_PSNR),
    'ssim': float(tf.image.ssim(*images, max_val=255)[0]),
  }


def judged(record: dict[str, Any], result: raw.Arrays) -> dict[str, float]:
  """Returns how far a result is from the truth of a doll.

  Args:
    record: the doll.
    result: outputs of a model, without a batch dimension.
  """
  import tensorflow as tf

  distance = np.linalg.norm(result['flow'] - record['flow'], axis=-1)
  visible = record['visible'].astype(bool)
  pictures = [result['image'], record['target_image']]
  images = [tf.constant(x[np.newaxis]) for x in pictures]
  return {
    'flow_error': float(distance[visible].mean()) if visible.any() else 0.0,
    'true_ssim': float(tf.image.ssim(*images, max_val=255)[0]),
  }


def measure(
  run_dir: str, paths: list[str], examples: int
) -> dict[str, dict[str, Any]]:
  """Returns the table's means by file, and those of Keras by `run_dir`."""
  import tensorflow as tf

  from clothflow_tf.models import try_on

  data = runs.load_config(run_dir).data
  network = try_on.load(run_dir)
  models = {path: runtime.Runtime(path) for path in paths}
  size = raw.Size(data.height, data.width)
  called = tf.function(network.call)
  rows: dict[str, list] = {path: [] for path in (run_dir, *paths)}
  for record in drawn.records(data.task, size, examples):
    inputs = raw.from_record(record, data.task)
    batch = {name: np.asarray(x)[np.newaxis] for name, x in inputs.items()}
    expected = {k: x.numpy()[0] for k, x in called(batch).items()}
    label = int(inputs.get('garment_label', 0))
    same = compared(expected, expected, label)
    rows[run_dir].append({**same, **judged(record, expected)})
    for path, model in models.items():
      result = model.outputs(inputs)
      row = {**compared(expected, result, label), **judged(record, result)}
      rows[path].append(row)
  return {
    path: {name: float(np.mean([x[name] for x in own])) for name in own[0]}
    for path, own in rows.items()
  }


def main(_: list[str]) -> None:
  table = measure(_RUN_DIR.value, _MODEL.value, _EXAMPLES.value)
  if _JSON.value:
    files.write_json(_JSON.value, table)
  for path, row in table.items():
    print(
      f'layout {row["layout_agreement"]:.4f}  flow '
      f'{row["flow_difference"]:.3f} px  {row["psnr"]:.1f} dB  '
      f'SSIM {row["ssim"]:.4f}  to the truth: flow '
      f'{row["flow_error"]:.3f} px  SSIM {row["true_ssim"]:.4f}  {path}'
    )


if __name__ == '__main__':
  program.run(main)
