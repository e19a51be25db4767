# SPDX-License-Identifier: Apache-2.0
"""What a photograph is composed of, on the model's grid.

Regions are smooth, so that they can be enlarged without stairs, and colours are
continued beyond where they are: at the photo's size the outlines between them
are drawn anew (`edges`, `silhouette`), and may lie some pixels further out.
"""

from typing import NamedTuple

import cv2
import numpy as np

from clothflow_tf.inference import edges
from clothflow_tf.inference import outline
from clothflow_tf.inference import parts as parts_lib
from clothflow_tf.inference import silhouette
from clothflow_tf.inputs import labels

# A pixel belongs to a region of which it has so much.
HALF = 0.5
# Of the model's pixels: what it paints has stairs of its own.
SMOOTH = 0.7
# Regions reach on faintly, by so many times their smoothness.
FAR, FAINT = 4, 1e-4
# Colours of so many pixels from the background are mixtures with it.
EDGE = np.ones((5, 5), np.uint8)


class Planes(NamedTuple):
  """All [H, W], or [H, W, 3], float32.

  Attributes:
    shares: of garment, photo and painted.
    stays: more than a half where most that is no garment stays the photo.
    regions: smooth, of 'garment', 'skin', 'others' (all else of the person) and
      'background'; where none of the first three is, their ratio still says
      which is nearest.
    colors: of 'garment', painted 'skin', painted 'others' and 'background'.
    same: where the old outline is the new one (`silhouette.agreement`).
  """

  shares: np.ndarray
  stays: np.ndarray
  regions: dict[str, np.ndarray]
  colors: dict[str, np.ndarray]
  same: np.ndarray


def of(parts: parts_lib.Parts) -> Planes:
  """Returns the planes of a photo and a model's outputs."""
  shares = edges.tidy(parts)
  drawn = edges.without_slivers(parts, shares)
  parts = parts._replace(outputs={**parts.outputs, 'layout': drawn})
  picture = parts.window.picture(parts.person.pixels)
  layout = parts.window.layout(parts.person.layout)
  free = layout == labels.BACKGROUND
  bare = silhouette.bare(parts, shares)
  known = free & (parts.outputs['removed'] == 0)
  behind = edges.continued(picture.astype(np.float32), known)
  clear = outline.clear(picture, layout)
  skin = np.isin(parts.outputs['layout'], labels.SKIN) & (shares[..., 2] > HALF)
  uncovered = skin & (parts.outputs['removed'] > 0)
  return Planes(
    shares,
    edges.stays(shares),
    {**_regions(parts, shares), 'background': _smooth(bare)},
    {**_colors(parts, shares, bare), 'background': behind},
    silhouette.agreement(
      bare, free.astype(np.float32), clear, uncovered.astype(np.float32)
    ),
  )


def _regions(
  parts: parts_lib.Parts, shares: np.ndarray
) -> dict[str, np.ndarray]:
  own = shares[..., 0]
  kinds = {'garment': own}
  for name, region in _kinds(parts).items():
    kinds[name] = region * (1.0 - own)
  return {
    name: _smooth(region) + FAINT * _smooth(region, FAR)
    for name, region in kinds.items()
  }


def _smooth(region: np.ndarray, times: int = 1) -> np.ndarray:
  return edges.smooth(region.astype(np.float32), times * silhouette.SMOOTH)


def _kinds(parts: parts_lib.Parts) -> dict[str, np.ndarray]:
  """Returns where the result's layout has skin, and the person's all else."""
  layout = parts.outputs['layout']
  skin = np.isin(layout, labels.SKIN)
  return {'skin': skin, 'others': ~skin & (layout != labels.BACKGROUND)}


def _colors(
  parts: parts_lib.Parts, shares: np.ndarray, bare: np.ndarray
) -> dict[str, np.ndarray]:
  outside = (bare > HALF).astype(np.uint8)
  inner = cv2.dilate(outside, EDGE) == 0
  own, painted = (inner & (shares[..., i] > HALF) for i in (0, 2))
  known = {'garment': (parts.outputs['image'], own)}
  for name, region in _kinds(parts).items():
    known[name] = (parts.outputs['painted'], painted & region)
  return {
    name: edges.smooth(
      edges.continued(picture.astype(np.float32), region), SMOOTH
    )
    for name, (picture, region) in known.items()
  }
