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
from clothflow_tf.inference import settled
from clothflow_tf.inference import silhouette
from clothflow_tf.inference import skin
from clothflow_tf.inputs import labels

# A pixel belongs to a region of which it has so much.
HALF = 0.5
# Of the model's pixels: what it paints has stairs of its own.
SMOOTH = 0.7
# Regions reach on faintly, by so many times their smoothness.
FAR, FAINT = 4, 1e-4
FAINTLY = 0.3
# Of less garment the colours are mixtures.
SURE = 0.95
# Of the model's pixels: so near to bare skin, the garment's own mask says where
# it ends.
OWN_EDGE = 3.0
# Colours of so many pixels from the background are mixtures with it.
EDGE = np.ones((5, 5), np.uint8)
SQUARE = np.ones((3, 3), np.uint8)


class Planes(NamedTuple):
  """All [H, W], or [H, W, 3], float32.

  Attributes:
    shares: of garment, photo and painted.
    nearby: 'stays', more than a half where most that is no garment stays the
      photo; 'painted', where something is painted; 'bare skin', where neck,
      chest or new arms are; [H, W] each.
    regions: smooth, of 'garment', 'skin', 'others' (all else of the person) and
      'background'; where none of the first three is, their ratio still says
      which is nearest.
    colors: of 'garment', painted 'skin', painted 'others' and 'background'.
    same: where the old outline is the new one (`silhouette.agreement`).
  """

  shares: np.ndarray
  nearby: dict[str, np.ndarray]
  regions: dict[str, np.ndarray]
  colors: dict[str, np.ndarray]
  same: np.ndarray


def of(parts: parts_lib.Parts) -> Planes:
  """Returns the planes of a photo and a model's outputs."""
  drawn, shares = settled.of(parts, edges.tidy(parts))
  parts = parts._replace(outputs={**parts.outputs, 'layout': drawn})
  picture = parts.window.picture(parts.person.pixels).astype(np.float32)
  layout = parts.window.layout(parts.person.layout)
  free = layout == labels.BACKGROUND
  bare = silhouette.bare(parts, shares)
  kinds = _kinds(drawn)
  stays = _untouched(parts) & (parts.removed(layout) == 0)
  seen = {
    name: _inner(region & _kinds(layout)[name] & stays)
    for name, region in kinds.items()
  }
  new = kinds['skin'] & (shares[..., 2] > HALF)
  colors = _colors(parts, shares, bare, (picture, seen['others']))
  lends = seen['skin']
  if parts.garment_label not in labels.LOWER:
    # Legs may wear tights.
    lends = lends & np.isin(layout, labels.UPPER_SKIN)
  colors['skin'] = skin.joined(colors['skin'], picture, lends, new)
  colors['background'] = edges.continued(picture, _away(parts, free))
  uncovered = (new & ~_untouched(parts)).astype(np.float32)
  regions = _regions(kinds, shares[..., 0])
  regions['background'] = silhouette.plane(bare, uncovered)
  return Planes(
    shares,
    {
      'stays': edges.stays(shares),
      'painted': edges.painted(shares),
      'bare skin': _bare_skin(drawn, shares),
    },
    regions,
    colors,
    silhouette.agreement(
      bare,
      free.astype(np.float32),
      outline.clear(picture, layout),
      uncovered,
    ),
  )


def _untouched(parts: parts_lib.Parts) -> np.ndarray:
  """Returns where the model sees the photo, bool [H, W]."""
  return parts.outputs['removed'] == 0


def _bare_skin(layout: np.ndarray, shares: np.ndarray) -> np.ndarray:
  """Returns whether neck, chest or new arms are nearby, [H, W], 0 to 1."""
  region = (layout == labels.TORSO_SKIN) & (shares[..., 0] < HALF)
  region |= np.isin(layout, labels.ARMS) & (shares[..., 2] > HALF)
  region = edges.smooth(region.astype(np.float32), OWN_EDGE)
  return np.minimum(region / edges.BESIDE, 1.0)


def _away(parts: parts_lib.Parts, free: np.ndarray) -> np.ndarray:
  """Returns where background is seen, and nothing of the person, bool."""
  person = (~free | ~_untouched(parts)).astype(np.uint8)
  return cv2.dilate(person, EDGE) == 0


def _inner(region: np.ndarray) -> np.ndarray:
  """Returns a region without its edge, bool [H, W]."""
  return cv2.erode(region.astype(np.uint8), SQUARE) > 0


def _regions(
  kinds: dict[str, np.ndarray], own: np.ndarray
) -> dict[str, np.ndarray]:
  regions = {'garment': own}
  for name, region in kinds.items():
    regions[name] = region * (1.0 - own)
  return {
    name: _smooth(region) + FAINT * _smooth(region, FAR)
    for name, region in regions.items()
  }


def _smooth(region: np.ndarray, times: int = 1) -> np.ndarray:
  return edges.smooth(region.astype(np.float32), times * silhouette.SMOOTH)


def _kinds(layout: np.ndarray) -> dict[str, np.ndarray]:
  """Returns where a layout has skin, and where all else of a person."""
  skin_region = np.isin(layout, labels.SKIN)
  return {
    'skin': skin_region,
    'others': ~skin_region & (layout != labels.BACKGROUND),
  }


def _colors(
  parts: parts_lib.Parts,
  shares: np.ndarray,
  bare: np.ndarray,
  seen: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
  """Returns the colours of garment, painted skin and painted others.

  Args:
    parts: of the whole.
    shares: of garment, photo and painted, [H, W, 3].
    bare: how much is background, [H, W].
    seen: the photo [H, W, 3], and where it shows others that stay: what the
      old garment hid of them goes on from there.
  """
  outside = (bare > HALF).astype(np.uint8)
  inner = cv2.dilate(outside, EDGE) == 0
  sure = shares[..., 0] > SURE
  beside = cv2.dilate((shares[..., 0] > FAINTLY).astype(np.uint8), EDGE) > 0
  painted = inner & ~beside & (shares[..., 2] > HALF)
  kinds = _kinds(parts.outputs['layout'])
  picture, others = seen
  outputs = parts.outputs['painted'].astype(np.float32)
  known = {
    'garment': (parts.outputs['image'].astype(np.float32), inner & sure),
    'skin': (outputs, painted & kinds['skin']),
    'others': (
      np.where(others[..., np.newaxis], picture, outputs),
      (painted & kinds['others']) | others,
    ),
  }
  return {
    name: edges.smooth(edges.continued(*pair), SMOOTH)
    for name, pair in known.items()
  }
