# SPDX-License-Identifier: Apache-2.0
"""What every garment has: the interface of `upper.Upper` and `lower.Lower`."""

from typing import Protocol

import numpy as np

from clothflow_tf.data.dolls import curves
from clothflow_tf.data.dolls import tube as tubes


class Garment(Protocol):
  """The flat cut of a garment, in body units.

  Attributes:
    label: label of the garment in a layout.
    limb: 'arm' or 'leg', the limbs that its tubes follow.
    cut: the kind, such as 'tee' or 'skirt'.
    hem: height of the lower edge of the panel.
    hem_curve: how much lower the hem is in the middle.
    tube: a sleeve or a trouser leg, if the garment has them.
    flat: half-widths of the panel as it lies, by height.
    worn: half-widths of the panel as it is worn.
    neckline: the kind of neckline, '' without one.
    tuck: height of the waistband that holds the hem, if one does.
    half: middle and half-width of what it holds, if it holds only a part.
    gap: half-widths of an open front, at the chest and below.
    raglan: whether sleeves go up to the neckline.
    sheer: whether skin shines through the sleeves.
  """

  label: int
  limb: str
  cut: str
  hem: float
  hem_curve: float
  tube: tubes.Tube | None
  flat: curves.Knots
  worn: curves.Knots
  neckline: str
  tuck: float | None
  half: tuple[float, float] | None
  gap: tuple[float, float] | None
  raglan: bool
  sheer: bool

  @property
  def tucked(self) -> bool:
    """Whether all of the hem is in a waistband."""

  @property
  def ratio(self) -> curves.Table:
    """Worn width over flat width by height."""

  @property
  def frame(self) -> tubes.Frame | None:
    """Coordinates of the right tube, if the garment has tubes."""

  @property
  def outlines(self) -> dict[int, list[np.ndarray]]:
    """Maps each part to its outlines [N, 2] in flat space."""

  def half_width(self, y: np.ndarray) -> np.ndarray:
    """Returns the half-width of the flat panel at heights."""

  def weight(self, points: np.ndarray, swing: float) -> np.ndarray:
    """Returns how far flat points of the right follow the limb."""
