# SPDX-License-Identifier: Apache-2.0
r"""Measures the conversion of a folder against decoding its files alone.

    python -m tests.data.photographs.conversion_speed \
      VITON_HD_FOLDER [TUPLES] [WORKERS]

The folder's examples are repeated, by links to its files, until there are so
many tuples. Both rates are of the same run and the same number of processes.
Other work on the machine takes from either as it comes and goes; the seconds
that the processors spent on a tuple, in all processes, depend less on it.
Memory is what this process and its workers hold, as the conversion goes on.
"""

import itertools
import json
import multiprocessing
import os
import pathlib
import resource
import sys
import tempfile
import time

from PIL import Image

from clothflow_tf.data import parallel
from clothflow_tf.data.photographs.datasets import registry


def linked(source: str, folder: pathlib.Path, count: int) -> None:
  """Makes a folder of so many tuples, all links to the files of another."""
  listings = registry.listings(registry.read_options('viton_hd'), source)
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


def decoding(
  source: pathlib.Path, count: int, workers: int
) -> tuple[float, float]:
  """Returns tuples a second, and processor seconds a tuple."""
  listing = registry.listings(registry.read_options('viton_hd'), str(source))[
    'train'
  ]
  spent = processor_seconds()
  results = parallel.in_order(decode, listing.examples[:count], workers)
  next(results)  # The processes have started.
  start = time.perf_counter()
  done = sum(1 for _ in results)
  rate = done / (time.perf_counter() - start)
  return rate, (processor_seconds() - spent) / done


def converting(
  source: pathlib.Path, out: str, workers: int
) -> tuple[float, float]:
  """Returns the same, from the first tuple to the data set in place."""
  # Imported late, or each process that reads would import TensorFlow.
  from clothflow_tf.data.photographs import builder as builder_lib

  options = registry.read_options('viton_hd', (256, 192))
  builder = builder_lib.builder(options, out, workers)
  moments = []
  in_order = parallel.in_order

  def noted(*arguments):
    for result in in_order(*arguments):
      moments.append(time.perf_counter())
      if len(moments) % 1000 == 1:
        held = ' + '.join(f'{x:.0f}' for x in memory())
        print(f'\n{len(moments)}: {held} MB', file=sys.stderr)
      yield result

  parallel.in_order = noted
  spent = processor_seconds()
  try:
    builder_lib.build(builder, str(source))
  finally:
    parallel.in_order = in_order
  done = len(moments) - 1
  rate = done / (time.perf_counter() - moments[0])
  return rate, (processor_seconds() - spent) / done


def processor_seconds() -> float:
  """Returns what this process and those that have ended have used."""
  ended = resource.getrusage(resource.RUSAGE_CHILDREN)
  return time.process_time() + ended.ru_utime + ended.ru_stime


def memory() -> list[float]:
  """Returns the resident megabytes of this process and of each worker."""
  megabytes = []
  for pid in (os.getpid(), *(x.pid for x in multiprocessing.active_children())):
    text = pathlib.Path(f'/proc/{pid}/status').read_text('utf-8')
    megabytes.append(int(text.split('VmRSS:')[1].split()[0]) / 1024)
  return megabytes


def main(source: str, count: str = '400', workers: str = '') -> None:
  processes = int(workers) if workers else os.cpu_count()
  with tempfile.TemporaryDirectory() as folder:
    linked(source, pathlib.Path(folder, 'in'), int(count))
    links, some = pathlib.Path(folder, 'in'), min(1000, int(count))
    # Before and after, as other work on the machine comes and goes.
    before = decoding(links, some, processes)
    made = converting(links, f'{folder}/out', processes)
    after = decoding(links, some, processes)
  read = [(a + b) / 2 for a, b in zip(before, after, strict=True)]
  print(
    f'decoding {read[0]:.1f}, converting {made[0]:.1f} tuples a second, '
    f'{100 * made[0] / read[0]:.0f} %; processor time a tuple '
    f'{1000 * read[1]:.1f} and {1000 * made[1]:.1f} ms, '
    f'{100 * read[1] / made[1]:.0f} %; {memory()[0]:.0f} MB'
  )


if __name__ == '__main__':
  main(*sys.argv[1:])
