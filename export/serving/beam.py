# SPDX-License-Identifier: Apache-2.0
"""Pairs dressed by a SavedModel in an Apache Beam pipeline, on many machines.

Beam's RunInference loads the model once a worker process and gives it batches.
Apache Beam is an optional dependency (`requirements-beam.txt`), so it is
imported when it is asked for. Workers need to see the folders of photographs,
of the model and of results, such as on a shared file system.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import functools
import importlib
import json
import os
from typing import Any

import numpy as np

from clothflow_tf import files
from clothflow_tf.inference import encoded
from clothflow_tf.inference import pairs
from export.serving.wire import errors
from export.serving.wire import places
from export.serving.wire import signatures

SKIPPED = 'skipped.json'


def options(text: str) -> Any:
  """Returns the options of a pipeline; as `prepare --beam_options`."""
  pipeline_options = _beam('options.pipeline_options')
  flags = [f'--{option.strip()}' for option in text.split(',') if option]
  return pipeline_options.PipelineOptions(flags, save_main_session=False)


def dress(job: pairs.Job, model_dir: str, batch: int, beam_options: Any) -> str:
  """Makes the pictures of all pairs that are not there yet.

  Args:
    job: the pairs.
    model_dir: a version of a SavedModel with the contract of `encoded`.
    batch: pairs that the model is given at once, at most.
    beam_options: of the pipeline.

  Returns:
    A line: how many were made, and are skipped.

  Raises:
    files.InputError: there are no pairs, or nothing can be written.
  """
  beam, base = _beam(), _beam('ml.inference.base')
  left = pairs.waiting(job)
  pairs.claim(job, model_dir)
  handler = base.KeyedModelHandler(_handler(model_dir, batch))
  with beam.Pipeline(options=beam_options) as pipeline:
    # Reshuffled, or Beam would keep reading and dressing on one worker.
    ready = (
      pipeline
      | 'Pairs' >> beam.Create(left, reshuffle=True)
      | 'Read'
      >> beam.FlatMapTuple(functools.partial(_read, job)).with_outputs(
        'skipped', main='requests'
      )
    )
    done = (
      ready.requests
      | 'Dress' >> base.RunInference(handler)
      | 'Write' >> beam.FlatMapTuple(functools.partial(_write, job.output_dir))
    )
    _ = (
      (ready.skipped, done)
      | 'All' >> beam.Flatten()
      | 'List' >> beam.combiners.ToList()
      | 'Report' >> beam.Map(functools.partial(_report, job.output_dir))
    )
  with open(os.path.join(job.output_dir, SKIPPED), encoding='utf-8') as file:
    skipped = json.load(file)
  made = len(left) - len(skipped)
  return f'{job.output_dir}: {made} made, {len(skipped)} skipped ({SKIPPED})'


@functools.cache
def _reader(job: pairs.Job) -> Any:
  """Returns what reads parts, once a worker: pairs share them."""
  return pairs.cached(job.options, whole=True)


def _read(job: pairs.Job, name: str, example: Any) -> Iterator[Any]:
  """Yields a pair's request by its file, or why there is none."""
  try:
    yield name, encoded.pair(example, _reader(job)).inputs
  except files.InputError as error:
    problem = {'pair': name, 'file': error.name, 'reason': error.problem}
    yield _beam().pvalue.TaggedOutput('skipped', problem)


def _write(output_dir: str, name: str, result: Any) -> Iterator[dict]:
  """Writes a pair's picture, or yields why there is none."""
  try:
    if isinstance(result, str):
      raise files.InputError('the model', result)
    picture = encoded.pixels(result, 'the model')
    files.write_image(os.path.join(output_dir, name), picture)
  except files.InputError as error:
    yield {'pair': name, 'file': error.name, 'reason': error.problem}


def _report(output_dir: str, skipped: list[dict]) -> None:
  ordered = sorted(skipped, key=lambda problem: problem['pair'])
  files.write_json(os.path.join(output_dir, SKIPPED), ordered)


def _handler(model_dir: str, batch: int) -> Any:
  """Returns Beam's way to the model."""
  base = _beam('ml.inference.base')

  class Handler(base.ModelHandler):
    """Loads a version of a model, and runs it on lists of requests."""

    def load_model(self) -> Any:
      from export.serving.server import tensorflow_model

      return tensorflow_model.SavedModel(model_dir)

    def batch_elements_kwargs(self) -> dict[str, int]:
      return {'min_batch_size': 1, 'max_batch_size': batch}

    def run_inference(
      self,
      batch: Sequence[encoded.Request],
      model: Any,
      inference_args: dict[str, Any] | None = None,
    ) -> Iterable[Any]:
      return results(model, batch)

  return Handler()


def results(
  model: Any, requests: Sequence[encoded.Request]
) -> list[bytes | str]:
  """Returns the encoded picture of each request, or why there is none.

  Args:
    model: as `batching.Model`.
    requests: as `encoded`.
  """
  specs = model.signatures[signatures.DEFAULT].inputs
  batch = {
    name: np.array([x[name] for x in requests], spec.dtype)
    for name, spec in specs.items()
  }
  try:
    outputs = model.run(signatures.DEFAULT, batch)
  except errors.ServingError as error:
    if len(requests) == 1:
      return [str(error)]
    return [results(model, [request])[0] for request in requests]
  pictures = outputs[encoded.RESULT].tolist()
  # Of an export with --partial. Beam chose the batch, so a place in it means
  # nothing to who reads it: each example is the first, as when run alone.
  for at, text in enumerate(outputs.get(encoded.STATUS, ())):
    if text:
      pictures[at] = places.moved(text.decode('utf-8', 'replace'), specs, -at)
  return pictures


def _beam(name: str = '') -> Any:
  """Returns Apache Beam, or a module of it.

  Raises:
    ValueError: it is not installed.
  """
  try:
    return importlib.import_module(f'apache_beam.{name}'.rstrip('.'))
  except ImportError as error:
    raise ValueError(
      f'Apache Beam cannot be imported ({error}); install it with pip install '
      '-r requirements.txt -r requirements-beam.txt'
    ) from error
