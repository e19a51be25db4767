# SPDX-License-Identifier: Apache-2.0
r"""The whole way in minutes: dolls, training, report, export, pictures.

    python -m clothflow_tf.demo_training --output_dir=demo --viton_hd=FOLDER

Each step is one of the project's own programs, run as a user would run it;
stage 2 trains beside stages 1 and 3, one core each. The exported file then runs
here, in a process that never imports TensorFlow. With --viton_hd the persons of
that folder's test_pairs.txt are dressed in its garments, too. The result is
index.html in the folder. A second start repeats neither drawing nor training.
"""

import json
import os
import subprocess
import sys
import time

from absl import flags

from clothflow_tf import demo_page
from clothflow_tf import files
from clothflow_tf import program

_OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', 'demo/training', 'folder to write to'
)
# Beside this package, in the tree as where pip installs it.
_CONFIG = flags.DEFINE_string(
  'config',
  os.path.join(os.path.dirname(__file__), os.pardir, 'configs/demo.py'),
  'configuration',
)
_VITON_HD = flags.DEFINE_string(
  'viton_hd', '', 'folder in the VITON-HD layout with photographs to dress'
)
_DOLLS = flags.DEFINE_integer('dolls', 1400, 'training dolls to draw')
_TEST_DOLLS = flags.DEFINE_integer('test_dolls', 100, 'held-out dolls')


def _command(module: str, *arguments: str) -> list[str]:
  return [sys.executable, '-m', module, *arguments]


def _environment() -> dict[str, str]:
  return {**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3', 'PYTHONWARNINGS': 'ignore'}


def _start(command: list[str], log: str) -> subprocess.Popen:
  """Starts a program whose output goes to a log file."""
  with open(log, 'w', encoding='utf-8') as file:
    return subprocess.Popen(
      command, stdout=file, stderr=subprocess.STDOUT, env=_environment()
    )


def _finish(title: str, jobs: dict[str, subprocess.Popen]) -> None:
  """Waits for programs, keyed by log file, and shows how far they are."""
  start = time.monotonic()
  while any(job.poll() is None for job in jobs.values()):
    seconds = time.monotonic() - start
    state = '; '.join(filter(None, map(_last_line, jobs)))
    print(f'\r{title}: {seconds:4.0f} s  {state[:110]:110}', end='', flush=True)
    if any(job.poll() for job in jobs.values()):
      break
    time.sleep(1)
  print(f'\r{title}: {time.monotonic() - start:4.0f} s{"":120}')
  for log, job in jobs.items():
    if job.poll():
      for other in jobs.values():
        other.terminate()
      with open(log, encoding='utf-8') as file:
        sys.stderr.write(file.read()[-3000:])
      raise SystemExit(f'{title} failed; its whole output is in {log}')


def _last_line(log: str) -> str:
  with open(log, encoding='utf-8', errors='replace') as file:
    text = file.read().replace('\r', '\n').replace('\b', '')
  lines = [line.strip() for line in text.split('\n') if line.strip()]
  return lines[-1][:54] if lines else ''


def _run(title: str, folder: str, *command: str) -> None:
  log = os.path.join(folder, f'{title}.log'.replace(' ', '_'))
  _finish(title, {log: _start(_command(*command), log)})


def _train(folder: str) -> None:
  """Trains stage 2 on one core, stages 1 and 3 on the other."""
  common = [
    f'--config={_CONFIG.value}',
    f'--config.data.data_dir={folder}/data',
    f'--run_dir={folder}/run',
    '--threads=1',
  ]
  jobs = {}
  for stages in (['flow'], ['layout', 'render']):
    log = os.path.join(folder, f'train_{"_".join(stages)}.log')
    wanted = [f'--stage={stage}' for stage in stages]
    command = _command('clothflow_tf.train', *common, *wanted)
    jobs[log] = _start(command, log)
  _finish('train', jobs)


def _table(report: dict[str, float]) -> list[tuple[str, str, str]]:
  """Returns (measure, value, bar) rows; the demo sets itself these bars.

  Another garment is put on than the person wears, but for the row that says so.
  """
  # On true layouts, as the box fit gets them, too.
  error, identity = (
    report[f'flow_error_{name}'] for name in ('true_layout', 'identity')
  )
  box_fit, folded = report['flow_error_box_fit'], report['folded_true_layout']
  pasted = report['ssim_pasted_garment']
  changed = 100 * report['kept_changed']
  hem = [report.get(f'hem_follows_{x}', float('nan')) for x in ('old', 'new')]
  return [
    ('garment IoU', f'{report["garment_iou"]:.3f}', 'at least 0.78'),
    ('the own garment', f'{report["own/garment_iou"]:.3f}', ''),
    ('arms IoU', f'{report["arms_iou"]:.3f}', 'at least 0.80'),
    ('torso skin IoU', f'{report["torso_skin_iou"]:.3f}', ''),
    ('kept pixels changed', f'{changed:.2f} %', 'at most 1 %'),
    ('hem follows the old one', f'{hem[0]:.2f}', 'at most 0.3'),
    ('hem follows the new one', f'{hem[1]:.2f}', 'at least 0.5'),
    ('flow error / identity', f'{error / identity:.3f}', 'at most 0.35'),
    ('flow error / box fit', f'{error / box_fit:.3f}', 'at most 0.60'),
    ('folded pixels', f'{100 * folded:.2f} %', 'at most 1 %'),
    ('SSIM', f'{report["ssim"]:.3f}', f'above {pasted:.3f} (pasted garment)'),
    ('flow error, pixels', f'{error:.2f}', ''),
    ('on predicted layouts', f'{report["flow_error"]:.2f}', ''),
    ('identity, pixels', f'{identity:.2f}', ''),
    ('box fit, pixels', f'{box_fit:.2f}', ''),
  ]


def main(_: list[str]) -> None:
  start = time.monotonic()
  folder = _OUTPUT_DIR.value
  if _VITON_HD.value:  # Checked now, not after minutes of training.
    demo_page.pairs(_VITON_HD.value)
  os.makedirs(folder, exist_ok=True)
  _run(
    'draw dolls',
    folder,
    'clothflow_tf.prepare',
    f'--data_dir={folder}/data',
    f'--train_examples={_DOLLS.value}',
    '--validation_examples=0',
    f'--test_examples={_TEST_DOLLS.value}',
  )
  _train(folder)
  run, report_dir = f'{folder}/run', f'{folder}/report'
  _run(
    'evaluate',
    folder,
    'clothflow_tf.evaluate',
    f'--run_dir={run}',
    f'--report_dir={report_dir}',
  )
  model = f'{folder}/try_on.tflite'
  _run(
    'export', folder, 'export.tflite', f'--run_dir={run}', f'--output={model}'
  )
  with open(f'{report_dir}/report.json', encoding='utf-8') as file:
    table = _table(json.load(file))
  page = demo_page.trained(folder, table, _VITON_HD.value)
  files.write_text(os.path.join(folder, 'index.html'), page)
  assert 'tensorflow' not in sys.modules
  for name, value, bar in table:
    print(f'{name:28} {value:>10}  {bar}')
  print(f'{folder}/index.html, {time.monotonic() - start:.0f} seconds')


if __name__ == '__main__':
  program.run(main)
