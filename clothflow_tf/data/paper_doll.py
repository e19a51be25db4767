# SPDX-License-Identifier: Apache-2.0
"""Paper dolls as a TensorFlow Datasets builder.

Drawn people in textured garments with exact flow (`data.dolls`), stored as
sharded records: PNG images and layouts, zlib-packed flow. An example depends on
(seed, split, index) alone, so any number of worker processes writes the same
bytes. Workers only draw; they import no TensorFlow.
"""

from collections.abc import Iterator
import dataclasses
import functools
import multiprocessing
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from clothflow_tf.data import record
from clothflow_tf.data.dolls import generate

SPLITS = ('train', 'validation', 'test')
_FIELDS = tuple(record.DTYPES)


@dataclasses.dataclass
class PaperDollConfig(tfds.core.BuilderConfig):
  """What to draw, and how much of it.

  Attributes:
    spec: task, size and seed of the dolls; its split is set for each split.
    examples: number of examples of each of `SPLITS`.
    workers: processes that draw; the result does not depend on it.
  """

  spec: generate.DollSpec = dataclasses.field(default_factory=generate.DollSpec)
  examples: tuple[int, int, int] = (20_000, 500, 500)
  workers: int = 1


def make_config(
  spec: generate.DollSpec, examples: tuple[int, int, int], workers: int = 1
) -> PaperDollConfig:
  """Returns the builder configuration, named after what it determines."""
  counts = '_'.join(str(count) for count in examples)
  return PaperDollConfig(
    name=f'{spec.task}_{spec.height}x{spec.width}_seed{spec.seed}_{counts}',
    spec=spec,
    examples=examples,
    workers=workers,
  )


class PaperDoll(tfds.core.GeneratorBasedBuilder):
  """Drawn people in drawn garments, with the true flow between them."""

  VERSION = tfds.core.Version('1.0.0')
  pkg_dir_path = None

  def _info(self) -> tfds.core.DatasetInfo:
    spec = self.builder_config.spec
    size = (spec.height, spec.width)
    image = functools.partial(tfds.features.Image, encoding_format='png')
    points = tfds.features.Tensor(shape=(18, 3), dtype=np.float32)
    zlib = functools.partial(
      tfds.features.Tensor, encoding=tfds.features.Encoding.ZLIB
    )
    features = tfds.features.FeaturesDict(
      {
        'target_image': image(shape=(*size, 3)),
        'target_layout': image(shape=(*size, 1)),
        'target_keypoints': points,
        'source_image': image(shape=(*size, 3)),
        'source_layout': image(shape=(*size, 1)),
        'source_keypoints': points,
        'flow': zlib(shape=(*size, 2), dtype=np.float16),
        'visible': zlib(shape=size, dtype=np.bool_),
      }
    )
    return tfds.core.DatasetInfo(
      builder=self, description=__doc__, features=features
    )

  def _split_generators(self, dl_manager: Any) -> dict[str, Iterator]:
    del dl_manager  # Nothing is downloaded.
    counts = self.builder_config.examples
    return {
      split: self._generate_examples(split, count)
      for split, count in zip(SPLITS, counts)
      if count
    }

  def _generate_examples(
    self, split: str, count: int
  ) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    spec = dataclasses.replace(self.builder_config.spec, split=split)
    draw = functools.partial(_draw, spec)
    workers = self.builder_config.workers
    if workers <= 1:
      yield from map(draw, range(count))
      return
    # 'spawn': a forked child of a process that runs TensorFlow may hang.
    context = multiprocessing.get_context('spawn')
    with context.Pool(workers) as pool:
      yield from pool.imap(draw, range(count), chunksize=4)


def _draw(
  spec: generate.DollSpec, index: int
) -> tuple[int, dict[str, np.ndarray]]:
  doll = generate.generate(spec, index)
  example = {field: doll[field] for field in _FIELDS}
  record.validate(example, f'paper doll {spec.split} {index}')
  for field in ('target_layout', 'source_layout'):
    example[field] = example[field][..., np.newaxis]
  return index, example
