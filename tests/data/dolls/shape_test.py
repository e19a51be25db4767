# SPDX-License-Identifier: Apache-2.0
"""Claims about the shapes of dolls: what covers what, and what ends where."""

import dataclasses

import numpy as np

from clothflow_tf.data.dolls import body as bodies
from clothflow_tf.data.dolls import drape as drapes
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import flesh
from clothflow_tf.data.dolls import generate as dolls
from clothflow_tf.data.dolls import puppet as puppets
from clothflow_tf.data.dolls import shoes
from clothflow_tf.data.dolls import streams
from clothflow_tf.data.dolls import textures
from clothflow_tf.data.dolls import upper as uppers
from clothflow_tf.inputs import labels

LOOSE = uppers.Style('loose', 2.2)


def _drawn(monkeypatch, indices, **fields):
  """Returns [(figure, canvas), ...] of all pictures of dolls."""
  drawn, draw = [], figures.Figure.draw

  def keep(figure, canvas):
    draw(figure, canvas)
    drawn.append((figure, canvas))

  monkeypatch.setattr(figures.Figure, 'draw', keep)
  spec = dolls.DollSpec(height=128, width=96, **fields)
  for index in indices:
    dolls.generate(spec, index)
  return drawn


def _beside_the_top(figure, canvas):
  """Square body units of lower garment over 0.35 above a loose top's hem."""
  top, unit = figure.outfit.top, figure.puppet.unit
  garment = top.garment
  half = garment.half_width(np.array([garment.hem]))[0]
  x = np.linspace(-half, half, 20)
  drape = figure.person.drape(top)
  hem = drape.place(np.stack([x, 0 * x + garment.hem], 1), 0)
  height, width = canvas.layout.shape
  top = np.interp(np.arange(width), *hem.T) - 0.35 * unit
  lower = np.isin(canvas.layout, (labels.PANTS, labels.SKIRT))
  return (lower & (np.arange(height)[:, None] < top)).sum() / unit**2


def test_a_loose_top_covers_the_trousers_to_its_hem(monkeypatch):
  beside = [
    _beside_the_top(figure, canvas)
    for figure, canvas in _drawn(monkeypatch, range(60), seed=777)
    if figure.outfit.lower and figure.outfit.top.garment.tuck is None
  ]
  assert len(beside) > 30
  # A seam's worth: 0.025 is 25 pixels of a record of 256x192. A top of its
  # own width passed that on four dolls in ten and reached 0.2.
  assert max(beside) < 0.025


def _posed(index, upper):
  """A puppet that stands straight, both arms raised by `upper` radians."""
  key = streams.Key(777, 'train', index)
  pose = dolls.pose_of(dolls.DollSpec(), key, 'target')
  arms = [
    dataclasses.replace(arm, upper=upper, fore=upper) for arm in pose.arms
  ]
  still = {'turn': 0.0, 'shoulder_tilt': 0.0, 'hip_tilt': 0.0, 'hip_shift': 0.0}
  pose = dataclasses.replace(pose, arms=tuple(arms), **still)
  return puppets.Puppet(bodies.sample(streams.stream(key, 'body')), pose)


def _sleeveless(count):
  """Yields (index, garment) of garments without sleeves."""
  seen = 0
  for index in range(25 * count):
    key = streams.Key(777, 'train', index)
    body = bodies.sample(streams.stream(key, 'body'))
    garment = uppers.sample(streams.stream(key, 'garment'), body, LOOSE)
    if garment.tube is None and seen < count:
      seen += 1
      yield index, garment
  assert seen == count


def test_a_hanging_arm_grows_out_of_the_slope_of_the_shoulder():
  for index in range(10):
    puppet = _posed(index, 0.2)
    top = flesh.pieces(puppet, 'arm', 1, 0)[0][:, 1].min()
    body = puppet.body
    tip = puppet.torso(np.array([(body.half_width(-0.2), -0.2)]))[0, 1]
    # A root as thick as the arm stood above the shoulder's slope there.
    assert top > tip, index


def test_the_sides_of_a_tank_top_stay_when_arms_rise():
  for index, garment in _sleeveless(12):
    reach = []
    for upper in (0.25, 2.2):
      drape = drapes.Drape(garment, _posed(index, upper), _Still())
      y = np.linspace(garment.armpit[1], garment.hem, 30)
      edge = np.stack([garment.half_width(y), y], 1)
      reach.append(drape.place(edge, drapes.PANEL)[:, 0].max())
    # They turned with the arm and swelled by a quarter of a unit under it.
    assert abs(reach[1] - reach[0]) < 0.03 * drape.puppet.unit, index


def test_no_shoe_could_pass_for_a_bare_foot():
  for index in range(300):
    key = streams.Key(777, 'train', index)
    skin = bodies.sample(streams.stream(key, 'body')).skin
    for base in (skin, textures.color(streams.stream(key, 'shoes'), 0.7)):
      shown = shoes.visible_color(shoes.Shoes(base, 0.1, 0.0), skin)
      assert (shown >= 0).all() and (shown <= 255).all()
      # Relief alone moves a limb's colour by up to 0.25 of it.
      assert np.abs(shown - skin).mean() >= 50


class _Still:
  """Random numbers of a drape that adds no waves."""

  def normal(self, low, high, size):
    del low, high
    return np.zeros(size)

  uniform = normal

  def choice(self, values, size):
    return np.full(size, values[0])


def _sleeves_width(figure):
  """How many times as wide as the arm a sleeve is, beside its end."""
  top, puppet = figure.outfit.top, figure.puppet
  limb, frame = puppet.limb('arm', 1), top.garment.frame
  at = np.array([frame.tube.length - 0.1])
  edges = np.concatenate([frame.edge(at, side) for side in (-1, 1)])
  placed = figure.person.drape(top).place(edges, 1)
  across = np.linalg.norm(placed[1] - placed[0])
  return across / (2.0 * limb.radius(at)[0] * puppet.unit)


def test_sleeves_are_from_tight_to_wide(monkeypatch):
  widths = [
    _sleeves_width(figure)
    for figure, _ in _drawn(monkeypatch, range(60), seed=778)
    if figure.outfit.top.garment.sleeve in ('short', 'half')
    and abs(figure.puppet.limb('arm', 1).upper) < 0.5
    and not figure.puppet.pose.facing
  ]
  assert len(widths) > 15
  tight, wide = np.quantile(widths, (0.2, 0.8))
  # Were all as tight as the tightest, a model would take what a removed sleeve
  # covered for an arm. Beyond 2.4 it would be a wing.
  assert 1.0 < tight < 1.25 < 1.35 < wide and max(widths) < 2.4
