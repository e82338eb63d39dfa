"""What may be wrong with a site as it is set up: `feedsvc doctor`.

Each question gives `Answer`s: what was found, how bad it is, and what to do. Nothing is changed.
"""

from feedsvc.doctor.answer import Answer, Mark
from feedsvc.doctor.running import ask_running
from feedsvc.doctor.settings import look_at_settings
from feedsvc.doctor.site import is_kept, look_at_folders, look_at_index, look_at_machine

__all__ = [
    "Answer",
    "Mark",
    "ask_running",
    "is_kept",
    "look_at_folders",
    "look_at_index",
    "look_at_machine",
    "look_at_settings",
]
