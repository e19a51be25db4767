# SPDX-License-Identifier: Apache-2.0
"""The share of a garment's letters that can be read in the result.

| measure | share of the letters that can be read in the truth, read in |
|---|---|
| `letters` | the result |
| `letters_chance` | the truth of the batch's next example, another person |

Weights are the numbers of these letters, so that each counts once, and a
picture without words counts nothing.
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from clothflow_tf.data.dolls import generate
from clothflow_tf.data.dolls import painting
from clothflow_tf.evaluation.text import letters as letters_lib
from clothflow_tf.evaluation.text import reading

Arrays = dict[str, np.ndarray]
# Returns the words on the product of an example: its index, its source_image.
Writing = Callable[[int, np.ndarray], Sequence[painting.Word]]


class OfDolls:
  """Knows the words on drawn products; draws each once, however often asked.

  Records do not say what is written on a product. But a doll follows from
  (seed, split, index), so that its product can be drawn again. A data set may
  be of an earlier version: the product must be the record's, pixel by pixel.
  """

  def __init__(self, spec: generate.DollSpec):
    self._spec = spec
    self._known: dict[int, Sequence[painting.Word]] = {}
    self._is_other = False

  def __call__(
    self, index: int, product: np.ndarray
  ) -> Sequence[painting.Word]:
    """Returns the words; none, and says so once, if dolls are drawn otherwise.

    An old data set can still be measured by everything else.
    """
    if index not in self._known and not self._is_other:
      drawn = generate.lettering(self._spec, index)
      self._known[index] = drawn.words
      if not np.array_equal(drawn.source_image, product):
        self._is_other = True
        print(
          f'letters are not measured: example {index} of split '
          f'{self._spec.split!r} is not what clothflow_tf draws now; make the '
          'data set again (clothflow_tf.prepare)',
          flush=True,
        )
    return () if self._is_other else self._known[index]


def measure(
  writing: Writing, record: Arrays, batch: Arrays, image: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
  """Returns the table's measures, each as (values [B], weights [B]).

  Args:
    writing: knows the words.
    record: its index, source_image, flow and visible.
    batch: its target_image.
    image: the results, float32 [B, H, W, 3] in [-1, 1].
  """
  truths, counts = batch['target_image'], []
  for place, index in enumerate(record['index']):
    flow = letters_lib.Flow(
      record['flow'][place].astype(np.float32), record['visible'][place]
    )
    other = truths[(place + 1) % len(truths)]
    pictures = (truths[place], image[place], other)
    words = writing(int(index), record['source_image'][place])
    counts.append(_counts([letters_lib.seen(x, flow) for x in words], pictures))
  readable, read, by_chance = np.array(counts, np.float32).T
  # With no other person in the batch there is no chance to be measured.
  others = readable * (len(truths) > 1)
  least = np.maximum(readable, 1.0)
  return {
    'letters': (read / least, readable),
    'letters_chance': (by_chance / least, others),
  }


def _counts(
  words: Sequence[Sequence[letters_lib.Letter]],
  pictures: Sequence[np.ndarray],
) -> np.ndarray:
  """Returns how many letters are read in each picture, [pictures].

  The first is the truth; letters that cannot be read there do not count.
  """
  total = np.zeros(len(pictures), int)
  for letters in filter(None, words):
    truth = pictures[0]
    read = [reading.read(letters, x, truth) for x in pictures]
    total += np.logical_and(read, read[0]).sum(1)
  return total
