# SPDX-License-Identifier: Apache-2.0
"""Quantizes the networks in an exported file, and nothing else.

Positions in pixels, flat indices and shares of a blend do not bear eight bits:
a whole model that the converter quantized kept a tenth of its layout. So each
scope of the file has a recipe of its own:

- stages 1 and 3: int8 weights, a scale a channel, and int8 activations in
  ranges measured on examples;
- stage 2: int8 weights, activations in ranges taken at run time, as it
  estimates pixels (with measured ranges garments moved by 0.5 pixels, so by
  0.15);
- the heads of all stages and everything around them: float32.
"""

from typing import Any

# Tensors of a network but for those of its heads, by the names of its layers.
# `^`: the converter appends the names of merged constants, of any stage.
_LAYERS = '(_relu|_norm|_mix|_out|_down|_block|_up/|_skip|_inputs|_narrow)'
_STATIC = rf'^clothflow/(layout|render)/[a-z_0-9]*{_LAYERS}.*'
_DYNAMIC = '^clothflow/flow/.*'
_BITS = 8


def quantized(
  content: bytes, signature: str, examples: list[dict[str, Any]]
) -> bytes:
  """Returns a float32 .tflite file with its networks quantized.

  Args:
    content: the file, with the names of its tensors.
    signature: name of its signature.
    examples: inputs of it, to measure activations on.
  """
  from litert_quantizer import qtyping
  from litert_quantizer import quantizer as quantizer_lib

  names = qtyping.TFLOperationName
  quantizer = quantizer_lib.Quantizer(content)
  for name in (names.CONV_2D, names.ADD, names.CONCATENATION, names.RESHAPE):
    quantizer.add_static_config(
      regex=_STATIC,
      operation_name=name,
      activation_num_bits=_BITS,
      weight_num_bits=_BITS,
    )
  quantizer.add_dynamic_config(
    regex=_DYNAMIC, operation_name=names.CONV_2D, num_bits=_BITS
  )
  ranges = quantizer.calibrate({signature: examples})
  return bytes(quantizer.quantize(ranges).quantized_model)
