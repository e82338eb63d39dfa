"""What somebody calls a side -> the side: a folder, an export, an address or a git revision."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedsvc.compare.rendered import Progress, rendered_side
from feedsvc.compare.revision import Revision, extract, find_revision
from feedsvc.compare.served import EXPORT_LIST, exported_side, running_side
from feedsvc.compare.side import Side
from feedsvc.config import CONFIG_NAME, Settings, load_settings
from feedsvc.errors import ConfigError, SideError

_GIT = "git:"
_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens sides for as long as `stack` lasts.

    `config_file` (`None`: none) and `content` are those of the command: of the site that is meant
    where no other is named, of folders without a configuration, and of revisions. `room` is a
    folder for what is read, so that the site's own index is left alone.
    """

    config_file: Path | None
    content: Path | None
    now: datetime
    room: Path
    stack: ExitStack
    progress: Progress

    def open(self, given: str | None) -> Side:
        """The side that `given` means; `None`: the configured site. Raises `SideError`, and
        `ConfigError` for what means nothing and for a configuration that can't be used.
        """
        room = self.room / str(sum(1 for _ in self.room.iterdir()))
        room.mkdir()
        if given is None:
            folders = None if self.content is None else (self.content.absolute(),)
            return self._rendered("the site here", self._load(self.config_file, room, folders))
        if given.startswith(_GIT):
            revision = find_revision(given.removeprefix(_GIT))
            if revision is None:
                raise SideError(f"{given}: there is no such revision in the repository here.")
            return self._of_revision(given, revision, room)
        if _ADDRESS.match(given):
            return running_side(given)
        folder = Path(given)
        if folder.is_dir():
            return self._of_folder(given, folder, room)
        revision = None if folder.exists() else find_revision(given)
        if revision is None:
            found = "a file" if folder.exists() else "nothing of that name"
            raise ConfigError(
                f"{given}: expected a folder, an http address or a git revision, found {found}."
            )
        return self._of_revision(given, revision, room)

    def _of_folder(self, given: str, folder: Path, room: Path) -> Side:
        if (folder / EXPORT_LIST).is_file():
            return exported_side(given, folder)
        config = folder / CONFIG_NAME
        if config.is_file():
            return self._rendered(given, self._load(config, room))
        # The folder's name is in the addresses of its pictures: it is called as the configured
        # one is, else those of a copy in another place would all be others.
        name = self._load(self.config_file, room).folders[0].name or "articles"
        link = room / "content" / name
        link.parent.mkdir()
        link.symlink_to(folder.resolve(), target_is_directory=True)
        return self._rendered(given, self._load(self.config_file, room, (link,)))

    def _of_revision(self, given: str, revision: Revision, room: Path) -> Side:
        tree = (room / "tree").resolve()
        extract(revision, tree)
        try:
            return self._rendered(given, self._settings_of(given, revision, room, tree))
        except ConfigError as error:
            # As git names the files of a revision.
            name = given.removeprefix(_GIT)
            raise ConfigError(str(error).replace(f"{tree}/", f"{name}:")) from None

    def _settings_of(self, given: str, revision: Revision, room: Path, tree: Path) -> Settings:
        """The configuration that the revision has, else that of today; all folders in `tree`."""
        then = revision.inside(self.config_file or Path(CONFIG_NAME), tree)
        file = then if then is not None and then.is_file() else self.config_file
        wanted = None if self.content is None else (self.content.absolute(),)
        folders: list[Path] = []
        for one in self._load(file, room, wanted).folders:
            place = one if one.resolve().is_relative_to(tree) else revision.inside(one, tree)
            if place is None:
                raise SideError(f"{given}: {one} is outside of the repository.")
            folders.append(place)
        if not any(one.is_dir() for one in folders):
            named = ", ".join(str(one.relative_to(tree)) for one in folders)
            raise SideError(f"{given}: expected a folder of articles, found no {named}.")
        for one in folders:
            one.mkdir(parents=True, exist_ok=True)  # git has no empty ones
        return self._load(file, room, tuple(folders))

    def _load(
        self, file: Path | None, room: Path, folders: tuple[Path, ...] | None = None
    ) -> Settings:
        """The settings, but for the index: neither that of the site nor its database."""
        overrides: dict[tuple[str, ...], object] = {
            ("index", "directory"): str(room / "index"),
            ("index", "url"): None,
        }
        if folders is not None:
            overrides["content", "folders"] = tuple(map(str, folders))
        return load_settings(file, overrides=overrides)

    def _rendered(self, name: str, settings: Settings) -> Side:
        for folder in settings.folders:
            if not folder.is_dir():
                raise ConfigError(f"{name}: expected a folder of articles at {folder}, found none.")
        return rendered_side(name, settings, self.now, self.stack, self.progress)
