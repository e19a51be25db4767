# SPDX-License-Identifier: Apache-2.0
"""Claims about colours: what is hidden goes on from what is seen of it."""

import numpy as np

from clothflow_tf.inference import planes
from clothflow_tf.inputs import labels
from tests.inference import small_parts

TOP, filled = small_parts.TOP, small_parts.filled
GARMENT, PHOTO, PAINTED = small_parts.SHARES

# What the model paints, in `small_parts`, and what is in the photo.
OURS, SEEN, OLD = 200, 60, 250
# Rows where the old garment ends, and where a shorter one does.
OLD_HEM, HEM = 50, 10


def _planes(label, hem, removed=None):
  """A garment that ends at a row; below it a label goes on up to there."""
  photo, result, shares = filled(label), filled(label), filled(PHOTO)
  photo[:OLD_HEM], shares[:OLD_HEM] = TOP, PAINTED
  result[:hem], shares[:hem] = TOP, GARMENT
  parts = small_parts.parts(photo, result, shares, removed)
  parts.person.pixels[:] = np.where(photo[..., None] == TOP, OLD, SEEN)
  return planes.of(parts)


def test_cloth_beside_the_garment_goes_on_from_what_is_seen_of_it():
  others = _planes(labels.PANTS, OLD_HEM - 2).colors['others']
  np.testing.assert_allclose(others[OLD_HEM - 4 :], SEEN, atol=1)


def test_cloth_far_from_what_is_seen_of_it_is_painted():
  others = _planes(labels.PANTS, HEM).colors['others']
  np.testing.assert_allclose(others[HEM : OLD_HEM - 4], OURS, atol=1)
  np.testing.assert_allclose(others[OLD_HEM + 4 :], SEEN, atol=1)


def test_cloth_does_not_go_on_from_the_old_garment():
  # Of which a model may leave some.
  left = np.zeros(small_parts.SIZE, bool)
  others = _planes(labels.PANTS, HEM, removed=left).colors['others']
  assert others.max() < OURS + 1


def test_skin_goes_on_in_the_tone_of_what_is_seen_of_it():
  skin = _planes(labels.LEFT_ARM, HEM).colors['skin']
  np.testing.assert_allclose(skin[OLD_HEM - 3 :], SEEN, atol=2)
  np.testing.assert_allclose(skin[HEM : HEM + 8], OURS, atol=2)


def test_legs_lend_a_new_arm_no_tone():
  skin = _planes(labels.LEFT_LEG, HEM).colors['skin']
  np.testing.assert_allclose(skin, OURS, atol=2)


def test_the_product_ends_beside_bare_skin_alone():
  photo, shares = filled(TOP), filled(GARMENT)
  # What the layout calls a neck, the shares call garment, or not.
  result = filled(labels.TORSO_SKIN)
  for color, is_bare in ((GARMENT, False), (PAINTED, True)):
    shares[:] = color
    parts = small_parts.parts(photo, result, shares)
    bare = planes.of(parts).nearby['bare skin']
    assert (bare.min(), bare.max()) == (is_bare, is_bare)


def test_paint_beside_the_garment_is_none_of_the_skins_colour():
  photo, result = filled(TOP), filled(labels.TORSO_SKIN)
  shares = filled(PAINTED)
  result[:HEM], shares[:HEM] = TOP, GARMENT
  parts = small_parts.parts(photo, result, shares)
  clean = planes.of(parts).colors['skin']
  parts.outputs['painted'][: HEM + 2] = 20
  np.testing.assert_array_equal(planes.of(parts).colors['skin'], clean)
