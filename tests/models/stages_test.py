# SPDX-License-Identifier: Apache-2.0
"""Claims about stages 1 and 3: inputs, outputs, composition, gradients."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import agnostic
from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import layout as layout_lib
from clothflow_tf.models import render as render_lib
from tests import samples


def _layout(task='try_on', **changes):
  config = samples.config()
  config.data.task = task
  settings = dataclasses.replace(config.layout, **changes)
  return layout_lib.LayoutNet(settings, config.data)


def _render(**changes):
  config = samples.config()
  settings = dataclasses.replace(config.render, **changes)
  return render_lib.RenderNet(settings, config.data)


def _random_batch(network):
  return {
    name: tf.constant(samples.uniform((2, *shape[1:]), -1.0, 1.0))
    for name, shape in zip(
      network.input_names, (x.shape for x in network.inputs)
    )
  }


@pytest.mark.parametrize('downsampling', [1, 2])
def test_a_layout_has_a_logit_a_label_on_its_grid(downsampling):
  network = _layout(downsampling=downsampling)
  drawn = network(_random_batch(network))
  assert drawn.keys() == {'logits'}
  size = 64 // downsampling, 48 // downsampling
  assert drawn['logits'].shape == (2, *size, 20)


def test_a_refined_layout_starts_as_the_coarse_one_on_a_finer_grid():
  tf.keras.utils.set_random_seed(2)
  coarse, fine = (
    _layout(downsampling=4, channels=(8, 8), refinement=x) for x in (0, 6)
  )
  names = {x.name: x for x in coarse.weights}
  added = [x for x in fine.weights if x.name not in names]
  assert added and all(x.name.startswith('refined_') for x in added)
  for variable in fine.weights:
    if variable.name in names:
      variable.assign(names[variable.name])
  batch = _random_batch(fine)
  shrunk = {
    name: tf.nn.avg_pool2d(x, 2, 2, 'VALID') if x.shape.rank == 4 else x
    for name, x in batch.items()
  }
  drawn = fine(batch)['logits']
  assert drawn.shape == (2, 32, 24, 20)
  expected = tf.image.resize(coarse(shrunk)['logits'], [32, 24])
  np.testing.assert_allclose(drawn, expected, atol=1e-5)


def test_a_smoothed_layout_is_the_mean_of_neighbouring_logits():
  tf.keras.utils.set_random_seed(2)
  plain, smooth = (
    _layout(downsampling=4, channels=(8, 8), refinement=6, smoothing=x)
    for x in (1, 3)
  )
  smooth.set_weights(plain.get_weights())
  batch = _random_batch(plain)
  stripes, drawn = plain(batch)['logits'], smooth(batch)['logits']
  assert drawn.shape == stripes.shape
  # The mean of nine, within the picture.
  expected = np.mean(stripes[:, 4:7, 7:10], (1, 2))
  np.testing.assert_allclose(drawn[:, 5, 8], expected, atol=1e-5)
  corner = np.mean(stripes[:, :2, :2], (1, 2))
  np.testing.assert_allclose(drawn[:, 0, 0], corner, atol=1e-5)


def _kept(prior):
  """Flat logits on half of the grid, of a person who keeps an arm and a wall.

  Rows 10 to 20 are the arm, rows 30 to 40 were removed.
  """
  layout = np.zeros((1, 64, 48), np.int32)
  layout[:, 10:20] = labels.LEFT_ARM
  removed = np.zeros((1, 64, 48, 1), np.float32)
  removed[:, 30:40] = 1.0
  batch = {
    'agnostic_layout': batch_lib.one_hot(tf.constant(layout)),
    'removed': tf.constant(removed),
  }
  settings = dataclasses.replace(
    samples.config().layout, downsampling=2, kept_prior=prior
  )
  logits = tf.zeros([1, 32, 24, 20])
  return layout_lib.at_full_size(logits, batch, settings).numpy()[0]


def test_what_is_kept_has_a_head_start_at_full_size():
  logits = _kept(prior=3.0)
  expected = np.zeros((64, 48, 20))
  expected[:30, :, labels.BACKGROUND] = 3.0
  expected[40:, :, labels.BACKGROUND] = 3.0
  expected[10:20, :, labels.BACKGROUND] = 0.0
  expected[10:20, :, labels.LEFT_ARM] = 3.0
  np.testing.assert_allclose(logits, expected)
  assert not _kept(prior=0.0).any()


def test_only_try_on_sees_the_agnostic_person():
  transfer = {'source_image', 'source_layout', 'pose'}
  assert set(_layout('pose_transfer').input_names) == transfer
  try_on = transfer | {'agnostic_image', 'agnostic_layout'}
  assert set(_layout('try_on').input_names) == try_on


def test_the_renderer_takes_warp_person_layout_and_pose():
  names = {'warped_garment', 'agnostic_image', 'target_layout', 'pose'}
  assert set(_render().input_names) == names
  with_mask = names | {'warped_mask'}
  assert set(_render(warped_mask=True).input_names) == with_mask


def test_an_image_is_within_minus_one_and_one():
  network = _render()
  network.get_layer('painted').bias.assign([90.0, -90.0, 0.0])
  image = network(_random_batch(network))['image'].numpy()
  assert image.shape == (2, 64, 48, 3)
  assert image.min() == -1.0
  assert image.max() == 1.0


@pytest.mark.parametrize(
  ('composition', 'names'),
  [
    ('garment', ['warped_garment']),
    ('garment_and_person', ['warped_garment', 'agnostic_image']),
  ],
)
def test_an_untrained_composition_is_the_plain_mean(composition, names):
  network = _render(composition=composition)
  batch = _random_batch(network)
  painted = tf.keras.Model(network.inputs, network.get_layer('painted').output)(
    batch
  )
  images = [painted, *(batch[name] for name in names)]
  np.testing.assert_allclose(
    network(batch)['image'], sum(images) / len(images), atol=1e-6
  )


def test_a_soft_edge_of_the_garment_is_not_another_garment():
  network = _render(composition='layers', warped_mask=True)
  batch = _random_batch(network)
  # Half the garment, half background, where the old garment was.
  layout = np.zeros(batch['target_layout'].shape, np.float32)
  layout[..., labels.UPPER_CLOTHES] = layout[..., labels.BACKGROUND] = 0.5
  batch.update(
    target_layout=tf.constant(layout),
    warped_mask=0.5 * tf.ones_like(batch['warped_mask']),
    removed=tf.ones_like(batch['removed']),
  )
  before = network(batch)['image'].numpy()
  batch['clothes'] = -batch['clothes']
  change = np.abs(network(batch)['image'].numpy() - before)
  # exp(0) against two of exp(2.5) and two others: 0.04 of a difference of 2;
  # exp(1.25), if the garment's own label counted, would be 0.12 of it.
  assert change.max() < 0.15


def test_an_untrained_composition_of_layers_follows_what_is_known():
  network = _render(composition='layers', warped_mask=True)
  batch = _random_batch(network)
  layout = np.zeros(batch['target_layout'].shape, np.float32)
  layout[:, :20, :, labels.LEFT_ARM] = 1.0
  layout[:, 20:40, :, labels.UPPER_CLOTHES] = 1.0
  layout[:, 40:, :, labels.PANTS] = 1.0
  mask = np.zeros(batch['warped_mask'].shape, np.float32)
  mask[:, 20:40] = 1.0
  removed = np.ones(batch['removed'].shape, np.float32)
  removed[:, 50:] = 0.0
  batch.update(target_layout=tf.constant(layout), warped_mask=tf.constant(mask))
  batch['removed'] = tf.constant(removed)
  image = network(batch)['image'].numpy()
  rows = {'skin': (0, 20), 'warped_garment': (20, 40), 'clothes': (40, 50)}
  rows['agnostic_image'] = (50, 64)  # What is kept stays, whatever the layout.
  for name, (top, low) in rows.items():
    # exp(5) of the weight, one each for four others: at most 0.027 * 2 away.
    expected = batch[name].numpy()[:, top:low]
    np.testing.assert_allclose(image[:, top:low], expected, atol=0.055)


def test_light_is_a_factor_of_new_skin_and_of_the_garment():
  network = _render(composition='layers', warped_mask=True, shade=True)
  batch = _random_batch(network)
  # Only one of the images that are blended, and nothing else changes.
  layers = ('painted', 'warped_garment', 'agnostic_image', 'skin', 'clothes')
  lit = {'warped_garment': [0], 'skin': [1, 2, 3]}
  for which, name in enumerate(layers):
    network.get_layer('composition').bias.assign(200.0 * np.eye(5)[which])
    light = network.get_layer('light').bias
    light.assign(np.zeros(4))
    plain = network(batch)['image'].numpy()
    if name != 'painted':
      np.testing.assert_allclose(plain, batch[name], atol=1e-5)
    bias = np.zeros(4, np.float32)
    bias[lit.get(name, [0, 1, 2, 3])] = np.arctanh(-0.5)
    light.assign(bias)
    factor = 0.7 if name in lit else 1.0
    expected = (plain + 1.0) * factor - 1.0
    np.testing.assert_allclose(network(batch)['image'], expected, atol=1e-5)
    light.assign(np.full(4, 20.0))  # However bright, no brighter than white.
    assert network(batch)['image'].numpy().max() <= 1.0 + 1e-6


@pytest.mark.parametrize('which', [0, 1, 2])
def test_a_sure_weight_copies_one_image(which):
  network = _render(composition='garment_and_person')
  network.get_layer('composition').bias.assign(200.0 * np.eye(3)[which])
  batch = _random_batch(network)
  painted = tf.keras.Model(network.inputs, network.get_layer('painted').output)(
    batch
  )
  images = [painted, batch['warped_garment'], batch['agnostic_image']]
  np.testing.assert_allclose(network(batch)['image'], images[which], atol=1e-6)


@pytest.mark.parametrize(
  'network',
  [
    pytest.param(_layout, id='layout'),
    pytest.param(_render, id='render'),
    pytest.param(
      lambda: _render(composition='garment_and_person', warped_mask=True),
      id='composed',
    ),
    pytest.param(
      lambda: _render(composition='layers', warped_mask=True, shade=True),
      id='lit',
    ),
  ],
)
def test_every_variable_receives_a_gradient(network):
  tf.keras.utils.set_random_seed(1)
  network = network()
  for layer in network.layers:
    # A zero kernel would stop gradients.
    if layer.name in ('composition', 'light'):
      layer.kernel.assign(samples.uniform(layer.kernel.shape, -0.1, 0.1))
  batch = _random_batch(network)
  with tf.GradientTape() as tape:
    result = tf.nest.flatten(network(batch, training=True))
    loss = tf.add_n([tf.reduce_sum(tf.square(x - 0.3)) for x in result])
  variables = network.trainable_variables
  for variable, gradient in zip(variables, tape.gradient(loss, variables)):
    assert gradient is not None, variable.name
    assert np.abs(gradient).max() > 0.0, variable.name


def test_skin_is_told_by_its_difference_from_the_face():
  layout = np.zeros((1, 8, 6), np.int32)
  layout[:, 0] = labels.FACE
  layout[:, 4:6] = labels.LEFT_ARM
  image = np.full((1, 8, 6, 3), -0.5, np.float32)
  image[:, 0] = image[:, 4] = (0.6, 0.2, 0.1)  # Row 5 is a sleeve.
  one_hot = batch_lib.one_hot(tf.constant(layout))
  layer = layout_lib.SkinDifference()
  shown = layer([tf.constant(image), one_hot]).numpy()
  np.testing.assert_allclose(shown[:, 4], 0.0, atol=0.02)
  assert np.abs(shown[:, 5]).min() > 0.5
  # Without a face, arms are all the skin there is; without any, a default.
  layout[:, 0] = 0
  one_hot = batch_lib.one_hot(tf.constant(layout))
  shown = layer([tf.constant(image), one_hot]).numpy()
  np.testing.assert_allclose(shown[0, 4, 0], [0.55, 0.35, 0.3], atol=1e-5)
  shown = layer([tf.constant(image), tf.zeros_like(one_hot)]).numpy()
  expected = image[0, 4, 0] - np.float32(agnostic.DEFAULT_SKIN)
  np.testing.assert_allclose(shown[0, 4, 0], expected, atol=1e-6)
