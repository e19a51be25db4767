# SPDX-License-Identifier: Apache-2.0
r"""Serves a model to this machine, as TensorFlow Serving does.

    python -m export.serve --model_dir=served/try_on --port=8501

MODEL is a folder of numbered versions, each a SavedModel; with --backend=tflite
it is one .tflite file, or a folder of versions that hold one each, and
TensorFlow is not needed. REST and gRPC are TensorFlow Serving's, so its clients
work. New versions are served as they come, without a failed request.
docs/serving.md says what is served, and what each number means.

On SIGTERM or Ctrl-C requests that were taken are answered first. Exit status:
0 after that, 1 if the model cannot be served, 2 for wrong arguments.
"""

import argparse
import functools
import logging
import os
import re
import sys
import threading
from typing import NoReturn

from clothflow_tf import files
from export.serving.server import batching
from export.serving.server import http_server
from export.serving.server import limits
from export.serving.server import models
from export.serving.server import service as service_lib
from export.serving.wire import errors

_log = logging.getLogger(__name__)

_LAST_PORT = 65535
_NUMBERS = {
  # Flag -> (type, default, least, help).
  'port': (int, 8501, 0, 'of REST; 0 is any free one'),
  'grpc_port': (int, 8500, -1, 'of gRPC; 0 is any free one, -1 none'),
  'max_batch_size': (int, 8, 1, 'examples run at once'),
  'batch_timeout_ms': (float, 5.0, 0, 'wait for others of a batch'),
  'queue_size': (int, 32, 1, 'requests that wait; more get 503'),
  'request_timeout_s': (float, 30.0, 0.001, 'a request may take'),
  'headers_timeout_s': (float, 10.0, 0.001, 'until headers are there'),
  'max_body_mb': (float, 64.0, 0, 'of a request, millions of bytes'),
  'max_image_mb': (float, 16.0, 0, 'of a picture, millions of bytes'),
  'max_pixels': (int, 13_500_000, 1, 'of a picture'),
  'max_total_pixels': (int, 64_000_000, 1, 'of all pictures of a request'),
  'threads': (int, os.cpu_count() or 1, 1, "of the model's kernels"),
  'poll_s': (float, 1.0, 0.01, 'between looks for new versions'),
  'drain_s': (float, 0.5, 0, 'from not ready to closed ports, at the end'),
}


def main(argv: list[str] | None = None) -> int:
  """Runs the program; returns its exit status."""
  given = _parser().parse_args(argv)
  logging.basicConfig(
    level=logging.INFO, format='%(asctime)s %(levelname)s %(message)s'
  )
  try:
    _serve(given)
  except (ValueError, OSError, ImportError) as error:
    print('error:', ' '.join(str(error).split()), file=sys.stderr)
    return 1
  # While a version is loaded; later, signals are the server's.
  except KeyboardInterrupt:
    print('interrupted before the model was served', file=sys.stderr)
    return 130
  finally:
    _drop_unwritten()
  return 0


def _exit(status: int) -> NoReturn:
  """Ends the process, though a thread may still run or load a model."""
  if any(thread.daemon for thread in threading.enumerate()):
    # Python's own end takes away what TensorFlow uses in that thread: a crash.
    os._exit(status)
  sys.exit(status)


def _drop_unwritten() -> None:
  """Forgets what a full disk did not take, or Python would exit with 120."""
  for stream in (sys.stdout, sys.stderr):
    try:
      stream.flush()
    except OSError:
      os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m export.serve',
    description='Serves a model over REST and gRPC.',
    epilog='Exit status: 0 ended by a signal, 1 not served, 2 wrong arguments, '
    '130 Ctrl-C before the model was loaded.',
    allow_abbrev=False,
  )
  parser.add_argument('--model_dir', required=True, metavar='MODEL')
  parser.add_argument(
    '--model_name', default='', help="in URLs; the folder's unless given"
  )
  parser.add_argument(
    '--backend', choices=('saved_model', 'tflite'), default='saved_model'
  )
  parser.add_argument(
    '--host', default='127.0.0.1', help='to listen on; 0.0.0.0 is everybody'
  )
  parser.add_argument(
    '--version_label',
    action='append',
    default=[],
    type=_label,
    metavar='LABEL=VERSION',
    help='keep this version, for .../labels/LABEL; repeat it',
  )
  for name, (kind, default, least, text) in _NUMBERS.items():
    flags = ['--port', '--rest_port'] if name == 'port' else [f'--{name}']
    parser.add_argument(
      *flags,
      type=(
        functools.partial(_port, least)
        if name.endswith('port')
        else functools.partial(_number, kind, least)
      ),
      default=default,
      metavar='N',
      help=f'{text} ({default})',
    )
  return parser


def _number(kind: type, least: float, text: str) -> float:
  try:
    value = kind(text)
  except ValueError:
    value = None
  if value is None or not least <= value < float('inf'):
    noun = 'whole number' if kind is int else 'number'
    raise argparse.ArgumentTypeError(f'{text!r} is no {noun} from {least}')
  return value


def _port(least: int, text: str) -> int:
  value = _number(int, least, text)
  if value > _LAST_PORT:
    message = f'{text!r} is no port; expected at most {_LAST_PORT}'
    raise argparse.ArgumentTypeError(message)
  return value


def _label(text: str) -> tuple[str, int]:
  label, _, version = text.partition('=')
  # 19 digits are beyond what a version may be.
  if not label or not re.fullmatch('[0-9]{1,18}', version):
    raise argparse.ArgumentTypeError(f'{text!r} is not LABEL=VERSION')
  return label, int(version)


def _serve(given: argparse.Namespace) -> None:
  """Serves until a signal comes.

  Raises:
    ValueError, OSError: the model cannot be served, or a port is taken.
  """
  listener = http_server.listener(given.host, given.port)
  versions = _versions(given)
  versions.update()
  if not versions.is_ready:
    _refuse(given.model_dir, versions)
  _name_missing(versions)
  service = service_lib.Service(versions, _settings(given))
  try:
    grpc_server = _grpc_server(given, service)
    versions.watch(given.poll_s)
    port = listener.getsockname()[1]
    address = f'http://{given.host}:{port}/v1/models/{versions.name}'
    if grpc_server:
      address += f', gRPC {given.host}:{grpc_server.bound_port}'
    server = http_server.Server(
      service,
      f'serving {address}',
      given.drain_s,
      given.headers_timeout_s,
    )
    if grpc_server:
      from export.serving.server import rpc

      server.end_others = functools.partial(
        rpc.stop, grpc_server, service, given.request_timeout_s
      )
    server.run(sockets=[listener])
  finally:
    service.close()


def _settings(given: argparse.Namespace) -> service_lib.Settings:
  return service_lib.Settings(
    batching=batching.Options(
      max_batch_size=given.max_batch_size,
      timeout_s=given.batch_timeout_ms / 1000,
      queue_size=given.queue_size,
    ),
    limits=limits.Limits(
      max_body_mb=given.max_body_mb,
      max_image_mb=given.max_image_mb,
      max_pixels=given.max_pixels,
      max_total_pixels=given.max_total_pixels,
    ),
    timeout_s=given.request_timeout_s,
  )


def _versions(given: argparse.Namespace) -> models.Versions:
  """Returns the versions of the model, none of them loaded."""
  place = os.path.abspath(given.model_dir)
  if not os.path.exists(place):
    raise files.InputError(given.model_dir, 'expected a model', 'missing')
  # Imported late: a SavedModel is served without LiteRT, a .tflite file
  # without TensorFlow.
  if given.backend == 'tflite':
    from export.serving.server import tflite_model

    ending = tflite_model.ENDING
    load = functools.partial(tflite_model.TFLiteModel, threads=given.threads)
  else:
    import tensorflow as tf

    from export.serving.server import tensorflow_model

    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    ending, load = tensorflow_model.MARK, tensorflow_model.SavedModel

  def places() -> dict[int, str]:
    if os.path.isfile(place):
      return {1: place}
    return models.folders(place, ending)

  name = given.model_name or os.path.basename(place).removesuffix(ending)
  return models.Versions(name, places, load, dict(given.version_label))


def _refuse(place: str, versions: models.Versions) -> None:
  """Raises an error that says why no version is served."""
  try:
    reasons = [x.message for x in versions.statuses(versions.name)]
  except errors.ServingError:
    reasons = ['has no folder of a version, such as 1, with a model in it']
  raise files.InputError(place, '; '.join(reasons))


def _name_missing(versions: models.Versions) -> None:
  """Logs the labels whose version is not served, or not yet."""
  for label, version in versions.labels.items():
    try:
      versions.served(versions.name, label=label)
    except errors.ServingError as error:
      _log.warning('--version_label=%s=%d: %s', label, version, error)


def _grpc_server(
  given: argparse.Namespace, service: service_lib.Service
) -> 'grpc.Server | None':  # noqa: F821
  """Returns a started gRPC server, or None if none is wanted."""
  if given.grpc_port < 0:
    return None
  from export.serving.server import rpc

  made = rpc.server(service, f'{given.host}:{given.grpc_port}')
  made.start()
  return made


if __name__ == '__main__':
  _exit(main())
