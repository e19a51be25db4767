# SPDX-License-Identifier: Apache-2.0
"""Calls of a server over gRPC; as `calls.Rest`."""

from typing import Any

import grpc
import numpy as np

from clothflow_tf import files
from clothflow_tf.inference import encoded
from export.serving import calls
from export.serving.wire import protos
from export.serving.wire import tensor_protos

_AVAILABLE = 30
# gRPC's own words, under RESOURCE_EXHAUSTED, where too many calls run.
_CROWDED = 'Concurrent RPC limit'
# A server that stops cancels calls that it has not looked at; here nobody does.
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
# The words of this side's own deadline; others are of a server that had too
# much to do.
_OWN_DEADLINE = 'Deadline Exceeded'
_REFUSED = (
  grpc.StatusCode.INVALID_ARGUMENT,
  grpc.StatusCode.NOT_FOUND,
  grpc.StatusCode.RESOURCE_EXHAUSTED,
)


def channel(address: str) -> grpc.Channel:
  """Returns a channel for messages of any size."""
  limits = ('grpc.max_send_message_length', 'grpc.max_receive_message_length')
  return grpc.insecure_channel(address, [(name, -1) for name in limits])


class Grpc:
  """A model behind gRPC.

  Attributes:
    name: its address and name.
  """

  def __init__(self, address: str, model: str, timeout_s: float):
    """Takes note of a model.

    Args:
      address: HOST:PORT.
      model: its name.
      timeout_s: that a call may take.
    """
    self.name, self._timeout_s = f'{address} {model}', timeout_s
    self._spec = protos.ModelSpec(name=model)
    self._channel = channel(address)

  def version(self) -> str:
    """Returns the version that answers."""
    request = protos.GetModelStatusRequest(model_spec=self._spec)
    answer = self._call(protos.MODEL_SERVICE, 'GetModelStatus', request)
    listed = answer.model_version_status
    available = [x.version for x in listed if x.state == _AVAILABLE]
    if not available:
      raise calls.Busy(f'{self.name}: no version is available')
    return str(max(available))

  def dress(self, request: encoded.Request) -> bytes:
    """Returns the encoded picture of one person; errors as `calls.Rest`."""
    message = protos.PredictRequest(model_spec=self._spec)
    for name, value in request.items():
      array = np.asarray(value)[np.newaxis]
      if isinstance(value, bytes):
        array = np.empty(1, object)
        array[0] = value
      message.inputs[name].CopyFrom(tensor_protos.to_proto(array))
    answer = self._call(protos.PREDICTION_SERVICE, 'Predict', message)
    texts = {
      name: answer.outputs[name].string_val[0]
      for name in (encoded.RESULT, encoded.STATUS)
      if name in answer.outputs
    }
    status = texts.get(encoded.STATUS, b'').decode('utf-8', 'replace')
    return calls.checked(self.name, texts.get(encoded.RESULT, b''), status)

  def _call(self, service: str, method: str, message: Any) -> Any:
    answers = {
      'Predict': protos.PredictResponse,
      'GetModelStatus': protos.GetModelStatusResponse,
    }
    call = self._channel.unary_unary(
      f'/{service}/{method}',
      request_serializer=type(message).SerializeToString,
      response_deserializer=answers[method].FromString,
    )
    try:
      return call(message, timeout=self._timeout_s)
    except grpc.RpcError as error:
      text = f'{error.code().name}: {error.details()}'
      if _is_late(error):
        raise calls.Late(f'{self.name}: {text}') from error
      busy = error.code() in _AWAY or _CROWDED in text
      if error.code() in _REFUSED and not busy:
        raise files.InputError(self.name, text) from error
      kind = calls.Busy if busy else OSError
      raise kind(f'{self.name}: {text}') from error


def _is_late(error: grpc.RpcError) -> bool:
  """Tells whether a server gave up a call that had waited too long."""
  late = error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
  return late and error.details() != _OWN_DEADLINE
