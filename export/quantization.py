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

In 'dynamic' all stages are as stage 2. Heads stay float32 there, too: the
converter's own dynamic mode rounds them, and moved garments by 1.2 pixels where
this one moves them by 0.2. With activations in float32 (weights alone in eight
bits) it would be 0.16: that much the weights' rounding costs.
"""

from typing import Any

# Tensors of a network but for those of its heads, by the names of its layers.
# `^`: the converter appends the names of merged constants, of any stage.
_LAYERS = '(_relu|_norm|_mix|_out|_down|_block|_up/|_skip|_inputs|_narrow)'
_BODIES = rf'^clothflow/(layout|render)/[a-z_0-9]*{_LAYERS}.*'
_FLOW = '^clothflow/flow/.*'
MODES = ('dynamic', 'int8')
_BITS = 8


def quantized(
  content: bytes, mode: str, signature: str, examples: list[dict[str, Any]]
) -> bytes:
  """Returns a float32 .tflite file with its networks quantized.

  Args:
    content: the file, with the names of its tensors.
    mode: one of `MODES`.
    signature: name of its signature.
    examples: for 'int8', inputs of it, to measure activations on.
  """
  from litert_quantizer import qtyping
  from litert_quantizer import quantizer as quantizer_lib

  names = qtyping.TFLOperationName
  quantizer = quantizer_lib.Quantizer(content)
  quantizer.add_dynamic_config(
    regex=_FLOW, operation_name=names.CONV_2D, num_bits=_BITS
  )
  if mode == 'dynamic':
    quantizer.add_dynamic_config(
      regex=_BODIES, operation_name=names.CONV_2D, num_bits=_BITS
    )
    return bytes(quantizer.quantize().quantized_model)
  for name in (names.CONV_2D, names.ADD, names.CONCATENATION, names.RESHAPE):
    quantizer.add_static_config(
      regex=_BODIES,
      operation_name=name,
      activation_num_bits=_BITS,
      weight_num_bits=_BITS,
    )
  ranges = quantizer.calibrate({signature: examples})
  return bytes(quantizer.quantize(ranges).quantized_model)
