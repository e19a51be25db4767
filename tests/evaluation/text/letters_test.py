# SPDX-License-Identifier: Apache-2.0
"""Claims about letters: who shows them, and which can be read.

Pictures are warped from a product that OpenCV wrote a word on, so that the true
flow is known; only the last tests draw dolls.
"""

import cv2
import numpy as np
import pytest

from clothflow_tf.data.dolls import generate
from clothflow_tf.data.dolls import painting
from clothflow_tf.evaluation import gathering
from clothflow_tf.evaluation.text import legibility
from clothflow_tf.evaluation.text import letters as letters_lib
from clothflow_tf.evaluation.text import reading
from clothflow_tf.models import try_on
from tests import samples

H, W = 96, 160
SPEC = generate.DollSpec(split='test')
WORD = painting.Word('CLOTHS', (80, 100), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
CLOTH, INK = np.array([0.6, 0.5, 0.2]), np.array([-0.5, -0.6, 0.1])


def _product(word=WORD):
  sheet = np.zeros((2 * H, 2 * W), np.float32)
  cv2.putText(
    sheet,
    word.text,
    word.corner,
    word.font,
    word.scale,
    1.0,
    word.thickness,
    cv2.LINE_AA,
  )
  cover = cv2.resize(sheet, (W, H), interpolation=cv2.INTER_AREA)[..., None]
  return (CLOTH + cover * (INK - CLOTH)).astype(np.float32)


def _flow(angle=0.0, scale=1.0):
  """Returns the flow of a product that is turned and shrunk."""
  turned = cv2.getRotationMatrix2D((W / 2, H / 2), angle, scale)
  rows, columns = np.indices((H, W), np.float32)
  at = np.stack([columns, rows, np.ones_like(rows)], -1)
  vectors = at @ turned.T.astype(np.float32) - at[..., :2]
  return letters_lib.Flow(vectors, np.ones((H, W), bool))


def _worn(flow, product=None):
  rows, columns = np.indices((H, W), np.float32)
  places = np.stack([columns, rows], -1) + flow.vectors
  product = _product() if product is None else product
  return cv2.remap(
    product, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
  )


def _count(picture, flow=None):
  flow = flow or _flow()
  return sum(reading.read(letters_lib.seen(WORD, flow), picture, _worn(flow)))


@pytest.mark.parametrize(
  ('angle', 'scale'), [(0.0, 1.0), (12.0, 1.0), (-8.0, 1.3), (5.0, 0.8)]
)
def test_the_truth_shows_all_letters(angle, scale):
  flow = _flow(angle, scale)
  letters = letters_lib.seen(WORD, flow)
  assert len(letters) == len(WORD.text)
  assert _count(_worn(flow), flow) == len(WORD.text)


def test_letters_are_bent_as_the_cloth_is():
  flow = _flow(15.0, 1.2)
  cover = (_worn(flow) - CLOTH) @ (INK - CLOTH) / np.sum((INK - CLOTH) ** 2)
  drawn = np.zeros((H, W))
  for letter in letters_lib.seen(WORD, flow):
    shape = letter.shapes[letter.place]
    rows, columns = shape.shape
    part = drawn[letter.top :, letter.left :][:rows, :columns]
    np.maximum(part, shape, out=part)
  # Each is drawn from a whole pixel of the painting on, half one of these.
  assert np.corrcoef(drawn.ravel(), cover.ravel())[0, 1] > 0.95


def test_more_blur_leaves_fewer_letters():
  counts = [
    _count(cv2.GaussianBlur(_worn(_flow()), (0, 0), sigma))
    for sigma in (0.5, 1.0, 1.5, 3.0)
  ]
  assert counts == sorted(counts, reverse=True)
  assert counts[0] == len(WORD.text) and counts[-1] == 0


def test_a_word_may_be_a_little_off_and_not_more():
  truth = _worn(_flow())
  assert _count(np.roll(truth, reading.REACH - 2, 0)) == len(WORD.text)
  assert _count(np.roll(truth, 3 * reading.REACH, 0)) == 0


def test_letters_out_of_line_are_not_read():
  truth, jumbled = _worn(_flow()), _worn(_flow())
  letters = letters_lib.seen(WORD, _flow())
  for number, letter in enumerate(letters):
    columns = slice(letter.left, letter.left + letter.shapes.shape[2])
    jumbled[:, columns] = np.roll(truth[:, columns], (-1) ** number * 8, 0)
  assert _count(jumbled) < len(WORD.text)


def test_another_word_is_not_read():
  other = WORD._replace(text='BEMPKN')
  assert _count(_worn(_flow(), _product(other))) == 0


def test_faint_letters_are_not_read_and_weaker_ones_are():
  truth = _worn(_flow())
  middle = truth.mean((0, 1))
  share = reading.FAINTEST
  assert _count(middle + 0.8 * share * (truth - middle)) == 0
  assert _count(middle + 1.5 * share * (truth - middle)) == len(WORD.text)
  # As a negative the same letters are not what is printed.
  assert _count(2 * middle - truth) <= 1


def test_a_plain_picture_and_noise_show_no_letters():
  assert _count(np.zeros((H, W, 3), np.float32)) == 0
  noise = np.random.default_rng(0).uniform(-1, 1, (20, H, W, 3))
  counts = [_count(x.astype(np.float32)) for x in noise]
  # Guessing reads one of 26.
  assert np.mean(counts) <= len(WORD.text) / 26


def test_a_letter_that_is_partly_hidden_does_not_count():
  flow = _flow()
  first = letters_lib.seen(WORD, flow)[0]
  flow.visible[first.top + 2, first.left + 1] = False
  places = [x.place for x in letters_lib.seen(WORD, flow)]
  assert places == [letters_lib.ALPHABET.index(x) for x in WORD.text[1:]]
  flow.visible[:, : first.left + 3] = False  # Its left part is behind an edge.
  assert [x.place for x in letters_lib.seen(WORD, flow)] == places
  flow.visible[:] = False
  assert letters_lib.seen(WORD, flow) == []


def _measured(texts):
  """Returns measures of a batch whose truths show a word or none."""
  flow = _flow()
  pictures = [_product(WORD._replace(text=text)) for text in texts]
  truth = np.stack([_worn(flow, x) for x in pictures])
  record = {
    'index': np.arange(len(texts)),
    'source_image': np.zeros((len(texts), 1)),
    'flow': np.stack([flow.vectors] * len(texts)).astype(np.float16),
    'visible': np.stack([flow.visible] * len(texts)),
  }
  result = truth.copy()
  result[:, :, W // 2 :] = CLOTH  # Of the word the left half is left.
  return legibility.measure(
    lambda index, _: [WORD._replace(text=texts[index])] if texts[index] else [],
    record,
    {'target_image': truth},
    result,
  )


def test_each_readable_letter_counts_once():
  measured = _measured(['CLOTHS', ''])
  values, weights = measured['letters']
  np.testing.assert_array_equal(weights, [6, 0])
  assert 0 < values[0] < 1 and values[1] == 0
  values, weights = measured['letters_chance']
  np.testing.assert_array_equal(weights, [6, 0])
  np.testing.assert_array_equal(values, [0, 0])


def test_alone_there_is_no_other_person_to_read_by_chance():
  _, weights = _measured(['CLOTHS'])['letters_chance']
  np.testing.assert_array_equal(weights, [0])


def test_letters_are_gathered_where_words_are_known():
  config = samples.config()
  record = {**samples.record(), 'index': np.array([7])}
  asked = []
  judges = gathering.Judges(writing=lambda index, _: asked.append(index) or [])
  graphs = gathering.Graphs(try_on.ClothFlow(config), judges)
  gatherer = gathering.Gatherer(graphs)
  gatherer.add(record)
  values = gatherer.gathered().values
  assert asked == [7]
  np.testing.assert_array_equal(values['letters'], np.zeros((2, 1)))


def _lettered():
  """Returns the index and the words of a doll that wears some."""
  for index in range(60):
    words = generate.lettering(SPEC, index).words
    if words:
      return index, words
  raise AssertionError('of 60 dolls none wears words')


def test_words_on_dolls_are_where_they_are_said_to_be():
  index, words = _lettered()
  record = generate.generate(SPEC, index)
  flow = letters_lib.Flow(record['flow'].astype(np.float32), record['visible'])
  letters = [x for word in words for x in letters_lib.seen(word, flow)]
  truth = record['target_image'].astype(np.float32) / 127.5 - 1.0
  assert len(letters) > 2
  assert np.mean(reading.read(letters, truth, truth)) > 0.5


def test_other_dolls_leave_letters_out_and_say_so_once(capsys):
  writing = legibility.OfDolls(SPEC)
  index, words = _lettered()
  product = generate.generate(SPEC, index)['source_image']
  assert writing(index, product) == words
  assert not capsys.readouterr().out
  writing, other = legibility.OfDolls(SPEC), product.copy()
  other[0, 0] ^= 1
  assert [writing(x, other) for x in (index, index + 1)] == [(), ()]
  assert capsys.readouterr().out.count('make the data set again') == 1
