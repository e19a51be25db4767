# SPDX-License-Identifier: Apache-2.0
"""The versions of a model: which are there, which are served.

As TensorFlow Serving does it: a model is a folder of numbered versions, the
highest that loads is served, and versions with a label beside it. The folder is
looked at again and again. A new version is loaded and warmed while the old one
serves; then requests go to the new one, and the old one goes when those that it
has taken are done. A version that cannot be loaded is reported, and tried again
when its files change; until then the old one stays.
"""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import gc
import logging
import os
import re
import threading

from export.serving.server import batching
from export.serving.wire import errors

# TensorFlow Serving's states, and their numbers.
STATES = {'LOADING': 20, 'AVAILABLE': 30, 'UNLOADING': 40, 'END': 50}
# Seconds that stopping waits for the thread that looks for versions.
_TO_STOP_S = 1.0
# Not isdecimal(), which takes the digits of all scripts; int64 in the protos.
_NUMBER, _MAX_NUMBER = re.compile(r'[0-9]+'), 2**63 - 1

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Status:
  """What is known of a version.

  Attributes:
    version: its number.
    state: one of `STATES`.
    code: of an error, one of `errors.NUMBERS`; 'OK'.
    message: of the error.
  """

  version: int
  state: str
  code: str = 'OK'
  message: str = ''


@dataclasses.dataclass(frozen=True)
class Served:
  """A version that requests are run on."""

  version: int
  model: batching.Model


class Versions:
  """The versions in a folder.

  Attributes:
    name: of the model.
    labels: label to version.
  """

  def __init__(
    self,
    name: str,
    places: Callable[[], Mapping[int, str]],
    load: Callable[[str], batching.Model],
    labels: Mapping[str, int] | None = None,
  ):
    """Takes note of a model; `update` loads it.

    Args:
      name: of the model.
      places: returns the file or folder of each version that is there.
      load: returns the model in one, warmed; may raise anything.
      labels: label to version.
    """
    self.name, self.labels = name, dict(labels or {})
    self._places, self._load = places, load
    self._served: dict[int, Served] = {}
    self._states: dict[int, Status] = {}
    self._failed: dict[int, str] = {}
    self._stopped = threading.Event()
    self._thread: threading.Thread | None = None

  def update(self) -> None:
    """Loads what is new, and lets go of what is replaced."""
    places = dict(self._places())
    latest = self._latest(places)
    labelled = {*self.labels.values()} & places.keys()
    for version in labelled:
      self._try(version, places[version])
    # If there is none left, the one in memory is better than none.
    wanted = {latest if latest is not None else max(self._served, default=0)}
    for version in self._served.keys() - wanted - labelled:
      self._states[version] = Status(version, 'UNLOADING')
      self._served = {k: x for k, x in self._served.items() if k != version}
      self._states[version] = Status(version, 'END')
      _log.info('version %d is unloaded', version)
      gc.collect()

  def _latest(self, places: Mapping[int, str]) -> int | None:
    """Returns the highest version that can be served, loaded."""
    for version in sorted(places, reverse=True):
      if self._try(version, places[version]):
        return version
    return None

  def _try(self, version: int, place: str) -> bool:
    """Says whether a version is loaded, after trying to."""
    if version in self._served:
      return True
    traits = fingerprint(place)
    if self._failed.get(version) == traits:
      return False
    self._states[version] = Status(version, 'LOADING')
    try:
      model = self._load(place)
    # Whatever a broken file makes a library raise must not end the server.
    except Exception as error:
      message = ' '.join(f'{place}: {error}'.split())
      _log.error('version %d cannot be loaded: %s', version, message)
      self._failed[version] = traits
      self._states[version] = Status(version, 'END', 'INTERNAL', message)
      return False
    self._failed.pop(version, None)
    self._served = {**self._served, version: Served(version, model)}
    self._states[version] = Status(version, 'AVAILABLE')
    _log.info('version %d is served from %s', version, place)
    return True

  def watch(self, seconds: float) -> None:
    """Starts to look at the folder every so often."""

    def work() -> None:
      while not self._stopped.wait(seconds):
        try:
          self.update()
        except OSError as error:
          _log.error('the versions cannot be listed: %s', error)

    self._thread = threading.Thread(target=work, name='versions', daemon=True)
    self._thread.start()

  def stop(self) -> None:
    """Ends `watch`.

    A version that is being loaded is left to its thread: loading cannot be
    stopped, may take minutes, and nobody will use it.
    """
    self._stopped.set()
    if self._thread:
      self._thread.join(_TO_STOP_S)

  @property
  def is_ready(self) -> bool:
    return bool(self._served)

  def served(
    self, name: str, version: int | None = None, label: str = ''
  ) -> Served:
    """Returns a version, the highest unless another is named.

    Raises:
      errors.ServingError: it is not served.
    """
    served = self._served
    if name == self.name and label and version is None:
      if label not in self.labels:
        raise errors.invalid(
          f'Unrecognized servable version label: {label}; expected one of '
          f'{sorted(self.labels)}'
        )
      version = self.labels[label]
    if name == self.name and version is None and served:
      return served[max(served)]
    if name == self.name and version in served:
      return served[version]
    wanted = (
      f'Specific({name}, {version})'
      if version is not None
      else f'Latest({name})'
    )
    raise errors.ServingError(
      'NOT_FOUND',
      f'Servable not found for request: {wanted}; {self.name} is served in '
      f'versions {sorted(served)}',
    )

  def statuses(
    self, name: str, version: int | None = None, label: str = ''
  ) -> list[Status]:
    """Returns what is known of all versions, or of one; the highest first.

    Raises:
      errors.ServingError: nothing is known of it.
    """
    if label:
      version = self.served(name, label=label).version
    known = dict(self._states)
    chosen = [
      known[number]
      for number in sorted(known, reverse=True)
      if name == self.name and version in (None, number)
    ]
    if not chosen:
      raise errors.ServingError(
        'NOT_FOUND',
        f'Could not find any versions of model {name}'
        + (f' with version {version}' if version is not None else ''),
      )
    return chosen


def folders(root: str, mark: str) -> dict[int, str]:
  """Returns the versions in a folder: number to place.

  A number may have zeros before it, as 00000001; beside 1 that is left out.

  Args:
    root: the folder.
    mark: file that a version has; one that starts with '.' is an ending, and
      the file itself, the first by name, is the place.
  """
  places = {}
  # Sorted, 1 comes after 01 and replaces it, in whatever order a disk has them.
  for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
    if not (_NUMBER.fullmatch(entry.name) and entry.is_dir()):
      continue
    if int(entry.name) > _MAX_NUMBER:
      continue
    names = sorted(os.listdir(entry.path))
    if mark in names:
      places[int(entry.name)] = entry.path
    for name in reversed(names):
      if mark.startswith('.') and name.endswith(mark):
        places[int(entry.name)] = os.path.join(entry.path, name)
  return places


def fingerprint(place: str) -> str:
  """Returns what changes when a file of a version does."""
  paths = [place]
  for folder, _, names in os.walk(place):
    paths += [os.path.join(folder, name) for name in names]
  traits = []
  for path in sorted(paths):
    try:
      stat = os.stat(path)
    except OSError:
      continue  # It goes while it is looked at.
    traits.append(f'{path} {stat.st_size} {stat.st_mtime_ns}')
  return '\n'.join(traits)
