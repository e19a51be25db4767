# SPDX-License-Identifier: Apache-2.0
"""Claims about paper dolls seen from the side: exact, honest, never empty."""

import cv2
import numpy as np
import pytest

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import frames
from clothflow_tf.data.dolls import generate as dolls
from clothflow_tf.data.dolls import lower as lowers
from clothflow_tf.data.dolls import pose as poses
from clothflow_tf.data.dolls import side as sides
from clothflow_tf.data.dolls import side_drape
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import upper as uppers
from clothflow_tf.inputs import labels

SPEC = dolls.DollSpec(task='pose_transfer', width=256, seed=3)
SHIFTS = ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5))
# Right and left of (eye, ear), in the order of COCO.
EYES_AND_EARS = ((14, 16), (15, 17))


def _facings(index):
  key = streams.Key(SPEC.seed, SPEC.split, index)
  return [
    dolls.pose_of(SPEC, key, name).facing for name in ('target', 'source')
  ]


@pytest.fixture(scope='module')
def pairs():
  """[(record, facings, (target, source) canvases, truth)] with a profile."""
  drawn, of_pair = [], dolls.truths.of_pair

  def watched(target, source):
    drawn.append(((target, source), of_pair(target, source)))
    return drawn[-1][1]

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(dolls.truths, 'of_pair', watched)
    chosen = [i for i in range(80) if any(_facings(i))]
    records = [dolls.generate(SPEC, i) for i in chosen]
  return [
    (record, _facings(i), *seen)
    for record, i, seen in zip(records, chosen, drawn, strict=True)
  ]


def _psnr(record, shift=(0.0, 0.0)):
  """PSNR of the warp over visible pixels two pixels from their border."""
  visible = record['visible'].astype(np.uint8)
  inner = cv2.erode(visible, np.ones((5, 5)), borderValue=0) > 0
  flow = record['flow'].astype(np.float32) + np.float32(shift)
  h, w = visible.shape
  x = np.arange(w, dtype=np.float32)[None] + flow[..., 0]
  y = np.arange(h, dtype=np.float32)[:, None] + flow[..., 1]
  source = record['source_image'].astype(np.float32)
  shown = cv2.remap(source, x, y, cv2.INTER_LINEAR)
  shown *= record['shade'].astype(np.float32)[..., None]
  error = (shown - record['target_image'])[inner]
  return 10 * np.log10(255**2 / max(float((error**2).mean()), 1e-2))


def test_about_a_fifth_of_the_pictures_is_a_profile():
  facings = np.array([_facings(i) for i in range(400)])
  assert 0.14 < np.mean(facings != 0) < 0.22
  # Views from opposite sides share no cloth.
  assert (facings.prod(1) >= 0).all()
  assert {-1, 0, 1} == set(facings.ravel())


def test_the_flow_of_profile_pairs_is_exact(pairs):
  scores = [_psnr(record) for record, *_ in pairs]
  assert len(scores) >= 15
  assert np.mean(scores) >= 30, scores
  for shift in SHIFTS:
    moved = np.mean([_psnr(record, shift) for record, *_ in pairs])
    assert np.mean(scores) - moved >= 2, shift


def test_the_far_eye_and_ear_are_missing(pairs):
  near = 0
  for record, facings, *_ in pairs:
    for name, facing in zip(('target', 'source'), facings, strict=True):
      if facing:
        # Looking to the right of the picture shows a person's right side.
        shown = EYES_AND_EARS[0 if facing == 1 else 1]
        hidden = EYES_AND_EARS[1 if facing == 1 else 0]
        keypoints = record[f'{name}_keypoints']
        assert (keypoints[list(hidden)] == 0).all()
        near += (keypoints[list(shown), 2] > 0).sum()
  assert near >= 15


def test_the_nose_points_where_the_person_looks(pairs):
  for record, facings, *_ in pairs:
    nose, ears = record['target_keypoints'][0], record['target_keypoints'][16:]
    seen = ears[ears[:, 2] > 0]
    if facings[0] and nose[2] > 0 and len(seen):
      assert np.sign(nose[0] - seen[0, 0]) == facings[0]


def test_a_back_is_never_visible_from_the_front(pairs):
  backs = 0
  for record, facings, (target, source), truth in pairs:
    owner = target.owner[::2, ::2]
    sheet = target.names()[np.maximum(owner, 0), 0]
    back = (owner >= 0) & (sheet // 3 % 2 == 1)
    assert back.any() == bool(facings[0])
    assert all(mesh.sheet // 3 % 2 == 0 for _, mesh in source.drawn) == (
      not facings[1]
    )
    if not facings[1]:
      backs += back.sum()
      assert not truth.visible[back].any()
      assert not record['visible'][back].any()
  assert backs > 1000


def test_profile_pairs_share_cloth(pairs):
  for record, *_ in pairs:
    clothes = np.isin(record['target_layout'], labels.CLOTHING)
    assert record['visible'].sum() >= 0.15 * clothes.sum()


@pytest.mark.parametrize('facing', (-1, 1))
@pytest.mark.parametrize('limb', ('arm', 'leg'))
def test_front_and_back_meet_at_the_side_seam(limb, facing):
  rng = np.random.default_rng(4)
  body = bodies.sample(rng)
  pose = poses.sample(rng, frames.Frame(256, 256), full=True)
  puppet = sides.Puppet(body, poses.profile(rng, pose, facing))
  if limb == 'arm':
    garment = uppers.sample(rng, body, None)
  else:
    garment = lowers.sample(rng, body, 2.0)
  front = side_drape.Drape(garment, puppet, rng)
  y = np.linspace(1.2 if limb == 'arm' else 2.0, 3.4, 9)
  seam = np.stack([garment.half_width(y), y], 1)
  for side in (-1, 1):
    placed = front.place(seam * (side, 1), drapes.PANEL)
    behind = front.behind.place(seam * (-side, 1), drapes.PANEL)
    np.testing.assert_allclose(placed, behind, atol=1e-6)
