"""Errors that say what to do.

Every mistake that a user can make ends in one of these, with one line that names the thing (the file, the
layer, the shapes) and the mend. The command line prints that line and exits with 1; a traceback is shown
only with --debug, because a traceback is for the person who wrote the program, not for the one who runs it.
"""


class HelloError(Exception):
    """The base of all errors that carry one line of help for the user."""


class ShapeError(HelloError, ValueError):
    """Arrays whose shapes do not go together."""


class DataError(HelloError):
    """A data file that is missing, cut short, or not what its name says."""


class DownloadError(DataError):
    """A download that failed from every mirror."""


class PhotoError(HelloError):
    """A picture that cannot be opened or read."""


class CheckpointError(HelloError):
    """A checkpoint that is damaged, or belongs to another model."""


class TrainingError(HelloError):
    """Training that cannot go on, such as a loss that is no longer a number."""


class HelperError(HelloError):
    """A helping process that ended before its work was done: somebody killed it, or memory was short."""
