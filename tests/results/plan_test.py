# SPDX-License-Identifier: Apache-2.0
"""Claims about what is run, in which order, and what is not run again."""

import json
import pathlib
import time

import pytest

from clothflow_tf import runs
from clothflow_tf.results import jobs
from clothflow_tf.results import plan as plan_lib
from clothflow_tf.results import rows as rows_lib


def _plan(folder, limit=-1):
  counts = dict.fromkeys(plan_lib.TASKS, 5)
  budget = plan_lib.Budget(counts, counts, 8, 8, limit, ('data.height=64',))
  return plan_lib.Plan(str(folder), budget, rows_lib.Features(), 'lpips.npz')


@pytest.fixture
def started(monkeypatch):
  """What was started, (program, flags); each leaves what it would leave."""
  commands = []

  def run(module, arguments, log, threads):
    commands.append((module.rpartition('.')[2], arguments))
    flags = dict(x[2:].split('=', 1) for x in arguments)
    for stage in (x[8:] for x in arguments if x.startswith('--stage=')):
      path = pathlib.Path(
        runs.stage_path(flags['run_dir'], stage, 'weights.h5')
      )
      path.parent.mkdir(parents=True)
      path.write_text(f'{stage} of {flags["run_dir"]}', encoding='utf-8')
    if 'report_dir' in flags:
      folder = pathlib.Path(flags['report_dir'])
      folder.mkdir(exist_ok=True)
      text = json.dumps({'examples': int(flags['limit'])})
      (folder / 'report.json').write_text(text, encoding='utf-8')
      (folder / 'report.html').write_text('', encoding='utf-8')

  monkeypatch.setattr(jobs, 'run', run)
  return commands


def _row(name):
  rows = rows_lib.of('try_on', 8, rows_lib.Features())
  return {row.name: row for row in rows}[name]


def test_a_row_trains_its_stage_and_shares_the_others(tmp_path, started):
  plan = _plan(tmp_path)
  plan.share('try_on', 0)
  plan.make('try_on', 0, _row('tps'))
  assert [name for name, _ in started] == ['train', 'train', 'evaluate']
  assert '--stage=flow' in started[1][1]
  assert '--stage=layout' not in started[1][1]
  assert '--config.flow.motion=tps' in started[1][1]
  assert '--config.data.height=64' in started[1][1]
  assert '--lpips=lpips.npz' in started[2][1]
  for stage, of in (
    ('layout', 'shared'),
    ('render', 'shared'),
    ('flow', 'tps'),
  ):
    run_dir = plan.run_dir('try_on', 0, 'tps')
    text = pathlib.Path(run_dir, stage, 'weights.h5').read_text('utf-8')
    assert text == f'{stage} of {plan.run_dir("try_on", 0, of)}'


def test_a_row_on_other_data_trains_all_its_stages(tmp_path, started):
  plan = _plan(tmp_path)
  plan.make('try_on', 0, _row('pairs'))
  stages = [x for x in started[0][1] if x.startswith('--stage=')]
  assert stages == ['--stage=layout', '--stage=flow', '--stage=render']


def test_what_is_whole_is_not_made_again(tmp_path, started):
  plan = _plan(tmp_path)
  for _ in range(2):
    plan.share('try_on', 0)
    plan.make('try_on', 0, _row('tps'))
  assert len(started) == 3
  # A report without its page was cut off.
  page = pathlib.Path(plan.run_dir('try_on', 0, 'tps'), 'report', 'report.html')
  page.unlink()
  assert plan.report('try_on', 0, 'tps') is None
  page.write_text('', encoding='utf-8')
  assert plan.report('try_on', 0, 'tps') == {'examples': 5}


def test_a_first_look_gives_way_to_all_examples(tmp_path, started):
  few, plan = _plan(tmp_path, 2), _plan(tmp_path)
  few.share('try_on', 0)
  for each in (few, few, plan, plan, few):
    each.make('try_on', 0, _row('none'))
  limits = [x[-2] for name, x in started if name == 'evaluate']
  assert limits == ['--limit=2', '--limit=5']
  assert [name for name, _ in started].count('train') == 2


def test_seeds_have_folders_and_weights_of_their_own(tmp_path, started):
  plan = _plan(tmp_path)
  for seed in (0, 1):
    plan.share('try_on', seed)
  flags = [dict(x[2:].split('=', 1) for x in y) for _, y in started]
  assert [x['config.seed'] for x in flags] == ['0', '1']
  assert flags[0]['run_dir'] != flags[1]['run_dir']


def test_the_last_speed_of_stage_2_is_read_from_its_log(tmp_path):
  plan = _plan(tmp_path)
  assert plan.seconds_a_step('try_on', 0, 'tps') is None
  log = pathlib.Path(plan.log('try_on', 0, 'tps'))
  log.parent.mkdir(parents=True)
  log.write_text(
    'flow: 0.5 seconds a step, 16 examples a second\n'
    'render: 9.0 seconds a step\nflow: 0.25 seconds a step, 32 examples\n',
    encoding='utf-8',
  )
  assert plan.seconds_a_step('try_on', 0, 'tps') == 0.25


def test_a_failure_names_its_program_and_log_which_holds_the_command(tmp_path):
  log = tmp_path / 'logs' / 'x.log'
  with pytest.raises(jobs.JobError, match='no_such_program failed'):
    jobs.run('no_such_program', ['--a=b c'], str(log), 1)
  first = log.read_text(encoding='utf-8').splitlines()[0]
  assert first == "$ python -m no_such_program '--a=b c'"


def test_jobs_run_side_by_side_and_each_is_told_of(capsys):
  order = []

  def job(name, wait):
    time.sleep(wait)
    order.append(name)

  jobs.in_parallel(
    {'slow': lambda: job('slow', 0.2), 'fast': lambda: job('fast', 0.0)},
    2,
    lambda: order.append('told'),
  )
  assert order[0] == 'fast' and sorted(order) == ['fast', 'slow', *['told'] * 2]
  assert 'slow done, 0 jobs left' in capsys.readouterr().out


def test_after_a_failure_nothing_new_begins():
  begun = []

  def failing():
    raise jobs.JobError('it failed')

  with pytest.raises(jobs.JobError, match='it failed'):
    jobs.in_parallel(
      {
        'a': failing,
        **{x: lambda: begun.append(time.sleep(0.1)) for x in 'bcd'},
      },
      1,
      lambda: None,
    )
  assert len(begun) < 3


def test_a_report_is_what_evaluate_wrote(tmp_path):
  plan = _plan(tmp_path)
  folder = pathlib.Path(plan.run_dir('try_on', 0, 'tps'), 'report')
  folder.mkdir(parents=True)
  for name, text in (
    ('report.json', json.dumps({'a': 2})),
    ('report.html', ''),
  ):
    (folder / name).write_text(text, encoding='utf-8')
  assert plan.report('try_on', 0, 'tps') == {'a': 2}
