# SPDX-License-Identifier: Apache-2.0
"""Encoded pictures in, encoded pictures out: what a server runs.

Each element of a batch is read, checked and framed by itself, as photos have
their own sizes; then the networks are given the whole batch; then each photo is
composed and encoded. Everything is in the graph, in operations that every
TensorFlow has, so that TensorFlow Serving can run it.

| input            | type, shape         |                                   |
|------------------|---------------------|-----------------------------------|
| person_image     | string [B]          | JPEG or PNG                       |
| person_layout    | string [B]          | PNG of a record's labels          |
| person_keypoints | float32 [B, 18, 3]  | in pixels of person_image         |
| garment_image    | string [B]          | JPEG or PNG                       |
| garment_mask     | string [B]          | grey PNG or JPEG; '' without one  |
| garment_label    | int32 [B]           | one of `raw.GARMENTS`             |
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from clothflow_tf.inference import parts
from clothflow_tf.inputs import keypoints as keypoints_lib
from clothflow_tf.inputs import raw
from export.serving.graph import composition
from export.serving.graph import edges
from export.serving.graph import framing
from export.serving.graph import garments
from export.serving.graph import headers
from export.serving.graph import people
from export.serving.graph import pictures

SPECS = {
  'person_image': tf.TensorSpec([None], tf.string, 'person_image'),
  'person_layout': tf.TensorSpec([None], tf.string, 'person_layout'),
  'person_keypoints': tf.TensorSpec(
    [None, keypoints_lib.NUM_KEYPOINTS, 3], tf.float32, 'person_keypoints'
  ),
  'garment_image': tf.TensorSpec([None], tf.string, 'garment_image'),
  'garment_mask': tf.TensorSpec([None], tf.string, 'garment_mask'),
  'garment_label': tf.TensorSpec([None], tf.int32, 'garment_label'),
}
KINDS = ('png', 'jpeg')
# What is kept of an element while the networks run, each with its type.
_KEPT = {
  'pixels': tf.uint8,
  'layout': tf.uint8,
  'garment': tf.uint8,
  'mask': tf.uint8,
}
_WINDOW = ('left', 'top', 'scale')
# Elements that are read at once, and composed at once.
_READ, _COMPOSED = 4, 1

Tensors = dict[str, tf.Tensor]


class Options(NamedTuple):
  """How results are returned.

  Attributes:
    kind: of `KINDS`, of the result's bytes.
    partial: an element that cannot be used has a status and no picture; else
      the whole batch is refused, with an error that names it.
  """

  kind: str = 'png'
  partial: bool = False


def dress(
  network: Callable[[Tensors], Tensors],
  size: raw.Size,
  options: Options,
  request: Tensors,
) -> Tensors:
  """Returns 'image_bytes' string [B], and 'status' [B] if partial.

  Args:
    network: returns `parts.NEEDED` for raw inputs.
    size: of the model.
    options: how results are returned.
    request: of `SPECS`.

  Raises:
    tf.errors.InvalidArgumentError: as it runs, unless partial: names the first
      input that cannot be used and its place, as in 'person_image[2]: ...'.
  """
  with tf.control_dependencies([_check_counts(request)]):
    request = {name: tf.identity(value) for name, value in request.items()}
  count = tf.shape(request['person_image'])[0]
  elements = {**request, 'number': tf.range(count)}
  prepared = tf.map_fn(
    lambda element: _prepared(element, size),
    elements,
    fn_output_signature=_signature(size),
    parallel_iterations=_READ,
  )
  status = prepared['status']
  checks = [] if options.partial else [_refuse(status)]
  with tf.control_dependencies(checks):
    inputs = {name: tf.identity(prepared[name]) for name in _raw_specs(size)}
  outputs = network(inputs)
  outputs = {name: outputs[name] for name in parts.NEEDED}
  composed = tf.map_fn(
    lambda element: _composed(*element, size, options.kind),
    (prepared, outputs),
    fn_output_signature=tf.TensorSpec([], tf.string),
    parallel_iterations=_COMPOSED,
  )
  if options.partial:
    return {'image_bytes': composed, 'status': status}
  return {'image_bytes': composed}


def _check_counts(request: Tensors) -> tf.Operation:
  counts = tf.stack([tf.shape(value)[0] for value in request.values()])
  same = tf.reduce_all(counts == counts[0])
  names = ', '.join(request)
  return tf.debugging.Assert(
    same, [f'expected as many of each of {names}; came', counts]
  )


def _refuse(status: tf.Tensor) -> tf.Operation:
  """Returns what fails with the first status that is not ''."""
  problem = tf.boolean_mask(status, status != '')
  problem = tf.concat([problem, ['']], 0)[0]
  return tf.debugging.Assert(problem == '', [problem])


def _raw_specs(size: raw.Size) -> dict[str, tf.TensorSpec]:
  shapes = raw.shapes('try_on', *size)
  return {
    name: tf.TensorSpec(shape, raw.DTYPES[name])
    for name, shape in shapes.items()
  }


def _signature(size: raw.Size) -> dict[str, tf.TensorSpec]:
  """Returns what is known of an element before the networks run."""
  return {
    'status': tf.TensorSpec([], tf.string),
    **_raw_specs(size),
    **{name: tf.TensorSpec([], tf.float64) for name in _WINDOW},
    **{name: tf.TensorSpec([], tf.string) for name in _KEPT},
  }


def _prepared(element: Tensors, size: raw.Size) -> Tensors:
  """Reads, checks and frames one element; zeros where it cannot be used."""
  number, label = element['number'], element['garment_label']
  person = people.read(
    element['person_image'],
    element['person_layout'],
    element['person_keypoints'],
    number,
  )
  product = garments.read(
    element['garment_image'], element['garment_mask'], label, number
  )
  problem = headers.first([person.problem, product.problem])

  def framed() -> Tensors:
    return _framed(person.photo, product.garment, element, size)

  def nothing() -> Tensors:
    return {
      name: tf.zeros(spec.shape, spec.dtype)
      for name, spec in _signature(size).items()
    }

  ready = tf.cond(problem == '', framed, nothing)
  return {**ready, 'status': headers.first([problem, ready['status']])}


def _framed(
  photo: framing.Photo,
  garment: composition.Garment,
  element: Tensors,
  size: raw.Size,
) -> Tensors:
  """Returns an element ready for the networks, as `inference.person.framed`."""
  label = element['garment_label']
  own = framing.own_region(photo.layout, photo.keypoints)
  window = framing.place(photo, own, label, size)
  seen = tf.cast(own.seen(window), tf.uint8)
  product = garments.framed(garment, size)
  small = garments.check_framed(product['garment_mask'])
  kept = (*photo[:2], *garment)
  return {
    'status': people.named('garment_image', element['number'], small),
    'person_image': window.picture(photo.pixels),
    'person_layout': window.layout(photo.layout) * seen,
    'person_keypoints': window.points(photo.keypoints),
    **product,
    'garment_label': label,
    'hem': tf.constant(raw.DEFAULTS['hem']),
    **dict(zip(_WINDOW, window)),
    **{k: tf.io.serialize_tensor(x) for k, x in zip(_KEPT, kept)},
  }


def _composed(
  prepared: Tensors, outputs: Tensors, size: raw.Size, kind: str
) -> tf.Tensor:
  """Returns the bytes of one element's result; '' where it has a status."""

  def composed() -> tf.Tensor:
    kept = {k: tf.io.parse_tensor(prepared[k], t) for k, t in _KEPT.items()}
    pixels = tf.ensure_shape(kept['pixels'], [None, None, 3])
    layout = tf.ensure_shape(kept['layout'], [None, None])
    photo = framing.Photo(pixels, layout, prepared['person_keypoints'])
    garment = composition.Garment(
      tf.ensure_shape(kept['garment'], [None, None, 3]),
      tf.ensure_shape(kept['mask'], [None, None]),
    )
    window = framing.Window(*(prepared[name] for name in _WINDOW), size)
    place = edges.Place(layout, window, prepared['garment_label'])
    scene = composition.Scene(
      photo, prepared['person_image'], garment, place, outputs
    )
    return pictures.encode(composition.compose(scene), kind)

  return tf.cond(prepared['status'] == '', composed, lambda: '')
