# SPDX-License-Identifier: Apache-2.0
"""Claims about tables, and about the document that they are written into."""

import json
import os
import pathlib

import numpy as np
from PIL import Image
import pytest

from clothflow_tf.evaluation import pictures
from clothflow_tf.results import plan as plan_lib
from clothflow_tf.results import rows as rows_lib
from clothflow_tf.results import tables
from clothflow_tf.results import writing
from tests.house import source_tree

ERROR = tables.Column('error', 'flow_error')
SIZE = (64, 48)


def _report(error, low, high, **other):
  intervals = {'flow_error': [low, high]}
  report = {'examples': 3, 'flow_error': error, 'intervals': intervals}
  return {**report, 'flow_error_true_layout': error / 2, **other}


def test_a_cell_is_a_mean_over_seeds_within_the_outermost_bounds():
  assert tables.cell(ERROR, [_report(2.0, 1.0, 3.0)]) == '2.00 (1.00–3.00)'
  two = [_report(2.0, 1.0, 3.0), _report(4.0, 3.5, 5.0)]
  assert tables.cell(ERROR, two) == '3.00 (1.00–5.00)'


def test_a_measure_that_a_row_lacks_is_not_made_up():
  assert tables.cell(tables.Column('', 'lpips'), [_report(2, 1, 3)]) == '-'
  scaled = tables.Column('', 'flow_error', 100, 1, False)
  assert tables.cell(scaled, [_report(0.123, 0, 1)]) == '12.3'


def test_the_cascades_share_is_its_error_over_the_others():
  reports = {
    'cascade': [_report(8.0, 7.0, 9.0)],
    'tps': [_report(10.0, 9.0, 11.0)],
  }
  lines = tables.ratios(reports)
  assert lines == [
    '- cascade / tps on predicted layouts: 0.80 (goal: at most 0.80)',
    '- cascade / tps on true layouts: 0.80 (goal: at most 0.80)',
  ]
  assert not tables.ratios({'tps': reports['tps']})


def test_own_stands_beside_other_once_both_are_trained():
  triplets = [_report(8.0, 7.0, 9.0, **{'own/flow_error': 6.0})]
  pairs = [_report(12.0, 11.0, 13.0, **{'own/flow_error': 4.0})]
  assert not tables.other_and_own({'cascade': triplets})
  lines = tables.other_and_own({'cascade': triplets, 'pairs': pairs})
  row = next(x for x in lines if 'flow error' in x)
  assert row == (
    '| flow error, px | 8.00 (7.00–9.00) | 6.00 | 12.00 (11.00–13.00) | 4.00 |'
  )


@pytest.fixture
def plan(tmp_path):
  """Two rows that are measured: results of grey 50 and 100."""
  counts = dict.fromkeys(plan_lib.TASKS, 5)
  size = [f'data.{x}={y}' for x, y in zip(('height', 'width'), SIZE)]
  budget = plan_lib.Budget(counts, counts, 8, 8, -1, tuple(size))
  plan = plan_lib.Plan(str(tmp_path / 'out'), budget, rows_lib.Features())
  for name, grey in (('tps', 50), ('cascade', 100)):
    folder = pathlib.Path(plan.run_dir('try_on', 0, name), 'report')
    folder.mkdir(parents=True)
    report = _report(float(grey), grey - 1, grey + 1)
    for oracle in ('identity', 'box_fit', 'oracle_affine', 'oracle_tps'):
      report[f'flow_error_{oracle}'] = 1.0
    text = json.dumps(report)
    (folder / 'report.json').write_text(text, encoding='utf-8')
    (folder / 'report.html').write_text('', encoding='utf-8')
    columns = {x: 200 for x in pictures.COLUMNS} | {'result': grey}
    tile = [np.full((*SIZE, 3), x, np.uint8) for x in columns.values()]
    panel = pictures.panel([np.hstack(tile)] * 2)
    Image.fromarray(panel).save(folder / 'panel.png')
  return plan


def test_tables_replace_what_is_between_the_marks_and_nothing_else(
  plan, tmp_path
):
  path = tmp_path / 'results.md'
  path.write_text(f'before\n{writing.BEGIN}\nold\n{writing.END}\nafter\n')
  for _ in range(2):
    writing.write(plan, 1, str(path), str(tmp_path / 'figures'))
  text = path.read_text(encoding='utf-8')
  assert text.startswith('before\n') and text.endswith('\nafter\n')
  assert 'old' not in text and text.count(writing.BEGIN) == 1
  assert '3 held-out people' in text
  assert '| TPS 5x5, estimated | 50.00 (49.00–51.00) |' in text
  assert text.index('TPS 5x5') < text.index('**cascade**')
  assert 'Pose transfer' not in text  # Nothing of it is finished.
  assert str(tmp_path) not in text


def test_a_document_without_marks_is_refused(tmp_path):
  path = tmp_path / 'results.md'
  path.write_text(writing.BEGIN, encoding='utf-8')
  with pytest.raises(ValueError, match='end -->'):
    writing.check(str(path))


def test_numbers_and_pictures_are_of_the_rows(plan, tmp_path):
  figures = tmp_path / 'figures'
  writing.write(plan, 1, '', str(figures))
  written = sorted(x.name for x in (figures / 'try_on').iterdir())
  assert written == ['cascade.json', 'tps.json']
  text = (figures / 'try_on' / 'tps.json').read_text(encoding='utf-8')
  assert json.loads(text)['reports'][0]['flow_error'] == [50.0, 49, 51]
  sheet = np.asarray(Image.open(figures / 'try_on.jpg'))
  columns = np.split(sheet[-20:], 5, axis=1)
  means = [round(float(x.mean())) for x in columns]
  # Garment and person, both rows, the truth.
  np.testing.assert_allclose(means, [200, 200, 50, 100, 200], atol=2)


def test_the_document_that_make_results_writes_to_has_its_marks():
  writing.check(os.path.join(source_tree.ROOT, 'docs', 'results.md'))
