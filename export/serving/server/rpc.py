# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Serving's gRPC: PredictionService and ModelService.

Predict, GetModelMetadata and GetModelStatus are served; the rest is what gRPC
calls unimplemented. Messages are parsed here rather than by gRPC, so that bytes
that are none get INVALID_ARGUMENT.
"""

from collections.abc import Callable
from concurrent import futures
import logging
import time
from typing import Any

from google.protobuf import message as message_lib
import grpc

from export.serving.server import models
from export.serving.server import service as service_lib
from export.serving.wire import errors
from export.serving.wire import protos
from export.serving.wire import signatures
from export.serving.wire import tensor_protos

_MOST_THREADS = 256
# Seconds between refusing calls and closing the port.
_REFUSING_S = 0.5
_SIGNATURES = 'signature_def'
_TYPE_URL = 'type.googleapis.com/tensorflow.serving.SignatureDefMap'

_log = logging.getLogger(__name__)


def server(service: service_lib.Service, address: str) -> grpc.Server:
  """Returns a gRPC server that is not started.

  Args:
    service: what is served.
    address: host:port.

  Raises:
    OSError: the address cannot be taken.
  """
  # Each that waits holds a thread; more are refused.
  most = min(service.settings.max_requests + 8, _MOST_THREADS)
  size = service.settings.limits.max_body_bytes
  made = grpc.server(
    futures.ThreadPoolExecutor(most, 'grpc'),
    maximum_concurrent_rpcs=most,
    options=[
      ('grpc.max_receive_message_length', size),
      ('grpc.max_send_message_length', -1),
      ('grpc.so_reuseport', 0),
    ],
  )
  rpc = _Rpc(service)
  methods = {
    protos.PREDICTION_SERVICE: {
      'Predict': (rpc.predict, protos.PredictRequest),
      'GetModelMetadata': (rpc.metadata, protos.GetModelMetadataRequest),
    },
    protos.MODEL_SERVICE: {
      'GetModelStatus': (rpc.status, protos.GetModelStatusRequest)
    },
  }
  for name, own in methods.items():
    handlers = {
      method: grpc.unary_unary_rpc_method_handler(
        _answering(service, method, function, kind)
      )
      for method, (function, kind) in own.items()
    }
    made.add_generic_rpc_handlers(
      [grpc.method_handlers_generic_handler(name, handlers)]
    )
  try:
    made.bound_port = made.add_insecure_port(address)
  except RuntimeError as error:
    raise OSError(f'{address} cannot be taken for gRPC ({error})') from error
  return made


def stop(
  made: grpc.Server, service: service_lib.Service, grace_s: float
) -> None:
  """Refuses new calls, and returns when those that were taken are answered.

  A call that reaches gRPC's core between its own stop and its word of that to
  the client is CANCELLED there (grpc/grpc issue 41785). So calls are refused
  as UNAVAILABLE for a moment before, so that clients which ask again and again
  are told. No longer: only the stop sends clients to other servers.

  Args:
    made: a server that is started.
    service: what it serves.
    grace_s: seconds until calls that are not answered are cancelled.
  """
  service.end()
  time.sleep(_REFUSING_S)
  made.stop(grace_s).wait()


def _answering(
  service: service_lib.Service,
  method: str,
  function: Callable[[Any, grpc.ServicerContext], Any],
  kind: Any,
) -> Callable[[bytes, grpc.ServicerContext], bytes]:
  """Returns what gRPC calls: bytes in, bytes out, errors as status codes."""

  def answer(content: bytes, context: grpc.ServicerContext) -> bytes:
    start, code, text = time.monotonic(), 'OK', ''
    try:
      if service.is_ending:
        raise errors.ServingError('UNAVAILABLE', 'the server shuts down')
      return function(_parsed(kind, content), context).SerializeToString()
    except errors.ServingError as error:
      code, text = error.code, str(error)
    except Exception as error:
      _log.exception('%s failed', method)
      code, text = 'INTERNAL', type(error).__name__
    finally:
      seconds = time.monotonic() - start
      service.metrics.request('GRPC', method, code, seconds)
    return context.abort(grpc.StatusCode[code], text)

  return answer


def _parsed(kind: Any, content: bytes) -> Any:
  try:
    return kind.FromString(content)
  except message_lib.DecodeError as error:
    name = kind.DESCRIPTOR.name
    raise errors.invalid(f'{len(content)} bytes are no {name}') from error


class _Rpc:
  """Answers requests that are parsed."""

  def __init__(self, service: service_lib.Service):
    self._service = service

  def predict(self, request: Any, context: grpc.ServicerContext) -> Any:
    settings = self._service.settings
    left = seconds_left(context.time_remaining(), settings.timeout_s)
    until = time.monotonic() + left
    served = self._served(request.model_spec)
    name = request.model_spec.signature_name or signatures.DEFAULT
    inputs = {
      key: tensor_protos.to_array(key, x, settings.limits.max_body_bytes)
      for key, x in request.inputs.items()
    }
    waiting = self._service.submit(served, name, inputs)
    outputs = _result(waiting, until, context)
    chosen = request.output_filter or sorted(outputs)
    for key in chosen:
      if key not in outputs:
        raise errors.invalid(
          f'output_filter has {key}; expected some of {sorted(outputs)}'
        )
    response = protos.PredictResponse()
    for key in chosen:
      proto = tensor_protos.to_proto(outputs[key])
      response.outputs[key].CopyFrom(proto)
    _describe(response.model_spec, self._service.versions.name, served)
    response.model_spec.signature_name = name
    return response

  def metadata(self, request: Any, context: grpc.ServicerContext) -> Any:
    served = self._served(request.model_spec)
    for field in request.metadata_field or ['none']:
      if field != _SIGNATURES:
        raise errors.invalid(
          f'metadata_field has {field}; expected {_SIGNATURES}'
        )
    response = protos.GetModelMetadataResponse()
    _describe(response.model_spec, self._service.versions.name, served)
    every = protos.SignatureDefMap()
    for name, signature in served.model.signatures.items():
      _write(every.signature_def[name], signature)
    packed = response.metadata[_SIGNATURES]
    packed.type_url, packed.value = _TYPE_URL, every.SerializeToString()
    return response

  def status(self, request: Any, context: grpc.ServicerContext) -> Any:
    spec = request.model_spec
    response = protos.GetModelStatusResponse()
    versions = self._service.versions
    for each in versions.statuses(
      spec.name, _version(spec), spec.version_label
    ):
      added = response.model_version_status.add(
        version=each.version, state=models.STATES[each.state]
      )
      added.status.error_code = errors.NUMBERS[each.code]
      added.status.error_message = each.message
    return response

  def _served(self, spec: Any) -> models.Served:
    versions = self._service.versions
    return versions.served(spec.name, _version(spec), spec.version_label)


def seconds_left(remaining: float | None, most: float) -> float:
  """Returns the time for a call: until its deadline, at most `most`.

  Args:
    remaining: until the deadline; 0.0 if it has passed, None without one.
    most: that the server gives any call.
  """
  return most if remaining is None else min(remaining, most)


def _result(
  waiting: list[futures.Future], until: float, context: grpc.ServicerContext
) -> signatures.Arrays:
  """Returns the outputs of a request; if its client gives up, it is not run."""

  def cancel() -> None:
    for future in waiting:
      future.cancel()

  try:
    # False: the call has ended already, and gRPC will not say so again.
    if not context.add_callback(cancel):
      cancel()
    results = [x.result(until - time.monotonic()) for x in waiting]
  except futures.CancelledError as error:
    raise errors.ServingError('CANCELLED', 'the client has gone') from error
  except futures.TimeoutError as error:
    message = 'Timed out (--request_timeout_s, or the deadline of the call)'
    raise errors.ServingError('DEADLINE_EXCEEDED', message) from error
  except Exception as error:
    raise service_lib.error_of(error) from error
  finally:
    cancel()
  return service_lib.joined(results)


def _version(spec: Any) -> int | None:
  return spec.version.value if spec.HasField('version') else None


def _describe(spec: Any, name: str, served: models.Served) -> None:
  spec.name, spec.version.value = name, served.version


def _write(proto: Any, signature: signatures.Signature) -> None:
  """Writes a signature into a SignatureDef."""
  proto.method_name = signatures.METHOD
  for own, specs in (
    (proto.inputs, signature.inputs),
    (proto.outputs, signature.outputs),
  ):
    for name, spec in specs.items():
      own[name].name = f'{signature.name}_{name}:0'
      own[name].dtype = spec.number
      tensor_protos.add_shape(own[name].tensor_shape, spec.shape)
