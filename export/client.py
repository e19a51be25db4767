# SPDX-License-Identifier: Apache-2.0
"""Dresses a person, or a folder of pairs, by a server; without TensorFlow.

    python -m export.client --url=http://127.0.0.1:8501/v1/models/try_on \\
      --person_image=person.jpg --person_layout=person.png \\
      --person_pose=person_keypoints.json \\
      --garment_image=shirt.jpg --garment_mask=shirt_mask.png \\
      --output=dressed.png

takes the flags of `export.run_tflite` with --url, or --grpc=HOST:PORT, in place
of --model. The server is `export.serve` or TensorFlow Serving with the same
model. Files are checked here, photos are turned as their EXIF tag says, parse
maps get the record's labels, a missing mask is cut out. --sample_dir=FOLDER
writes the files of a drawn person, and their request as JSON, to try a server
with.

Exit status: 0 when the picture is written, 1 for input that cannot be used or a
server that does not answer (one line says which and why), 2 for wrong
arguments, 130 after Ctrl-C; a folder then goes on where it was.
"""

import argparse
from collections.abc import Iterator
from concurrent import futures
import contextlib
import functools
import json
import os
import shlex
import sys
from typing import Any
from typing import NoReturn

import tqdm

from clothflow_tf import files
from clothflow_tf.inference import arguments
from clothflow_tf.inference import drawn
from clothflow_tf.inference import encoded
from clothflow_tf.inference import pairs
from clothflow_tf.inference import person
from clothflow_tf.inputs import raw
from export.serving import calls

_SAMPLE = raw.Size(1024, 768)
_INTERRUPTED = 130  # As shells count: 128 and the signal's number.
_NOT_HERE = ('target_pose', 'output_size')
_DECODE = (
  'import base64, json, sys; p = json.load(sys.stdin)["predictions"][0]; '
  'sys.stdout.buffer.write(base64.b64decode(p.get("image_bytes", p)["b64"]))'
)


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  parser = _parser()
  values = parser.parse_args(argv)
  given = {
    name: value
    for name in arguments.HELP.keys() - {*_NOT_HERE}
    if (value := getattr(values, name))
  }
  try:
    if values.sample_dir:
      print(_write_sample(values.sample_dir))
      return 0
    if not values.url and not values.grpc:
      raise arguments.WrongFlags('--url is needed, or --grpc')
    arguments.check(given)
    server = _server(values)
    if 'dataset_dir' in given:
      print(_dress_folder(given, server, values))
    else:
      print(_dress_one(given, server, values))
  except arguments.WrongFlags as error:
    parser.error(str(error))
  except (ValueError, OSError) as error:  # InputError is a ValueError.
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    print('interrupted', file=sys.stderr)
    return _INTERRUPTED
  return 0


def _exit(status: int) -> NoReturn:
  """Ends the process; after Ctrl-C without a wait for calls that run."""
  if status == _INTERRUPTED:
    sys.stdout.flush()
    os._exit(status)
  sys.exit(status)


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m export.client',
    description='Dresses persons by a server, without TensorFlow.',
    epilog='Exit status: 0 written, 1 unusable input or no answer, 2 wrong '
    'arguments, 130 interrupted.',
    allow_abbrev=False,
  )
  place = parser.add_mutually_exclusive_group()
  place.add_argument('--url', help='http://HOST:PORT/v1/models/NAME')
  place.add_argument('--grpc', metavar='HOST:PORT', help='in place of --url')
  parser.add_argument(
    '--model_name', default='try_on', help='with --grpc (try_on)'
  )
  for name, text in arguments.HELP.items():
    if name in _NOT_HERE:
      continue
    choices = arguments.CHOICES.get(name)
    metavar = None if choices else 'X'
    parser.add_argument(
      f'--{name}', choices=choices, metavar=metavar, help=text
    )
  numbers = {
    'parallel': (4, 'requests at once, over folders'),
    'attempts': (8, 'at a server that is busy or away'),
    'timeout_s': (120, 'that a request may take'),
  }
  for name, (default, text) in numbers.items():
    parser.add_argument(
      f'--{name}',
      type=_positive,
      default=default,
      metavar='N',
      help=f'{text} ({default})',
    )
  parser.add_argument(
    '--dry_run',
    action='store_true',
    help='print the curl command of one person, and send nothing',
  )
  parser.add_argument(
    '--sample_dir', help='write files and a request there, and send nothing'
  )
  return parser


def _positive(text: str) -> int:
  if not text.isdecimal() or int(text) == 0:
    raise argparse.ArgumentTypeError(f'{text!r} is no whole number above 0')
  return int(text)


def _server(values: argparse.Namespace) -> Any:
  """Returns what has `name`, `version` and `dress`."""
  if values.url:
    return calls.Rest(values.url, values.timeout_s)
  # Imported late: REST needs no grpcio.
  from export.serving import grpc_calls

  return grpc_calls.Grpc(values.grpc, values.model_name, values.timeout_s)


def _write_sample(folder: str) -> str:
  """Writes a drawn person's files and request; returns the request's."""
  paths = drawn.write_files(folder, _SAMPLE)
  pair, _ = encoded.pair_of_files(person.Files(**paths))
  path = os.path.join(folder, 'request.json')
  files.write_json(path, {'instances': [calls.instance(pair.inputs)]})
  return path


def _dress_one(
  given: arguments.Given, server: Any, values: argparse.Namespace
) -> str:
  """Makes one picture; returns a line about it, or the command."""
  wanted = arguments.person_files(given, 'try_on')
  pair, remarks = encoded.pair_of_files(wanted)
  for remark in remarks:
    print(f'note: {remark}', file=sys.stderr)
  if values.dry_run:
    if values.grpc:
      raise arguments.WrongFlags('--dry_run: not for --grpc')
    return _command(given, server.name, pair.inputs)
  call = functools.partial(server.dress, pair.inputs)
  picture = calls.retried(call, values.attempts)
  pixels = encoded.pixels(picture, server.name)
  files.write_image(given['output'], pixels)
  return f'{given["output"]}: {len(picture):,} bytes from {server.name}'


def _dress_folder(
  given: arguments.Given, server: Any, values: argparse.Namespace
) -> str:
  """Makes all pairs of a folder, some at once; returns a line about it."""
  if values.dry_run:
    raise arguments.WrongFlags('--dry_run: not for --dataset_dir')
  job = arguments.job(given, 'try_on', encoded.SIZE, 'photo')
  version = calls.retried(server.version, values.attempts)
  pool = futures.ThreadPoolExecutor(values.parallel)
  count = len(pairs.waiting(job))
  with (
    _ending(pool),
    tqdm.tqdm(total=count, unit='picture', disable=None) as bar,
  ):

    def one(request: encoded.Request) -> dict[str, Any] | files.InputError:
      try:
        call = functools.partial(server.dress, request)
        picture = calls.retried(call, values.attempts)
        return {'image': encoded.pixels(picture, server.name)}
      except files.InputError as error:
        return error
      # A server that is away ends the folder; one that never has the time for
      # this photo shall not keep the others waiting.
      except calls.Late as error:
        times = f'asked {values.attempts} times'
        return files.InputError(server.name, f'{error} ({times})')
      finally:
        bar.update()

    return pairs.dress(
      job,
      f'{server.name} {version}',
      lambda batch: [*pool.map(one, batch)],
      batch_size=values.parallel,
      prepare=functools.partial(
        encoded.pair, read=pairs.cached(job.options, whole=True)
      ),
    )


@contextlib.contextmanager
def _ending(pool: futures.Executor) -> Iterator[None]:
  """Ends a pool after the block; after Ctrl-C calls may still run in it."""
  try:
    yield
  finally:
    pool.shutdown(wait=False, cancel_futures=True)


def _command(given: arguments.Given, url: str, request: encoded.Request) -> str:
  """Returns the shell's command that does what this program would do.

  Files that are sent as they are are read by the shell; the others are in it.
  """
  texts = {}
  for name, value in calls.instance(request).items():
    texts[name] = json.dumps(value)
    if name in given and isinstance(value, dict):
      with open(given[name], 'rb') as file:
        is_same = file.read() == request[name]
      if is_same:
        path = shlex.quote(given[name])
        texts[name] = f'{{"b64": "$(base64 < {path} | tr -d \'\\n\')"}}'
  body = ', '.join(f'"{name}": {text}' for name, text in texts.items())
  return (
    f'curl -sS {shlex.quote(f"{url}:predict")} -d @- <<END '
    f"| python3 -c '{_DECODE}' > {shlex.quote(given['output'])}\n"
    f'{{"instances": [{{{body}}}]}}\nEND'
  )


if __name__ == '__main__':
  _exit(main())
