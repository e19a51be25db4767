# SPDX-License-Identifier: Apache-2.0
"""SavedModels that take no training, with the signatures that are served.

`serving_default` is the contract of the exported model: encoded pictures in and
out. Its picture depends on every input, and on a number that tells versions
apart. The others are what TensorFlow Serving's documentation speaks of: one
input, text, all types, outputs without rows; `work` takes its time.
"""

import io
import os

import numpy as np
from PIL import Image
import tensorflow as tf

HEIGHT, WIDTH = 20, 16
_TEXT = tf.TensorSpec([None], tf.string)


class _Served(tf.Module):
  """The functions; `number` is added to every picture."""

  def __init__(self, number: int):
    super().__init__()
    self.number = tf.Variable(float(number))
    random = np.random.default_rng(0)
    weights = random.normal(0, 0.3, (3, 3, 3, 8)).astype(np.float32)
    self.weights = tf.Variable(weights)

  def dress(self, inputs):
    return tf.map_fn(self._one, inputs, fn_output_signature=tf.string)

  def _one(self, inputs):
    photo, garment = (
      tf.cast(_decoded(inputs[name], 3), tf.float32)
      for name in ('person_image', 'garment_image')
    )
    layout = tf.cast(_decoded(inputs['person_layout'], 1), tf.float32)
    tf.debugging.assert_equal(
      tf.shape(layout)[:2], tf.shape(photo)[:2], 'person_layout: its size'
    )
    mask = tf.cond(
      tf.equal(inputs['garment_mask'], ''),
      lambda: 7.0,
      lambda: tf.reduce_mean(
        tf.cast(_decoded(inputs['garment_mask'], 1), tf.float32)
      ),
    )
    total = tf.reduce_mean(garment) + mask + self.number
    total += tf.reduce_sum(inputs['person_keypoints'])
    total += tf.cast(inputs['garment_label'], tf.float32)
    image = tf.cast(photo + layout + total, tf.int32) % 256
    return tf.io.encode_png(tf.cast(image, tf.uint8))

  def conv(self, image):
    image = tf.cast(image, tf.float32) / 255.0
    return tf.nn.conv2d(image, self.weights, 1, 'SAME')


def _decoded(content, channels):
  return tf.io.decode_image(content, channels, expand_animations=False)


def _worked(n):
  total = tf.while_loop(
    lambda i, x: i < tf.reduce_max(n),
    lambda i, x: (i + 1, tf.math.sin(x)),
    (0, tf.cast(n, tf.float32)),
    parallel_iterations=1,
  )[1]
  return {'total': total, 'n_out': n}


def _spec(shape, dtype):
  return tf.TensorSpec(shape, dtype)


def _functions(module):
  pictures = ('person_image', 'person_layout', 'garment_image', 'garment_mask')
  contract = {
    **dict.fromkeys(pictures, _TEXT),
    'person_keypoints': _spec([None, 18, 3], tf.float32),
    'garment_label': _spec([None], tf.int32),
  }
  types = {
    name: _spec([None, 2], dtype)
    for name, dtype in {
      'f': tf.float32,
      'd': tf.float64,
      'i': tf.int32,
      'l': tf.int64,
      'u': tf.uint8,
      'b': tf.bool,
      's': tf.string,
    }.items()
  }
  return {
    'serving_default': (
      contract,
      lambda x: {'image_bytes': module.dress(x)},
    ),
    'tensors': (
      {'image': _spec([None, HEIGHT, WIDTH, 3], tf.uint8)},
      lambda x: {'features': module.conv(x['image'])},
    ),
    'half': (
      {'x': _spec([None], tf.float32)},
      lambda x: {'y': x['x'] / 2 + 3},
    ),
    'text': (
      {'text': _TEXT},
      lambda x: {'text_out': x['text'], 'text_bytes': x['text']},
    ),
    'types': (types, lambda x: {f'{k}_out': v for k, v in x.items()}),
    'sum': (
      {'x': _spec([None, 2], tf.float32)},
      lambda x: {'total': tf.reduce_sum(x['x'])},
    ),
    'sides': (
      {'a': _spec([None], tf.float32), 'b': _spec([None], tf.float32)},
      lambda x: {'outer': x['a'][:, tf.newaxis] * x['b'][tf.newaxis]},
    ),
    'work': ({'n': _spec([None], tf.int32)}, lambda x: _worked(x['n'])),
  }


def write(folder: str, number: int = 1) -> str:
  """Writes a version of the model; its pictures depend on the number.

  Returns:
    The folder.
  """
  module, signatures = _Served(number), {}
  for name, (inputs, function) in _functions(module).items():
    made = tf.function(lambda function=function, **x: function(x))
    signatures[name] = made.get_concrete_function(
      **{k: tf.TensorSpec(s.shape, s.dtype, k) for k, s in inputs.items()}
    )
  partial = f'{folder}.partial'
  tf.saved_model.save(module, partial, signatures=signatures)
  os.rename(partial, folder)
  return folder


def load(folder: str):
  """Returns the signatures of a version, to compare with."""
  return tf.saved_model.load(folder).signatures


def png(array: np.ndarray) -> bytes:
  stream = io.BytesIO()
  Image.fromarray(array).save(stream, 'PNG')
  return stream.getvalue()


def request(seed: int, mask: bool = True) -> dict:
  """Returns the inputs of one example of `serving_default`."""
  random = np.random.default_rng(seed)
  size = (HEIGHT, WIDTH)
  return {
    'person_image': png(random.integers(0, 256, (*size, 3), np.uint8)),
    'person_layout': png(random.integers(0, 20, size, np.uint8)),
    'garment_image': png(random.integers(0, 256, (9, 8, 3), np.uint8)),
    'garment_mask': png(np.full((9, 8), 255, np.uint8)) if mask else b'',
    'person_keypoints': random.integers(0, 9, (18, 3)).astype(np.float32),
    'garment_label': np.int32(5),
  }


def expected(signatures, inputs: dict) -> bytes:
  """Returns the picture of one example, by the model in this process."""
  batch = {name: tf.constant([value]) for name, value in inputs.items()}
  outputs = signatures['serving_default'](**batch)
  return outputs['image_bytes'].numpy()[0]
