# SPDX-License-Identifier: Apache-2.0
"""A user's files as bytes and as text.

Whatever is wrong with a file is a `files.InputError`: one sentence that names
the file, says what came and what was expected.
"""

import codecs
import os
import stat

from clothflow_tf import files
from clothflow_tf.data.photographs import findings as findings_lib


class Content(str):
  """Bytes that came without a file, such as by network.

  It is text, the name to call them by in messages, so that it can stand where
  the path of a file does.

  Attributes:
    content: the bytes.
  """

  content: bytes

  @classmethod
  def of(cls, name: str, content: bytes) -> 'Content':
    """Returns bytes with a name."""
    made = cls(name)
    made.content = content
    return made


def content_of(path: str, expected: str) -> bytes:
  """Returns the bytes of a file, or of `Content`, that must not be empty."""
  if isinstance(path, Content):
    if not path.content:
      raise files.InputError(path, f'is empty; expected {expected}')
    return path.content
  try:
    mode = os.stat(path).st_mode
    # Opening a named pipe would wait for ever. A folder cannot be opened.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
      raise files.InputError(
        path, f'is no file but a pipe or a device; expected {expected}'
      )
    with open(path, 'rb') as file:
      content = file.read()
  except OSError as error:
    came = error.strerror or error
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    kind = 'missing' if missing else 'unreadable'
    raise files.InputError(
      path, f'{came}; expected {expected}', kind
    ) from error
  if not content:
    raise files.InputError(path, f'is an empty file; expected {expected}')
  return content


def lines_of(
  path: str, expected: str, findings: findings_lib.Findings
) -> list[str]:
  """Returns the lines of a list, UTF-8, decoded one by one.

  Args:
    path: the list.
    expected: what it should be, for an error.
    findings: gets a problem for each line that is no UTF-8, which is then '',
      and remarks on oddities that do no harm.

  Raises:
    files.InputError: there is no such file, or no text in it.
  """
  content, lines = content_of(path, expected), []
  noted = findings_lib.Findings()
  for number, line in enumerate(
    content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1
  ):
    try:
      lines.append(line.decode())
    except UnicodeDecodeError:
      lines.append('')
      noted.refuse(path, 'pair', f'line {number} is no UTF-8 text: {line!r}')
  # Zero bytes mean UTF-16; half of its lines would pass for UTF-8.
  if b'\0' in content or (noted.problems and not any(map(str.strip, lines))):
    raise files.InputError(path, f'is no UTF-8 text; expected {expected}')
  if content.startswith(codecs.BOM_UTF8):
    noted.remark(path, 'pair', 'has a byte-order mark; read without it')
  if b'\r' in content:
    noted.remark(path, 'pair', 'has Windows line ends; read without them')
  findings.add(noted)
  return lines
