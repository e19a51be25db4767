# SPDX-License-Identifier: Apache-2.0
"""The one HTML template: a page of tables and pictures that opens anywhere.

Pages are read on a phone and on a desktop, in a light and a dark theme, from
a folder without a server. All text is escaped here; paths of pictures are
relative to the page.
"""

from collections.abc import Iterable
import html
import string
from urllib import parse

_PAGE = string.Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem;
  margin: 0 auto; padding: 1rem; color: #1a1a1a; background: #fff }
h1, h2, h3 { line-height: 1.2 }
img { max-width: 100%; height: auto; vertical-align: top }
figure { display: inline-block; max-width: 100%; margin: 0 1rem 1rem 0 }
figcaption { color: #595959; font-size: .875rem; overflow-wrap: anywhere }
.row { display: flex; gap: 2px; align-items: flex-start }
.row img { flex: 0 1 auto; min-width: 0 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .25rem 1rem .25rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid #ccc }
th { vertical-align: bottom }
td small, th small { display: block; color: #595959; font-weight: normal;
  white-space: nowrap }
td:first-child { min-width: 8.5rem }
.strip { display: block; margin: 0 0 1rem }
.strip img { min-width: 36rem }
.strip.short img { min-width: 0 }
.chart { display: block; width: 100%; max-width: 45rem; height: auto;
  --line0: #0b5cad; --line1: #b3261e; --line2: #1b6e35; --line3: #7a3e9d;
  --line4: #8a5a00; --line5: #00727a; --grid: #ddd }
@media (max-width: 40rem) { .chart text { font-size: 17px } }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #16181a }
  figcaption, td small, th small { color: #a8a8a8 }
  .chart { --line0: #7db8f5; --line1: #ff9d94; --line2: #7fd197;
    --line3: #d3a6ee; --line4: #f0c060; --line5: #6fd6de; --grid: #444 }
  th, td { border-color: #444 }
}
</style>
<h1>$title</h1>
<main>
$body
</main>
</html>
""")


def page(title: str, parts: Iterable[str]) -> str:
  """Returns a page of parts that this module's other functions made."""
  return _PAGE.substitute(title=html.escape(title), body='\n'.join(parts))


def heading(text: str, level: int = 2) -> str:
  return f'<h{level}>{html.escape(text)}</h{level}>'


def paragraph(text: str) -> str:
  return f'<p>{html.escape(text)}</p>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
  """Returns a table; on a narrow screen it scrolls by itself.

  What follows a line break in a cell is shown smaller, below.
  """
  lines = [_cells('th', head), *(_cells('td', row) for row in rows)]
  return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def _cells(tag: str, cells: Iterable[str]) -> str:
  inner = ''.join(f'<{tag}>{_cell(x)}</{tag}>' for x in cells)
  return f'<tr>{inner}</tr>'


def _cell(text: str) -> str:
  first, _, below = text.partition('\n')
  small = f'<small>{html.escape(below)}</small>' if below else ''
  return html.escape(first) + small


def figure(paths: Iterable[str], caption: str) -> str:
  """Returns pictures in a row above a caption, which screen readers read."""
  text = html.escape(caption)
  pictures = ''.join(
    f'<img src="{parse.quote(path)}" alt="{text}" loading="lazy">'
    for path in paths
  )
  row = f'<div class="row">{pictures}</div>'
  return f'<figure>{row}<figcaption>{text}</figcaption></figure>'


def strip(path: str, caption: str, short: bool = False) -> str:
  """Returns one wide picture above a caption.

  Narrow screens scroll it, or shrink a `short` one of two or three columns.
  """
  text = html.escape(caption)
  image = f'<img src="{parse.quote(path)}" alt="{text}" loading="lazy">'
  scrolled = f'<div class="scroll">{image}</div>'
  kind = 'strip short' if short else 'strip'
  return (
    f'<figure class="{kind}">{scrolled}<figcaption>{text}</figcaption></figure>'
  )
