# SPDX-License-Identifier: Apache-2.0
r"""Measures a trained run, or several, and draws what it does.

    python -m clothflow_tf.evaluate --run_dir=runs/demo --report_dir=report \
      --compare=runs/other --photographs=FOLDER

writes report.json (numbers with 95 % intervals), report.html with strips, which
opens from disk, and panel.png, and prints the numbers. What they say:
docs/evaluation.md.
"""

from collections.abc import Callable
import os
import re
from typing import TYPE_CHECKING

from absl import flags

from clothflow_tf import files
from clothflow_tf import program
from clothflow_tf import runs

if TYPE_CHECKING:
  from clothflow_tf import config as config_lib
  from clothflow_tf.evaluation import gathering
  from clothflow_tf.evaluation import report as report_lib
  from clothflow_tf.evaluation.text import legibility
  from clothflow_tf.models import try_on

_RUN_DIR = flags.DEFINE_string('run_dir', None, 'folder of the trained run')
_REPORT_DIR = flags.DEFINE_string('report_dir', None, 'folder to write to')
_COMPARE = flags.DEFINE_multi_string(
  'compare', [], 'folder of another run, for columns beside; may be repeated'
)
_DATA_DIR = flags.DEFINE_string(
  'data_dir', None, 'where the data set lies, if not where it was in training'
)
_SPLIT = flags.DEFINE_enum(
  'split', 'test', ['train', 'validation', 'test'], 'which examples'
)
_LIMIT = flags.DEFINE_integer(
  'limit', -1, 'at most so many examples; -1 is all'
)
_SEPARATE = flags.DEFINE_bool(
  'separate',
  False,
  'judge the stages as trained by themselves, also if fine-tuned jointly',
)
_ROWS = flags.DEFINE_integer('rows', 8, 'rows of the panel', lower_bound=1)
_PHOTOGRAPHS = flags.DEFINE_string(
  'photographs',
  None,
  'folder in the VITON-HD layout, whose test_pairs.txt is shown without truth',
)
_LPIPS = flags.DEFINE_string(
  'lpips', None, 'arrays of LPIPS with AlexNet, an .npz file'
)
_FEATURES = flags.DEFINE_string(
  'features',
  None,
  'network of FID, KID and inception score: the .h5 file of Keras InceptionV3 '
  'with its top, or the folder of a SavedModel',
)
flags.mark_flags_as_required(['run_dir', 'report_dir'])


def main(_: list[str]) -> None:
  configs = {path: runs.load_config(path) for path in _run_dirs()}
  if _PHOTOGRAPHS.value and not os.path.isdir(_PHOTOGRAPHS.value):
    raise files.InputError(_PHOTOGRAPHS.value, 'no such folder', 'missing')
  # Imported late: --help should not wait for TensorFlow.
  from clothflow_tf.evaluation import page
  from clothflow_tf.evaluation import pictures
  from clothflow_tf.models import try_on

  data = configs[_RUN_DIR.value].data
  if _DATA_DIR.value:
    data.data_dir = _DATA_DIR.value
  judges = _judges(data)
  evaluations, models = {}, {}
  for path in configs:
    models[path] = try_on.load(path, separate=_SEPARATE.value)
    evaluations[path] = _evaluate(models[path], data, judges)
  first = evaluations[_RUN_DIR.value]
  folder = _REPORT_DIR.value
  os.makedirs(folder, exist_ok=True)
  written = first.as_json()
  if len(evaluations) > 1:
    others = list(evaluations.items())[1:]
    written['compare'] = {path: x.as_json() for path, x in others}
  files.write_json(os.path.join(folder, 'report.json'), written)
  panel = os.path.join(folder, 'panel.png')
  files.write_image(panel, pictures.panel(first.rows))
  photographs = _photographs(models[_RUN_DIR.value], folder)
  text = page.write(folder, evaluations, photographs)
  files.write_text(os.path.join(folder, 'report.html'), text)
  for name, value in first.report.items():
    print(f'{name:40} {value:.4f}')


def _run_dirs() -> list[str]:
  """Returns the runs, each once, the judged one first."""
  return list(dict.fromkeys([_RUN_DIR.value, *_COMPARE.value]))


def _judges(data: 'config_lib.DataConfig') -> 'gathering.Judges':
  from clothflow_tf.evaluation import distributions
  from clothflow_tf.evaluation import gathering
  from clothflow_tf.evaluation import lpips

  return gathering.Judges(
    lpips=lpips.Lpips(_LPIPS.value) if _LPIPS.value else None,
    features=distributions.FeatureNetwork(_FEATURES.value)
    if _FEATURES.value
    else None,
    writing=_writing(data),
  )


def _writing(data: 'config_lib.DataConfig') -> 'legibility.Writing | None':
  """Returns what knows the words on products: dolls can be drawn again."""
  if (data.dataset, data.task) != ('paper_doll', 'try_on'):
    return None
  from clothflow_tf.data import pipeline
  from clothflow_tf.data.dolls import builder
  from clothflow_tf.evaluation.text import legibility

  size = (data.height, data.width)
  spec = builder.spec_of(pipeline.folder(data), _SPLIT.value, size)
  return legibility.OfDolls(spec)


def _evaluate(
  model: 'try_on.ClothFlow',
  data: 'config_lib.DataConfig',
  judges: 'gathering.Judges',
) -> 'report_lib.Evaluation':
  """Measures a run on the first run's examples."""
  import tqdm

  from clothflow_tf.data import pipeline
  from clothflow_tf.data import shards
  from clothflow_tf.evaluation import report as report_lib

  own = model.config.data
  for name in ('task', 'height', 'width'):
    if getattr(own, name) != getattr(data, name):
      raise ValueError(
        f'--compare: data.{name} is {getattr(own, name)}, expected '
        f'{getattr(data, name)} as in {_RUN_DIR.value}'
      )
  dataset = pipeline.evaluation(data, _SPLIT.value, 4, _LIMIT.value)
  with shards.naming_damaged_file(pipeline.folder(data)):
    batches = tqdm.tqdm(dataset, unit='batch')
    return report_lib.evaluate(model, batches, _ROWS.value, judges, True)


def _photographs(model: 'try_on.ClothFlow', folder: str) -> list[str]:
  """Writes strips of the folder's pairs; returns their files."""
  if not _PHOTOGRAPHS.value:
    return []
  from clothflow_tf.inference import strips
  from clothflow_tf.inputs import raw

  data, paths = model.config.data, []
  size = raw.Size(data.height, data.width)
  os.makedirs(os.path.join(folder, 'photographs'), exist_ok=True)
  for strip in strips.draw(_PHOTOGRAPHS.value, size, _outputs(model)):
    name = re.sub(r'[^\w.-]+', '_', strip.name)
    paths.append(f'photographs/{name}.jpg')
    files.write_image(os.path.join(folder, paths[-1]), strip.picture)
  return paths


def _outputs(model: 'try_on.ClothFlow') -> Callable[[dict], dict]:
  """Returns the model as a function of raw inputs without a batch."""
  import numpy as np
  import tensorflow as tf

  called = tf.function(model.call)

  def outputs(inputs: dict) -> dict:
    batch = {name: np.asarray(x)[np.newaxis] for name, x in inputs.items()}
    return {name: x.numpy()[0] for name, x in called(batch).items()}

  return outputs


if __name__ == '__main__':
  program.run(main)
