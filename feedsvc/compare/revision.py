"""The files of a git revision, in a folder for as long as they are looked at."""

from __future__ import annotations

import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from feedsvc.errors import SideError


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the repository in `top`, by its full number."""

    top: Path
    commit: str

    def inside(self, path: Path, tree: Path) -> Path | None:
        """Where `path` is in `tree`, the files of this revision; `None` if it is outside of the
        repository.
        """
        whole = path.resolve()
        return tree / whole.relative_to(self.top) if whole.is_relative_to(self.top) else None


def find_revision(name: str) -> Revision | None:
    """The commit that `name` means in the repository of the working directory; `None` if there
    is no such commit or repository. Raises `SideError` if git isn't there.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None:
        return None
    top = _git("rev-parse", "--show-toplevel")
    return Revision(Path(top).resolve(), commit) if top else None


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607  the git that the user has; a revision can't be an option
    except OSError as error:
        raise SideError(f"git can't be started: {error.strerror}") from None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def extract(revision: Revision, tree: Path) -> None:
    """Write the files of `revision` to `tree`, a new folder. Raises `SideError`."""
    command = ["git", "-C", str(revision.top), "archive", "--format=tar", revision.commit]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  see above
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                _unpack(archive, tree)
        except (tarfile.TarError, OSError) as error:
            process.kill()
            said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            raise SideError(f"git archive {revision.commit}: {said or error}") from None
        if process.wait() != 0:
            raise SideError(f"git archive {revision.commit} failed")


def _unpack(archive: tarfile.TarFile, tree: Path) -> None:
    """Files and folders; then symbolic links that stay inside, so that nothing is ever written
    through one. Whoever made the repository needn't be whoever looks at it.
    """
    links: list[tuple[Path, str]] = []
    tree.mkdir(parents=True)
    for member in archive:
        parts = PurePosixPath(member.name).parts
        if ".." in parts or PurePosixPath(member.name).is_absolute():
            raise tarfile.TarError(f"{member.name} leads out of the archive")
        place = tree.joinpath(*parts)
        if member.isdir():
            place.mkdir(parents=True, exist_ok=True)
        elif member.issym():
            links.append((place, member.linkname))
        elif member.isfile() and (stream := archive.extractfile(member)):
            place.parent.mkdir(parents=True, exist_ok=True)
            with stream, place.open("xb") as file:
                while part := stream.read(1 << 20):
                    file.write(part)
    root = tree.resolve()
    for place, target in links:
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(place.parent, target).resolve().is_relative_to(root):
            place.symlink_to(target)
