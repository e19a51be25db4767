# SPDX-License-Identifier: Apache-2.0
"""Claims about the shapes of dolls: what covers what, and what ends where."""

import numpy as np

from clothflow_tf.data import labels
from clothflow_tf.data.dolls import figure as figures
from clothflow_tf.data.dolls import generate as dolls


def _drawn(monkeypatch, indices, **fields):
  """Returns [(figure, canvas), ...] of the target pictures of dolls."""
  found, draw = [], figures.Figure.draw

  def keep(figure, canvas, full):
    draw(figure, canvas, full)
    found.append((figure, canvas))

  monkeypatch.setattr(figures.Figure, 'draw', keep)
  spec = dolls.DollSpec(height=128, width=96, **fields)
  for index in indices:
    dolls.generate(spec, index)
  return found


def _beside_the_top(figure, canvas):
  """Square body units of lower garment over 0.35 above a loose top's hem."""
  garment, unit = figure.doll.outfit[0].garment, figure.puppet.unit
  half = garment.half_width(np.array([garment.hem]))[0]
  x = np.linspace(-half, half, 20)
  hem = figure.drapes[0].place(np.stack([x, 0 * x + garment.hem], 1), 0)
  height, width = canvas.layout.shape
  top = np.interp(np.arange(width), *hem.T) - 0.35 * unit
  lower = np.isin(canvas.layout, (labels.PANTS, labels.SKIRT))
  return (lower & (np.arange(height)[:, None] < top)).sum() / unit**2


def test_a_loose_top_covers_the_trousers_to_its_hem(monkeypatch):
  found = [
    _beside_the_top(figure, canvas)
    for figure, canvas in _drawn(monkeypatch, range(60), seed=777)
    if figure.lower is not None and not figure.doll.outfit[0].garment.tucked
  ]
  assert len(found) > 30
  # A seam's worth: 0.025 is 25 pixels of a record of 256x192. A top of its
  # own width passed that on four dolls in ten and reached 0.2.
  assert max(found) < 0.025
