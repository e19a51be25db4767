# SPDX-License-Identifier: Apache-2.0
"""Claims about the HTML template: escaped, well-formed, for any screen."""

import html.parser

from clothflow_tf import pages

NASTY = '<script>&"\'ß漢'


class _Page(html.parser.HTMLParser):
  """Collects tags, attributes and text; tags must be closed in order."""

  VOID = ('meta', 'img')

  def __init__(self, text):
    super().__init__()
    self.open, self.attributes, self.text = [], [], ''
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    self.attributes += [(tag, *pair) for pair in attrs]
    if tag not in self.VOID:
      self.open.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    self.text += data


def test_text_is_escaped_everywhere_and_tags_are_closed():
  parts = [
    pages.heading(NASTY),
    pages.paragraph(NASTY),
    pages.table((NASTY,), [(NASTY,)]),
    pages.figure(['a b/ü?.png'], NASTY),
    pages.strip('c d/é.jpg', NASTY),
  ]
  page = _Page(pages.page(NASTY, parts))
  assert page.open == []
  # Two titles, a heading, a paragraph, two cells and two captions.
  assert page.text.count(NASTY) == 8
  assert ('img', 'src', 'c%20d/%C3%A9.jpg') in page.attributes
  assert ('img', 'src', 'a%20b/%C3%BC%3F.png') in page.attributes
  assert ('img', 'alt', NASTY) in page.attributes


def test_a_page_fits_a_phone_and_a_dark_theme():
  page = pages.page('t', [pages.table(('a',), [('b',)])])
  attributes = _Page(page).attributes
  assert (
    'meta',
    'content',
    'width=device-width, initial-scale=1',
  ) in attributes
  assert ('meta', 'content', 'light dark') in attributes
  assert 'prefers-color-scheme: dark' in page


def test_what_follows_a_line_break_in_a_cell_stands_below():
  table = pages.table(('a',), [('1.5\n<1>',)])
  assert '<td>1.5<small>&lt;1&gt;</small></td>' in table
