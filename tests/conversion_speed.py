# SPDX-License-Identifier: Apache-2.0
"""Measures the conversion of a folder against decoding its files alone.

    python -m tests.conversion_speed VITON_HD_FOLDER [TUPLES] [WORKERS]

The folder's examples are repeated, by links to its files, until there are so
many tuples. Both rates are of the same run and the same number of processes;
memory is the largest of this process so far, as the conversion goes on.
"""

import functools
import itertools
import json
import os
import pathlib
import resource
import sys
import tempfile
import time

from PIL import Image

from clothflow_tf.data import builds
from clothflow_tf.data import folders
from clothflow_tf.data import sources


def linked(source: str, folder: pathlib.Path, count: int) -> None:
  """Makes a folder of so many tuples, all links to the files of another."""
  listings = sources.listings(sources.reading('viton_hd'), source)
  examples = [e for listing in listings.values() for e in listing.examples]
  lines = []
  for index, example in zip(range(count), itertools.cycle(examples)):
    person, garment, name = example.target, example.source, f'{index:06d}'
    parts = {
      f'image/{name}.jpg': person.image,
      f'image-parse-v3/{name}.png': person.parse,
      f'openpose_json/{name}_keypoints.json': person.pose,
      f'cloth/{name}.jpg': garment.image,
      f'cloth-mask/{name}.jpg': garment.mask,
    }
    for path, file in parts.items():
      link = folder / 'train' / path
      link.parent.mkdir(parents=True, exist_ok=True)
      link.symlink_to(os.path.abspath(file))
    lines.append(f'{name}.jpg {name}.jpg')
  (folder / 'train_pairs.txt').write_text('\n'.join(lines))


def decode(example) -> int:
  """Decodes the files of an example and nothing else."""
  person, garment = example.target, example.source
  pictures = person.image, person.parse, garment.image, garment.mask
  total = 0
  for path in pictures:
    with Image.open(path) as image:
      image.load()
      total += image.width
  with open(person.pose, encoding='utf-8') as file:
    return total + len(json.load(file))


def decoding_rate(source: pathlib.Path, count: int, workers: int) -> float:
  """Returns tuples a second."""
  listing = sources.listings(sources.reading('viton_hd'), str(source))['train']
  results = builds.in_order(decode, listing.examples[:count], workers)
  next(results)  # The processes have started.
  start = time.perf_counter()
  return (sum(1 for _ in results)) / (time.perf_counter() - start)


def converting_rate(source: pathlib.Path, out: str, workers: int) -> float:
  """Returns tuples a second, from the first one to the data set in place."""
  how = sources.reading('viton_hd', (256, 192))
  builder = folders.builder(how, out, workers)
  moments = []
  in_order = builds.in_order

  def noted(*arguments):
    for result in in_order(*arguments):
      moments.append(time.perf_counter())
      if len(moments) % 1000 == 1:
        print(f'\n{len(moments)}: {memory():.0f} MB', file=sys.stderr)
      yield result

  builds.in_order = noted
  try:
    folders.build(builder, str(source))
  finally:
    builds.in_order = in_order
  return (len(moments) - 1) / (time.perf_counter() - moments[0])


def memory() -> float:
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(source: str, count: str = '400', workers: str = '') -> None:
  processes = int(workers) if workers else os.cpu_count()
  with tempfile.TemporaryDirectory() as folder:
    linked(source, pathlib.Path(folder, 'in'), int(count))
    rate = functools.partial(decoding_rate, pathlib.Path(folder, 'in'))
    # Before and after, as other work on the machine comes and goes.
    decoding = rate(min(1000, int(count)), processes)
    converting = converting_rate(
      pathlib.Path(folder, 'in'), f'{folder}/out', processes
    )
    decoding = (decoding + rate(min(1000, int(count)), processes)) / 2
  print(
    f'decoding {decoding:.1f}, converting {converting:.1f} tuples a second, '
    f'{100 * converting / decoding:.0f} %; {memory():.0f} MB'
  )


if __name__ == '__main__':
  main(*sys.argv[1:])
