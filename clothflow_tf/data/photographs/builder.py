# SPDX-License-Identifier: Apache-2.0
"""Folders of photographs as TensorFlow Datasets builders.

One builder a data set of `sources`; they differ in name only. The folder is
TFDS's manual directory, nothing is downloaded:

    builder = folders.builder(how, data_dir)
    folders.build(builder, source)

Examples that need a file with a flaw are set aside. The data set carries its
own report (`REPORT`), written before the whole is renamed into place, so that
there is no data set without it. With Apache Beam the same work is a pipeline
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

from clothflow_tf.data import building
from clothflow_tf.data import parallel
from clothflow_tf.data.photographs import beam_conversion
from clothflow_tf.data.photographs import conversion
from clothflow_tf.data.photographs import examples as examples_lib
from clothflow_tf.data.photographs import folder_state
from clothflow_tf.data.photographs import raw_files
from clothflow_tf.data.photographs import report as report_lib
from clothflow_tf.data.photographs.datasets import registry

REPORT = 'report.json'


@dataclasses.dataclass
class FolderConfig(tfds.core.BuilderConfig):
  """How a folder is converted.

  Attributes:
    how: data set, size, label set of parse maps, least number of joints.
    workers: processes that read; the result does not depend on it.
    strict: stop at the first example with a flaw.
    beam: convert in an Apache Beam pipeline.
  """

  how: registry.Reading | None = None
  workers: int = 1
  strict: bool = False
  beam: bool = False


class _Folder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
  """Photographs of persons and garments, read from a folder."""

  VERSION = tfds.core.Version('1.0.0')
  MANUAL_DOWNLOAD_INSTRUCTIONS = 'The folder, in a layout of docs/data.md.'
  pkg_dir_path = None

  def _info(self) -> tfds.core.DatasetInfo:
    features = building.features(self.builder_config.how.size)
    return tfds.core.DatasetInfo(
      builder=self,
      description=__doc__,
      features=tfds.features.FeaturesDict(features),
    )

  def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
    source = os.fspath(dl_manager.manual_dir)
    how = self.builder_config.how
    found = registry.listings(how, source)
    self._report = report_lib.Report(
      how, os.path.abspath(source), folder_state.digest(found)
    )
    self._in_pipeline = {}
    for split, listing in found.items():
      self._report.start(split, listing)
      if self.builder_config.strict:
        report_lib.require_none(listing.flaws)
    usable = {
      split: self._generate_examples(split, listing)
      for split, listing in found.items()
      if self._has_a_whole_one(split, listing)
    }
    if not usable:
      raise raw_files.InputError(
        source, 'none of its examples can be used; --check tells why'
      )
    return usable

  def _has_a_whole_one(self, split: str, listing: examples_lib.Listing) -> bool:
    """Tells whether to make a split, which TFDS cannot leave empty."""
    tried = []
    for example in listing.examples:
      tried.append(conversion.convert(self.builder_config.how, example))
      if tried[-1].record is not None:
        return True
    for converted in tried:
      self._count(split, converted)
    return False

  def _count(self, split: str, converted: conversion.Converted) -> bool:
    """Counts an example; returns whether it is whole."""
    flaws = self._report.add(split, converted.example, converted.found)
    if self.builder_config.strict:
      report_lib.require_none(flaws)
    return not flaws

  def _generate_examples(
    self, split: str, listing: examples_lib.Listing
  ) -> Any:
    config = self.builder_config
    convert = functools.partial(conversion.convert, config.how)
    if config.beam:
      self._in_pipeline[split] = listing.examples
      told = self._told(split)
      return beam_conversion.transform(convert, listing.examples, told)
    return self._in_order(split, convert, listing.examples)

  def _in_order(
    self, split: str, convert: Any, examples: list[examples_lib.Example]
  ) -> Iterator[tuple[str, dict[str, Any]]]:
    config = self.builder_config
    found = parallel.in_order(convert, examples, config.workers)
    shown = {'total': len(examples), 'unit': ' tuples', 'mininterval': 1}
    with tqdm.tqdm(found, split, **shown) as bar:
      for converted in bar:
        if self._count(split, converted):
          yield converted.example.name, converted.record
    self._write_report()

  def _process_pipeline_result(self, pipeline_result: Any) -> None:
    """Called by TFDS when a Beam pipeline is done."""
    for split, examples in self._in_pipeline.items():
      for converted in beam_conversion.found(examples, self._told(split)):
        self._count(split, converted)
    self._write_report()

  def _told(self, split: str) -> str:
    return os.path.join(os.fspath(self.data_dir), f'told-{split}.jsonl')

  def _write_report(self) -> None:
    # The folder still has the name of an unfinished one here.
    path = os.path.join(os.fspath(self.data_dir), REPORT)
    with open(path, 'w', encoding='utf-8') as file:
      file.write(self._report.json())


class Viton(_Folder):
  """The VITON layout."""


class VitonHd(_Folder):
  """VITON-HD."""


class DressCode(_Folder):
  """Dress Code."""


class Acgpn(_Folder):
  """The layout of ACGPN and PF-AFN."""


class Deepfashion(_Folder):
  """DeepFashion In-shop in PATN's layout."""


_BUILDERS = {
  'viton': Viton,
  'viton_hd': VitonHd,
  'dress_code': DressCode,
  'acgpn': Acgpn,
  'deepfashion': Deepfashion,
}


def builder(
  how: registry.Reading,
  data_dir: str,
  workers: int = 1,
  strict: bool = False,
  beam: bool = False,
) -> tfds.core.DatasetBuilder:
  """Returns the builder of a data set; its folder is TASK_HEIGHTxWIDTH."""
  task = registry.MODULES[how.dataset].TASK
  config = FolderConfig(
    name=f'{task}_{how.size[0]}x{how.size[1]}',
    how=how,
    workers=workers,
    strict=strict,
    beam=beam,
  )
  return _BUILDERS[how.dataset](data_dir=data_dir, config=config)


def build(
  made: tfds.core.DatasetBuilder, source: str, beam_options: Any = None
) -> None:
  """Converts a folder, unless that is done.

  Raises:
    files.InputError: it is no such folder, or strict and an example of it has
      a flaw; or nothing of it can be used.
    ValueError: another folder, or another way of reading, is converted there;
      or the folder has changed since.
  """
  how = made.builder_config.how
  path = os.path.join(os.fspath(made.data_dir), REPORT)
  before = _report_before(path)
  if before:
    _check_same(path, before, how, source)
  # Before any folder is made for the result, and with the shortest message.
  found = registry.listings(how, source)
  if before and before.get('state') != folder_state.digest(found):
    raise ValueError(
      f'{source}: has changed since it was converted; remove '
      f'{os.path.dirname(path)} to convert it again'
    )
  download = tfds.download.DownloadConfig(
    manual_dir=os.path.abspath(source),
    beam_options=beam_options,
    try_download_gcs=False,
  )
  building.prepare(made, download)


def _report_before(path: str) -> dict | None:
  if not os.path.isfile(path):
    return None
  with open(path, encoding='utf-8') as file:
    return json.load(file)


def _check_same(
  path: str, before: dict, how: registry.Reading, source: str
) -> None:
  wanted = {**dataclasses.asdict(how), 'source': os.path.abspath(source)}
  for key, value in wanted.items():
    value = list(value) if isinstance(value, tuple) else value
    if before[key] != value:
      raise ValueError(
        f'{os.path.dirname(path)}: was made with {key} {before[key]!r}, but '
        f'{value!r} was asked for; give another --data_dir'
      )


def report(made: tfds.core.DatasetBuilder) -> str:
  """Returns the JSON report that a converted data set carries."""
  path = os.path.join(os.fspath(made.data_dir), REPORT)
  with open(path, encoding='utf-8') as file:
    return file.read()


def report_lines(made: tfds.core.DatasetBuilder) -> list[str]:
  """Returns that report as lines of text."""
  return report_lib.lines(json.loads(report(made)))


def require_whole_lists(made: tfds.core.DatasetBuilder) -> None:
  """Raises `files.InputError` if a list of pairs was lost."""
  report_lib.require_usable(json.loads(report(made)))
