# SPDX-License-Identifier: Apache-2.0
"""Folders of photographs as TensorFlow Datasets builders.

One builder a data set of `registry`; they differ in name only. The folder is
TFDS's manual directory, nothing is downloaded:

    made = builder.builder(options, data_dir)
    builder.build(made, source)

Examples that need an unusable file are set aside. The data set carries its own
report (`REPORT`), written before the whole is renamed into place, so that there
is no data set without it. With Apache Beam the same work is a pipeline
(`beam_conversion`), with the same report.
"""

from collections.abc import Iterator
import dataclasses
import functools
import json
import os
from typing import Any

import tensorflow_datasets as tfds
import tqdm

from clothflow_tf import files
from clothflow_tf.data import building
from clothflow_tf.data import parallel
from clothflow_tf.data.photographs import beam_conversion
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry

REPORT = 'report.json'


@dataclasses.dataclass
class FolderConfig(tfds.core.BuilderConfig):
  """How a folder is converted.

  Attributes:
    options: data set, size, label set of parse maps, least number of joints.
    workers: processes that read; the result does not depend on it.
    strict: stop at the first example that cannot be used.
    beam: convert in an Apache Beam pipeline.
  """

  options: registry.ReadOptions | None = None
  workers: int = 1
  strict: bool = False
  beam: bool = False


class _Folder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
  """Photographs of persons and garments, read from a folder."""

  VERSION = tfds.core.Version('1.0.0')
  MANUAL_DOWNLOAD_INSTRUCTIONS = 'The folder, in a layout of docs/data.md.'
  pkg_dir_path = None

  def _info(self) -> tfds.core.DatasetInfo:
    features = building.features(self.builder_config.options.size)
    return tfds.core.DatasetInfo(
      builder=self,
      description=__doc__,
      features=tfds.features.FeaturesDict(features),
    )

  def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
    source = os.fspath(dl_manager.manual_dir)
    options = self.builder_config.options
    by_split = registry.listings(options, source)
    self._report = report_lib.Report(options, source, by_split)
    self._in_pipeline = {}
    for split, listing in by_split.items():
      self._report.start(split, listing)
      if self.builder_config.strict:
        listing.require()
    usable = {
      split: self._generate_examples(split, listing)
      for split, listing in by_split.items()
      if self._has_usable_example(split, listing)
    }
    if not usable:
      raise files.InputError(
        source, 'none of its examples can be used; --check says why'
      )
    return usable

  def _has_usable_example(
    self, split: str, listing: examples_lib.Listing
  ) -> bool:
    """Returns whether to make a split, which TFDS cannot leave empty."""
    tried = []
    for example in listing.examples:
      tried.append(conversion.convert(self.builder_config.options, example))
      if tried[-1].record is not None:
        return True
    for converted in tried:
      self._count(split, converted)
    return False

  def _count(self, split: str, converted: conversion.Converted) -> bool:
    """Counts an example; returns whether it can be used."""
    problems = self._report.add(split, converted.example, converted.readings)
    if self.builder_config.strict:
      for reading in converted.readings.values():
        reading.require()
    return not problems

  def _generate_examples(
    self, split: str, listing: examples_lib.Listing
  ) -> Any:
    config = self.builder_config
    convert = functools.partial(conversion.convert, config.options)
    if config.beam:
      self._in_pipeline[split] = listing.examples
      notes = self._notes(split)
      return beam_conversion.transform(convert, listing.examples, notes)
    return self._in_order(split, convert, listing.examples)

  def _in_order(
    self, split: str, convert: Any, examples: list[examples_lib.Example]
  ) -> Iterator[tuple[str, dict[str, Any]]]:
    config = self.builder_config
    results = parallel.in_order(convert, examples, config.workers)
    shown = {'total': len(examples), 'unit': ' tuples', 'mininterval': 1}
    with tqdm.tqdm(results, split, **shown) as bar:
      for converted in bar:
        if self._count(split, converted):
          yield converted.example.name, converted.record
    self._write_report()

  def _process_pipeline_result(self, pipeline_result: Any) -> None:
    """Called by TFDS when a Beam pipeline is done."""
    for split, examples in self._in_pipeline.items():
      notes = self._notes(split)
      for converted in beam_conversion.readings_in(notes, examples):
        self._count(split, converted)
    self._write_report()

  def _notes(self, split: str) -> str:
    return os.path.join(os.fspath(self.data_dir), f'readings-{split}.jsonl')

  def _write_report(self) -> None:
    # The folder still has the name of an unfinished one here.
    path = os.path.join(os.fspath(self.data_dir), REPORT)
    files.write_json(path, self._report.as_dict())


# TFDS names a data set after its class: viton_hd is the class VitonHd.
_BUILDERS = {
  name: type(name.title().replace('_', ''), (_Folder,), {})
  for name in registry.NAMES
}


def builder(
  options: registry.ReadOptions,
  data_dir: str,
  workers: int = 1,
  strict: bool = False,
  beam: bool = False,
) -> tfds.core.DatasetBuilder:
  """Returns the builder of a data set.

  Its folder is TASK_HEIGHTxWIDTH; another frame than the photo's is added to
  the name, so that one is not taken for the other.
  """
  size = options.size
  name = f'{options.data_set.task}_{size.height}x{size.width}'
  if options.frame != registry.WHOLE_PHOTO:
    name = f'{name}_{options.frame}'
  config = FolderConfig(
    name=name,
    options=options,
    workers=workers,
    strict=strict,
    beam=beam,
  )
  return _BUILDERS[options.dataset](data_dir=data_dir, config=config)


def build(
  made: tfds.core.DatasetBuilder, source: str, beam_options: Any = None
) -> None:
  """Converts a folder, unless that is done.

  Raises:
    files.InputError: it is no such folder; strict, and an example cannot be
      used; or none can.
    ValueError: another folder, or another way of reading, is converted there;
      or the folder has changed since.
  """
  options = made.builder_config.options
  folder, before = os.fspath(made.data_dir), report(made)
  if before:
    wanted = {**dataclasses.asdict(options), 'source': os.path.abspath(source)}
    # The folder's name tells the frame; older reports do not.
    del wanted['frame']
    files.check_same(folder, before, wanted, 'data_dir')
  # Before any folder is made for the result, and with the shortest message.
  by_split = registry.listings(options, source)
  if before and before.get('state') != report_lib.state_of(by_split):
    raise ValueError(
      f'{source}: has changed since it was converted; remove '
      f'{folder} to convert it again'
    )
  download = tfds.download.DownloadConfig(
    manual_dir=os.path.abspath(source),
    beam_options=beam_options,
    try_download_gcs=False,
  )
  building.prepare(made, download)


def report(made: tfds.core.DatasetBuilder) -> dict | None:
  """Returns the report that a converted data set carries; None before."""
  path = os.path.join(os.fspath(made.data_dir), REPORT)
  if not os.path.isfile(path):
    return None
  with open(path, encoding='utf-8') as file:
    return json.load(file)
