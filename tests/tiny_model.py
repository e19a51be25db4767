# SPDX-License-Identifier: Apache-2.0
"""Models with the exported signature that take no training, for tests."""

import tensorflow as tf

SIZE = (16, 12)
IMAGE = tf.TensorSpec((1, *SIZE, 3), tf.uint8)
PLANE = tf.TensorSpec((1, *SIZE), tf.uint8)
POINTS = tf.TensorSpec((1, 18, 3), tf.float32)
SPECS = {
  'person_image': IMAGE,
  'person_layout': PLANE,
  'person_keypoints': POINTS,
  'garment_image': IMAGE,
  'garment_mask': PLANE,
  'garment_label': tf.TensorSpec((1,), tf.int32),
  'hem': tf.TensorSpec((1,), tf.float32),
}
TARGET_SPECS = {
  'person_image': IMAGE,
  'person_layout': PLANE,
  'target_keypoints': POINTS,
}


def blend(inputs):
  """A stand-in for ClothFlow: an image to which every input adds."""
  total = sum(
    (index + 1) * (1 + tf.reduce_mean(tf.cast(value, tf.float32)))
    for index, (_, value) in enumerate(sorted(inputs.items()))
  )
  image = tf.cast(inputs['person_image'], tf.float32) / 8 + total / 32
  plane = tf.cast(inputs['person_layout'], tf.float32)
  image = image + plane[..., tf.newaxis]
  return {
    'image': tf.cast(tf.minimum(image, 255.0), tf.uint8),
    'layout': tf.cast(tf.cast(plane, tf.int32) + 1, tf.uint8),
  }


def export(path, specs, function=blend, name='serving_default'):
  """Writes a .tflite file with one signature; returns its path."""
  module = tf.Module()
  module.run = tf.function(lambda **inputs: function(inputs))
  signature = module.run.get_concrete_function(
    **{key: tf.TensorSpec(s.shape, s.dtype, key) for key, s in specs.items()}
  )
  folder = f'{path}.saved_model'
  tf.saved_model.save(module, folder, signatures={name: signature})
  converter = tf.lite.TFLiteConverter.from_saved_model(
    folder, signature_keys=[name]
  )
  path.write_bytes(converter.convert())
  return str(path)
