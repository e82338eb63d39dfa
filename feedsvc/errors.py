"""The exceptions of feedsvc: one tree, each message a sentence a user can act on.

A faulty article is not an exception but a `model.Problem`: the run goes on.
"""


class FeedsvcError(Exception):
    """Whatever feedsvc raises on purpose. Its text is meant for a person."""


class ConfigError(FeedsvcError):
    """config.yaml or a FEEDSVC_ variable can't be used; one line for each fault."""


class FrontMatterError(FeedsvcError):
    """The front matter of one file can't be read.

    `line` counts from 1 within the file; `None` where no line is to blame.
    """

    def __init__(self, reason: str, line: int | None = None, field: str = "front matter") -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.field = field


class NotReadyError(FeedsvcError):
    """There is no complete state of the articles to answer from, for the moment."""


class StorageError(FeedsvcError):
    """The index can't be written or used: no room, no permission, no server."""


class ExportError(FeedsvcError):
    """The site can't be written as files."""


class SideError(FeedsvcError):
    """One side of a comparison can't be read: no network, no such revision, no feed."""


class IndexDamagedError(StorageError):
    """What the index holds can't be read: it has to be made anew."""


class UnknownFeedError(FeedsvcError):
    """No article and no configuration ever used this name, or there is no such page.

    `parameter` is what the name was given as and `found` the name, if it is a name; `nearest`
    are names of listed feeds that look alike.
    """

    def __init__(
        self, message: str, parameter: str = "", found: str = "", nearest: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.found = found
        self.nearest = nearest


class QueryError(FeedsvcError):
    """A feed is asked for in a way that means nothing: what `parameter` was to be, and was.

    `nearest` are words of the vocabulary that look alike.
    """

    def __init__(
        self, parameter: str, expected: str, found: str, nearest: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{parameter}: expected {expected}, found {found}")
        self.parameter = parameter
        self.expected = expected
        self.found = found
        self.nearest = nearest
