# SPDX-License-Identifier: Apache-2.0
"""Claims about triplets: one person, two outfits, and nothing else changed."""

import cv2
import numpy as np
import pytest

from clothflow_tf.data.dolls import camera as cameras
from clothflow_tf.data.dolls import canvas as canvases
from clothflow_tf.data.dolls import cuts
from clothflow_tf.data.dolls import framing as framings
from clothflow_tf.data.dolls import generate as dolls
from clothflow_tf.data.dolls import parser_errors
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import triplets
from clothflow_tf.data.dolls import wardrobe
from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

SPEC = dolls.DollSpec(height=128, width=96, seed=21)
COUNT = 60
KEPT = (labels.HAIR, labels.FACE, labels.LEFT_SHOE, labels.RIGHT_SHOE)


class _Drawing:
  """A record and the triplet, the pictures and the layouts it is made of."""

  def __init__(self, index):
    self.canvases, self.layouts, agreed = [], {}, []
    draw, plan = dolls._drawn, triplets.triplet
    pictures, agree = cameras.Camera.pictures, canvases.Canvas.agree

    def watched_draw(figure, ground):
      self.canvases.append(draw(figure, ground))
      return self.canvases[-1]

    def watched_plan(*args):
      self.triplet = plan(*args)
      return self.triplet

    def watched_pictures(camera, name, *args):
      fields = pictures(camera, name, *args)
      self.layouts[name] = fields[f'{name}_layout']
      return fields

    def watched_agree(canvas, other, numbers):
      before = canvas.planes.copy()
      agree(canvas, other, numbers)
      agreed.append(np.abs(canvas.planes - before).max(0))

    with pytest.MonkeyPatch.context() as patch:
      patch.setattr(dolls, '_drawn', watched_draw)
      patch.setattr(triplets, 'triplet', watched_plan)
      patch.setattr(cameras.Camera, 'pictures', watched_pictures)
      patch.setattr(canvases.Canvas, 'agree', watched_agree)
      self.record = dolls.generate(SPEC, index)
    self.mended = agreed[0]
    # Painting pixels that exchanged garments and their shadows have changed.
    worn, before = self.triplet.worn, self.triplet.before
    bits = sum(1 << number for number in worn.exchanged(before))
    reached = [canvas.reached & bits for canvas in self.canvases]
    self.changed = (reached[0] | reached[1]) > 0


@pytest.fixture(scope='module')
def drawings():
  return [_Drawing(index) for index in range(COUNT)]


def test_nothing_but_garments_and_their_shadows_changes(drawings):
  for drawing in drawings:
    h, w = drawing.changed.shape
    # A record's pixel is the mean of two by two.
    blocks = drawing.changed.reshape(h // 2, 2, w // 2, 2).any((1, 3))
    record = drawing.record
    apart = (record['person_image'] != record['target_image']).any(-1)
    assert not (apart & ~blocks).any()
    assert apart.any()


def test_before_rounding_is_mended_it_is_the_same_picture_already(drawings):
  shares, free = [], []
  for drawing in drawings:
    shares.append((drawing.mended > 8).mean())
    free.append(1 - drawing.changed.mean())
  # Edges of skin under two garments: a pixel in a thousand. Pictures that had
  # nothing in common would be mended all over.
  assert np.mean(shares) < 0.001
  assert np.mean(free) > 0.5


def test_what_shadows_reach_is_near_the_garments(drawings):
  reach = int(0.3 * 30)  # Painting pixels: less than a third of a body unit.
  for drawing in drawings:
    cloth = np.zeros(drawing.changed.shape, np.uint8)
    worn, before = drawing.triplet.worn, drawing.triplet.before
    names = worn.exchanged(before)
    exchanged = [w for w in worn.wears + before.wears if w.number in names]
    for canvas in drawing.canvases:
      cloth |= np.isin(canvas.layout, [w.garment.label for w in exchanged])
    near = cv2.dilate(cloth, np.ones((2 * reach + 1, 2 * reach + 1)))
    assert (drawing.changed & (near == 0)).mean() < 0.01


def test_head_and_shoes_stay_to_the_pixel_and_skin_where_it_shows(drawings):
  for drawing in drawings:
    after, before = (drawing.layouts[name] for name in ('target', 'person'))
    kept = np.isin(after, KEPT) & (after == before)
    record = drawing.record
    difference = record['person_image'].astype(int) - record['target_image']
    inner = cv2.erode(kept.astype(np.uint8), np.ones((5, 5)), borderValue=0)
    assert inner.sum() > 40
    # A collar's shadow may reach hair.
    assert (np.abs(difference).max(-1)[inner > 0] > 24).mean() < 0.01


def test_layouts_agree_outside_the_garments(drawings):
  for drawing in drawings:
    after, before = (drawing.layouts[name] for name in ('target', 'person'))
    near = cv2.dilate(drawing.changed.astype(np.uint8), np.ones((9, 9)))
    free = near[::2, ::2] == 0
    assert (after == before)[free].all()


def test_the_parser_spoils_the_input_only(monkeypatch):
  records = [dolls.generate(SPEC, index) for index in range(20)]
  wrong = {
    name: kind._replace(probability=1.0, tight=1.0)
    for name, kind in parser_errors.KINDS.items()
  }
  monkeypatch.setattr(parser_errors, 'KINDS', wrong)
  spoilt = [dolls.generate(SPEC, index) for index in range(20)]
  changed = 0
  for record, other in zip(records, spoilt, strict=True):
    np.testing.assert_array_equal(
      record['target_layout'], other['target_layout']
    )
    np.testing.assert_array_equal(record['person_image'], other['person_image'])
    changed += (record['person_layout'] != other['person_layout']).any()
  assert changed >= 15


def test_the_product_is_in_the_target_and_not_in_the_person(drawings):
  for drawing in drawings:
    worn, before = drawing.triplet.worn, drawing.triplet.before
    assert any(wear is drawing.triplet.product for wear in worn.wears)
    assert all(wear is not drawing.triplet.product for wear in before.wears)
    label = drawing.triplet.product.garment.label
    assert drawing.record['source_layout'].max() == label
    assert (drawing.record['target_layout'] == label).sum() > 50


def test_no_flow_points_into_the_back_of_the_collar(drawings):
  inside = 0
  for drawing in drawings:
    record, product = drawing.record, drawing.triplet.product.product
    own = np.maximum.reduce(list(product.parts.values())) > 0
    own = cv2.dilate(own.astype(np.uint8), np.ones((5, 5)))
    y, x = np.nonzero(record['visible'])
    flow = record['flow'][y, x].astype(float)
    place = np.round(2 * (np.stack([x, y], 1) + flow) + 0.5).astype(int)
    # A pixel at an edge may be off by more than the mask is grown.
    assert (own[place[:, 1], place[:, 0]] == 0).mean() < 0.002
    lining = (drawing.triplet.photograph.mask > 127) & (own == 0)
    inside += lining.sum() > 20
  assert inside >= 15  # So many products show some of it.


def _plans(count):
  """Triplets without paint: only cuts are drawn."""
  plans = []
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(wardrobe.products, 'paint', lambda *_, **__: None)
    patch.setattr(wardrobe.shop, 'photograph', lambda *_: None)
    for index in range(count):
      key = streams.Key(3, 'train', index)
      body = dolls.doll_of(key, triplets.worn_by_men(key)).body
      plans.append(triplets.triplet(key, body, 20.0, SPEC.size))
  return plans


@pytest.fixture(scope='module')
def plans():
  return _plans(1200)


def test_products_and_outfits_have_the_stated_shares(plans):
  for kind, share in triplets.PRODUCTS.items():
    among = [plan for plan in plans if plan.kind == kind]
    assert abs(len(among) / len(plans) - share) < 0.04
    for before, part in triplets.BEFORE[kind].items():
      count = sum(plan.before_kind == before for plan in among)
      assert abs(count / len(among) - part) < 0.12, (kind, before)


def test_many_tops_have_sleeves_to_the_wrist(plans):
  tops = [p.product.garment for p in plans if p.kind == 'top']
  long = [top for top in tops if top.sleeve in cuts.LONG]
  assert len(long) / len(tops) >= 0.35
  high = [top for top in tops if top.neckline in ('turtle', 'mock')]
  assert 0.07 < len(high) / len(tops) < 0.25


def test_a_hem_is_worn_alike_and_its_height_is_the_garments_own(plans):
  loose = []
  for plan in plans:
    if plan.kind == 'top' and plan.before_kind == 'top':
      after, before = plan.product.garment, plan.before.top.garment
      if after.tuck is None and before.tuck is None:
        loose.append((before.hem, after.hem))
      # What hangs open or over everything cannot be tucked in.
      if after.cut not in cuts.OUTER and before.cut not in cuts.OUTER:
        assert after.tucked == before.tucked
  old, new = np.array(loose).T
  assert len(loose) > 100
  # Both hang from one body, whose size they share. One that gave the other
  # away would correlate by 1.
  assert abs(np.corrcoef(old, new)[0, 1]) < 0.35


def test_dresses_change_into_tops_with_plain_trousers(plans):
  changes = [p for p in plans if p.kind == 'top' and p.before_kind == 'dress']
  assert len(changes) > 40
  for plan in changes:
    assert plan.before.lower is None
    # Nothing of a dress shows whether a hem would be tucked in.
    assert plan.product.garment.tuck is None
    assert plan.worn.lower.garment.cut == 'trousers'


def test_bands_beyond_the_photo_stay_as_they_came():
  seen = 0
  for index in range(60):
    key = streams.Key(SPEC.seed, SPEC.split, index)
    framing = dolls.framing_of(SPEC, key)
    if framing.bands != framings.Bands():
      record = dolls.generate(SPEC, index)
      apart = record['person_image'] != record['target_image']
      apart[framing.region(SPEC.size)] = False
      assert not apart.any()
      outside = np.ones(SPEC.size, bool)
      outside[framing.region(SPEC.size)] = False
      assert not record['target_layout'][outside].any()
      assert not record['visible'][outside].any()
      seen += 1
  assert seen >= 4


def test_tags_name_the_product_and_the_change(drawings):
  for drawing in drawings:
    on = drawing.record['tags'].astype(bool)
    tags = {name for name, holds in zip(record_lib.TAGS, on) if holds}
    kinds = tags & set(triplets.PRODUCTS)
    assert kinds == {drawing.triplet.kind}
    turned = drawing.triplet.before_kind == 'dress'
    assert ('dress_to_top' in tags) == (turned and kinds == {'top'})
    assert len(tags & {'sleeveless', 'short_sleeves', 'long_sleeves'}) <= 1


@pytest.mark.parametrize('missing', record_lib.PERSON)
def test_a_person_without_image_or_layout_is_refused(drawings, missing):
  record = dict(drawings[0].record)
  record_lib.validate(record, 'whole')
  del record[missing]
  with pytest.raises(ValueError, match=f'{missing} is missing'):
    record_lib.validate(record, 'a record')
  for name in record_lib.PERSON:
    record.pop(name, None)
  record_lib.validate(record, 'a pair')
