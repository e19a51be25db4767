# SPDX-License-Identifier: Apache-2.0
"""Claims about a report's page: its numbers, strips, curves and columns."""

import html.parser
import re

import numpy as np
import pytest

from clothflow_tf.evaluation import charts
from clothflow_tf.evaluation import flow_metrics
from clothflow_tf.evaluation import gathering
from clothflow_tf.evaluation import numbers
from clothflow_tf.evaluation import page
from clothflow_tf.evaluation import report
from clothflow_tf.evaluation import strips
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

EXAMPLES = 6


def _evaluation(own=True):
  iou = np.array([0.5, 0.9, 0.7, 0.6, 0.8, 0.1])
  ones = np.ones(EXAMPLES)
  values = {
    f'layout_iou/{name}': np.stack([iou, ones]) for name in labels.NAMES
  }
  values['garment_iou'] = np.stack([iou, [1, 1, 1, 1, 1, 0]])
  values['flow_outliers'] = np.stack([iou, ones])
  counts = np.zeros((EXAMPLES, flow_metrics.BINS), np.float32)
  counts[:, 8] = 10.0
  tags = np.zeros((EXAMPLES, len(record_lib.TAGS)), np.uint8)
  tags[:2, record_lib.TAGS.index('v')] = 1
  tags[2, record_lib.TAGS.index('skirt')] = 1
  pictures = [b'strip %d' % index for index in range(EXAMPLES)]
  gathered = gathering.Gathered(
    values, {'flow_error': counts}, None, tags, {}, pictures
  )
  made = numbers.of(gathered)
  numbers_own = {f'own/{k}': v for k, v in made.report.items()} if own else {}
  return report.Evaluation(
    {'examples': EXAMPLES, **made.report, **numbers_own},
    [],
    made.intervals,
    gathered,
  )


class _Text(html.parser.HTMLParser):
  """Collects text, and the sources of pictures."""

  def __init__(self, text):
    super().__init__()
    self.text, self.sources = '', []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    if tag == 'img':
      self.sources.append(dict(attrs)['src'])

  def handle_data(self, data):
    self.text += data + '\n'


def test_numbers_stand_with_their_intervals_and_units(tmp_path):
  evaluation = _evaluation()
  text = _Text(page.write(str(tmp_path), {'run': evaluation})).text
  assert '0.700' in text  # The mean of those that have a weight.
  low, high = evaluation.intervals['garment_iou']
  assert f'{low:.3f} to {high:.3f}' in text
  assert '60.0 %' in text  # A share in percent.
  assert 'other' in text and 'own' in text
  assert '2 examples' in text


def test_strips_are_the_best_the_median_and_the_worst(tmp_path):
  text = page.write(str(tmp_path), {'run': _evaluation()})
  # Example 5 is worst, but has no weight.
  for kind, index in (('best', 1), ('median', 2), ('worst', 0)):
    written = (tmp_path / f'strips/shape_{kind}.jpg').read_bytes()
    assert written == b'strip %d' % index
  for source in _Text(text).sources:
    assert (tmp_path / source).is_file()


def test_a_page_needs_no_network(tmp_path):
  text = page.write(
    str(tmp_path), {'run': _evaluation()}, ['photographs/a.jpg']
  )
  assert not re.search(r'https?:|src="/|<script|@import|url\(', text)
  assert 'photographs/a.jpg' in _Text(text).sources


def test_one_example_has_no_interval(tmp_path):
  text = page.write(str(tmp_path), {'run': _evaluation()})
  row = re.search(r'<tr><td>skirt<small>1 example</small>.*?</tr>', text)[0]
  assert '0.700' in row and ' to ' not in row


def test_a_strip_of_three_fits_a_phone_and_others_scroll(tmp_path):
  text = page.write(
    str(tmp_path), {'run': _evaluation()}, ['photographs/a.jpg']
  )
  short = re.search(r'<figure class="strip short">.*?</figure>', text)[0]
  assert 'photographs/a.jpg' in short
  assert '.strip.short img { min-width: 0 }' in text


def test_runs_stand_beside_each_other(tmp_path):
  runs = {'one': _evaluation(), 'two': _evaluation(own=False)}
  text = _Text(page.write(str(tmp_path), runs)).text
  assert 'one' in text and 'two' in text
  assert 'two, predicted layouts' in text


@pytest.mark.parametrize(('higher', 'best'), [(True, 1), (False, 0)])
def test_more_is_better_or_worse(higher, best):
  values = np.array([0.1, 0.9, 0.5])
  chosen = strips.chosen(values, np.ones(3), higher)
  assert chosen == {'best': best, 'median': 2, 'worst': 1 - best}
  assert strips.chosen(values, np.zeros(3), higher) == {}


def test_an_error_map_is_white_then_red_then_black():
  colors = strips.error_colors(np.array([[0.0, 64.0, 128.0, 255.0]]))
  np.testing.assert_array_equal(
    colors[0], [[255] * 3, [255, 0, 0], [0] * 3, [0] * 3]
  )


def test_a_curve_ends_where_the_chart_does():
  x = np.arange(0.0, 20.0)
  text = charts.shares([charts.Line('<a>', x, x / 19)], 'pixels', 10.0)
  points = re.search(r'points="([^"]+)"', text)[1].split()
  assert len(points) == 11
  xs, ys = zip(*(map(float, point.split(',')) for point in points))
  assert list(xs) == sorted(xs)
  assert list(ys) == sorted(ys, reverse=True)  # Up is less in SVG.
  assert '&lt;a&gt;' in text and '<a>' not in text
