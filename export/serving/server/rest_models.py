# SPDX-License-Identifier: Apache-2.0
"""A model's status and metadata as TensorFlow Serving's REST API shows them.

They are the JSON of gRPC's messages, where whole numbers of 64 bits are text.
"""

from typing import Any

from export.serving.server import models
from export.serving.wire import signatures


def status(statuses: list[models.Status]) -> dict[str, Any]:
  """Returns the JSON of a GetModelStatusResponse."""
  return {
    'model_version_status': [
      {
        'version': str(each.version),
        'state': each.state,
        'status': {'error_code': each.code, 'error_message': each.message},
      }
      for each in statuses
    ]
  }


def metadata(name: str, served: models.Served) -> dict[str, Any]:
  """Returns the JSON of a GetModelMetadataResponse."""
  known = served.model.signatures.values()
  spec = {'name': name, 'signature_name': '', 'version': str(served.version)}
  return {
    'model_spec': spec,
    'metadata': {
      'signature_def': {'signature_def': {x.name: _signature(x) for x in known}}
    },
  }


def _signature(signature: signatures.Signature) -> dict[str, Any]:
  inputs, outputs = (
    {
      name: {
        'dtype': spec.type_name,
        'tensor_shape': _shape(spec.shape),
        'name': f'{signature.name}_{name}:0',
      }
      for name, spec in specs.items()
    }
    for specs in (signature.inputs, signature.outputs)
  )
  method = signatures.METHOD
  return {'inputs': inputs, 'outputs': outputs, 'method_name': method}


def _shape(shape: signatures.Shape) -> dict[str, Any]:
  sides = [] if shape is None else shape
  dims = [{'size': '-1' if x is None else str(x), 'name': ''} for x in sides]
  return {'dim': dims, 'unknown_rank': shape is None}
