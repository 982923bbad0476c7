"""BadInput: what a user gave cannot be used; one clear line, exit code 2, no traceback."""


class BadInput(Exception):  # noqa: N818 - the name is what a person reads first
    """The input or the call is wrong.

    `place` names the file, and line or byte where there is one: `phones.csv:17`. `what` is the rest.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.what = message


class NothingInIt(BadInput):
    """A file holds nothing of what it was read for; an error where its name promised that."""
