# SPDX-License-Identifier: Apache-2.0
"""Claims about what of a photo may change, and what the result is made of."""

import numpy as np
import pytest
import tensorflow as tf

from clothflow_tf.inputs import batch as batch_lib
from clothflow_tf.inputs import labels
from clothflow_tf.models import composition
from tests import samples

SHAPE = (1, 40, 30)
OLD, NEW = np.s_[:, 14:22, 10:20], np.s_[:, 16:26, 10:20]
BARE = np.s_[:, 14:22, 4:8]  # An arm that the old sleeve covered.
FACE, HAIR = np.s_[:, 4:12, 10:20], np.s_[:, 12:15, 10:14]


@pytest.fixture
def batch():
  """A person in a top, who puts on another, lower one."""
  person = np.zeros(SHAPE, np.int32)
  person[OLD] = person[BARE] = labels.UPPER_CLOTHES
  person[FACE], person[HAIR] = labels.FACE, labels.HAIR
  removed = (person == labels.UPPER_CLOTHES)[..., np.newaxis]
  stays = np.where(removed[..., 0], labels.BACKGROUND, person)
  photo = samples.uniform((*SHAPE, 3), -1.0, 1.0)
  return {
    'person_image': tf.constant(photo),
    'agnostic_image': tf.constant(np.where(removed, 0.1, photo)),
    'person_layout': batch_lib.one_hot(tf.constant(person)),
    'agnostic_layout': batch_lib.one_hot(tf.constant(stays)),
    'removed': tf.constant(removed.astype(np.float32)),
    'garments': tf.one_hot([labels.UPPER_CLOTHES], labels.NUM_LABELS),
    'warped_garment': tf.constant(samples.uniform((*SHAPE, 3), -1.0, 1.0)),
  }


@pytest.fixture
def layout(batch):
  predicted = np.argmax(batch['agnostic_layout'], -1).astype(np.int32)
  predicted[NEW], predicted[BARE] = labels.UPPER_CLOTHES, labels.LEFT_ARM
  return batch_lib.one_hot(tf.constant(predicted))


def test_both_garments_and_new_skin_may_change_and_a_rim(batch, layout):
  region = composition.region(batch, layout).numpy()[..., 0]
  for part in (OLD, BARE):
    inside = region[part].copy()
    inside[batch['person_layout'].numpy()[part][..., labels.HAIR] > 0] = 1.0
    assert (inside == 1.0).all()
  assert (region[:, 22:26, 10:20] == 1.0).all()
  # Two pixels of rim below the new garment, one that fades, and nothing more.
  column = region[0, 25:31, 15]
  np.testing.assert_allclose(column, [1, 1, 2 / 3, 1 / 3, 0, 0], atol=1e-6)


def test_face_and_hair_may_change_only_beside_what_goes(batch, layout):
  region = composition.region(batch, layout).numpy()[..., 0]
  # The hair's last two rows lie within two pixels of the old garment, the face
  # further away.
  assert region[0, 13, 11] > 0.0
  assert not region[FACE].any()
  far = {**batch, 'removed': tf.zeros_like(batch['removed'])}
  assert not composition.region(far, layout).numpy()[..., 0][HAIR].any()


def _rendered(batch):
  weights = np.abs(samples.uniform((*SHAPE, 5), 0.1, 1.0))
  weights /= weights.sum(-1, keepdims=True)
  light = np.full((*SHAPE, 1), -0.3, np.float32)
  garment = (batch['warped_garment'] + 1.0) * 0.7 - 1.0
  parts = [
    tf.constant(samples.uniform((*SHAPE, 3), -1.0, 1.0)),
    garment,
    batch['agnostic_image'],
    *[tf.fill((*SHAPE, 3), value) for value in (0.5, -0.5)],
  ]
  image = sum(weights[..., i : i + 1] * part for i, part in enumerate(parts))
  return {'image': image, 'weights': tf.constant(weights), 'light': light}


def test_outside_the_photo_is_the_result_to_the_bit(batch, layout):
  result = composition.kept(_rendered(batch), batch, layout)
  region = composition.region(batch, layout).numpy()[..., 0]
  outside = region == 0.0
  assert 0.2 < outside.mean() < 0.9
  np.testing.assert_array_equal(
    result['image'].numpy()[outside], batch['person_image'].numpy()[outside]
  )
  assert (result['composition'].numpy()[outside] == [0.0, 1.0, 0.0]).all()


def test_inside_it_is_what_stage_3_painted(batch, layout):
  rendered = _rendered(batch)
  result = composition.kept(rendered, batch, layout)
  inside = composition.region(batch, layout).numpy()[..., 0] == 1.0
  np.testing.assert_allclose(
    result['image'].numpy()[inside],
    rendered['image'].numpy()[inside],
    atol=0.02,
  )


def test_the_parts_add_up_to_the_picture(batch, layout):
  result = composition.kept(_rendered(batch), batch, layout)
  own, photo, painted = np.split(result['composition'].numpy(), 3, -1)
  np.testing.assert_allclose(own + photo + painted, 1.0, atol=1e-6)
  lit = (batch['warped_garment'] + 1.0) * (1.0 + result['light']) - 1.0
  total = own * lit + photo * batch['person_image']
  total += painted * result['painted']
  np.testing.assert_allclose(total, result['image'], atol=1e-5)
