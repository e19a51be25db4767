# SPDX-License-Identifier: Apache-2.0
"""Paper dolls as a TensorFlow Datasets builder.

Drawn people in textured garments with exact flow (`data.dolls`); in try-on each
is drawn in two outfits. Records are sharded: PNG images and layouts, and flow
that zlib packs. An example depends on (seed, split, index) alone, so any number
of worker processes writes the same bytes. Workers only draw and pack; they
import no TensorFlow.
"""

from collections.abc import Iterator
import dataclasses
import functools
import os
import re
from typing import Any

import cv2
import numpy as np
import tensorflow_datasets as tfds
import tqdm

from clothflow_tf.data import building
from clothflow_tf.data import parallel
from clothflow_tf.data.dolls import generate
from clothflow_tf.data.dolls import streams
from clothflow_tf.inputs import record

SPLITS = streams.SPLITS
EXAMPLES = (20_000, 500, 500)
_IMAGES = (
  *('target_image', 'target_layout', 'source_image', 'source_layout'),
  *record.PERSON,
)
_SMALLEST = 32


@dataclasses.dataclass
class PaperDollConfig(tfds.core.BuilderConfig):
  """What to draw, and how much of it.

  Attributes:
    spec: task, size and seed of the dolls; its split is set for each split.
    examples: number of examples of each of `SPLITS`.
  """

  spec: generate.DollSpec = dataclasses.field(default_factory=generate.DollSpec)
  examples: tuple[int, int, int] = EXAMPLES


def make_config(
  name: str, seed: int = 0, examples: tuple[int, int, int] = EXAMPLES
) -> PaperDollConfig:
  """Returns the builder configuration TASK_HEIGHTxWIDTH.

  Its folder is named so; another seed or other numbers of examples than the
  published ones are added to the name.

  Raises:
    ValueError: the name is no task and size.
  """
  parts = re.fullmatch(r'(.+)_(\d+)x(\d+)', name)
  known = parts and parts[1] in generate.TASKS
  if not known or min(int(parts[2]), int(parts[3])) < _SMALLEST:
    tasks = ' or '.join(f'{task}_HEIGHTxWIDTH' for task in generate.TASKS)
    raise ValueError(
      f'config is {name!r}, expected {tasks} of at least '
      f'{_SMALLEST}x{_SMALLEST}, such as try_on_256x192'
    )
  if (seed, tuple(examples)) != (0, EXAMPLES):
    counts = '_'.join(str(count) for count in examples)
    name = f'{name}_seed{seed}_{counts}'
  spec = generate.DollSpec(parts[1], int(parts[2]), int(parts[3]), seed)
  return PaperDollConfig(name=name, spec=spec, examples=examples)


def spec_of(
  folder: str, split: str, size: tuple[int, int]
) -> generate.DollSpec:
  """Returns which dolls of try-on a prepared data set holds.

  Args:
    folder: of the data set and its version; the name tells a seed but 0.
    split: one of `SPLITS`.
    size: rows and columns of a record.
  """
  name = os.path.basename(os.path.dirname(folder))
  seed = re.search(r'_seed(\d+)_', name)
  number = int(seed[1]) if seed else 0
  return generate.DollSpec('try_on', *size, seed=number, split=split)


class PaperDoll(tfds.core.GeneratorBasedBuilder):
  """Drawn people in drawn garments, with the true flow between them.

  `workers` is the number of processes that draw; no byte depends on it.
  """

  workers = 1
  # Raise it whenever dolls are drawn otherwise: a data set that exists is not
  # built again.
  VERSION = tfds.core.Version('2.2.0')
  BUILDER_CONFIGS = [
    make_config('try_on_256x192'),
    make_config('pose_transfer_256x256'),
  ]
  pkg_dir_path = None

  def _info(self) -> tfds.core.DatasetInfo:
    spec = self.builder_config.spec
    size = (spec.height, spec.width)
    zlib = functools.partial(
      tfds.features.Tensor, encoding=tfds.features.Encoding.ZLIB
    )
    person = {}
    if spec.task == 'try_on':
      person = {
        name: tfds.features.Image(shape=shape, encoding_format='png')
        for name, shape in zip(record.PERSON, ((*size, 3), (*size, 1)))
      }
    features = tfds.features.FeaturesDict(
      {
        **building.features(size),
        **person,
        'flow': zlib(shape=(*size, 2), dtype=np.float16),
        'visible': zlib(shape=size, dtype=np.bool_),
        'shade': zlib(shape=size, dtype=np.float16),
        'tags': tfds.features.Tensor(shape=(len(record.TAGS),), dtype=np.uint8),
        'index': np.int32,
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
  ) -> Iterator[tuple[int, dict[str, Any]]]:
    spec = dataclasses.replace(self.builder_config.spec, split=split)
    draw = functools.partial(_draw, spec)
    examples = parallel.in_order(draw, range(count), self.workers)
    bar = tqdm.tqdm(examples, split, count, unit=' dolls', mininterval=1)
    yield from enumerate(bar)


def builder(
  data_dir: str, config: PaperDollConfig, workers: int = 1
) -> PaperDoll:
  """Returns the builder of a configuration from `make_config`."""
  # TFDS takes its own configurations by name only.
  published = config.name in PaperDoll.builder_configs
  made = PaperDoll(
    data_dir=data_dir, config=config.name if published else config
  )
  made.workers = workers
  return made


def _draw(spec: generate.DollSpec, index: int) -> dict[str, Any]:
  """Returns an example of the builder, with its images as PNG bytes."""
  cv2.setNumThreads(1)  # Each worker has a core of its own.
  example = generate.generate(spec, index)
  record.validate(example, f'paper doll {spec.split} {index}')
  pngs = {name: _png(example[name]) for name in _IMAGES if name in example}
  return {**example, **pngs, 'index': index}


def _png(image: np.ndarray) -> bytes:
  if image.ndim == 3:
    image = image[..., ::-1]  # OpenCV's order is blue, green, red.
  _, packed = cv2.imencode('.png', image, [cv2.IMWRITE_PNG_COMPRESSION, 6])
  return packed.tobytes()
