# SPDX-License-Identifier: Apache-2.0
"""What a data set holds: label shares, garment sizes, lengths of flows.

A model meets photographs with the proportions that its training data had, so
these are printed for every data set that is made, beside the label shares of a
VITON test split (percent of the pixels, target layouts). VITON's products are
tops: where tags tell, only records of tops are compared with it.
"""

from collections.abc import Iterable

import numpy as np

from clothflow_tf.inputs import labels
from clothflow_tf.inputs import record as record_lib

VITON_SHARES = {
  'background': 55.8,
  'upper-clothes': 21.2,
  'pants': 8.2,
  'hair': 4.3,
  'left-arm': 3.0,
  'right-arm': 3.0,
  'face': 2.9,
  'skirt': 0.8,
  'dress': 0.5,
}
_PERCENTILES = (5, 25, 50, 75, 95)


def describe(records: Iterable[dict[str, np.ndarray]]) -> dict:
  """Measures records.

  Returns:
    'records': their number; 'label_percent': label to mean share of the pixels
    of target layouts; 'tops_percent': the same of the records of tops, if tags
    tell; 'garment_to_region': percentiles of the worn garment's
    height, width and area over the source garment's (boxes; pixels for the
    area); with a true flow also 'flow_length' in pixels (percentiles over
    visible pixels) and 'visible_percent' (of the target's clothing of the
    source's categories); with tags 'tag_percent'.

  Raises:
    ValueError: there is no record.
  """
  pixels, sizes, lengths, seen, tags = [], [], [], [], []
  of_tops, top = [], record_lib.TAGS.index('top')
  for record in records:
    layout = record['target_layout']
    pixels.append(np.bincount(layout.ravel(), minlength=20) / layout.size)
    region, garment = _regions(record)
    if region.any() and garment.any():
      sizes.append(_size(region) / _size(garment))
    if 'flow' in record:
      visible = record['visible']
      flow = record['flow'][visible].astype(np.float32)
      lengths.append(np.linalg.norm(flow, axis=-1))
      seen.append(100 * visible.sum() / max(1, region.sum()))
    if 'tags' in record:
      tags.append(100 * record['tags'])
      of_tops.append(record['tags'][top] > 0)
  if not pixels:
    raise ValueError('there are no records to describe')
  result = {'records': len(pixels), 'label_percent': _by_label(pixels)}
  tops = [share for share, top in zip(pixels, of_tops) if top]
  if tops:
    result['tops_percent'] = _by_label(tops)
  if sizes:
    columns = zip(('height', 'width', 'area'), np.transpose(sizes))
    result['garment_to_region'] = {n: _percentiles(x) for n, x in columns}
  if lengths:
    result['flow_length'] = _percentiles(np.concatenate(lengths))
    result['visible_percent'] = round(float(np.mean(seen)), 1)
  if tags:
    means = np.mean(tags, 0).round(1).tolist()
    result['tag_percent'] = dict(zip(record_lib.TAGS, means, strict=True))
  return result


def lines(result: dict, reference: dict[str, float] | None = None) -> list[str]:
  """Returns what `describe` returned as lines of text.

  Args:
    result: from `describe`.
    reference: label to percent, such as `VITON_SHARES`, to compare with.
  """
  text = [f'statistics of {result["records"]} records']
  tops = result.get('tops_percent')
  for name, share in result['label_percent'].items():
    line = f'  {name:16}{share:6.2f} %'
    if tops:
      share = tops[name]
      line += f'   tops {share:6.2f} %'
    if reference and name in reference:
      ratio = share / reference[name]
      line += f'   VITON {reference[name]:5.1f} %, ratio {ratio:.2f}'
    text.append(line)
  rows = {'flow length, px': result.get('flow_length')}
  for name, values in result.get('garment_to_region', {}).items():
    rows[f'worn / source {name}'] = values
  for name, values in rows.items():
    if values:
      numbers = ', '.join(f'{p} {v:.2f}' for p, v in values.items())
      text.append(f'  {name:22}percentiles {numbers}')
  if 'visible_percent' in result:
    text.append(f'  clothing with true flow {result["visible_percent"]} %')
  if 'tag_percent' in result:
    tags = ', '.join(f'{n} {v} %' for n, v in result['tag_percent'].items())
    text.append(f'  tags: {tags}')
  return text


def _by_label(pixels: list[np.ndarray]) -> dict[str, float]:
  shares = 100 * np.mean(pixels, 0)
  return {
    name: round(float(share), 3) for name, share in zip(labels.NAMES, shares)
  }


def _percentiles(values: np.ndarray) -> dict[str, float]:
  result = np.percentile(values, _PERCENTILES)
  return {f'p{p}': round(float(v), 3) for p, v in zip(_PERCENTILES, result)}


def _regions(record: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
  """Returns masks [H, W]: clothing of the source's categories, and there."""
  source, target = record['source_layout'], record['target_layout']
  kinds = np.intersect1d(np.unique(source), labels.CLOTHING)
  return np.isin(target, kinds), np.isin(source, kinds)


def _size(mask: np.ndarray) -> np.ndarray:
  """Returns height, width and area [3] of what a mask holds."""
  rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
  height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
  return np.array([height, width, mask.sum()], float)
