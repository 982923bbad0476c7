"""Text of others where people read it: what a terminal would obey and an eye would miss is made visible.

A name in a list or in an export may hold an escape sequence, a line end or a mark that turns the writing
around. It is shown by its code, as Python writes it, and does nothing. Names are compared as they are.
"""

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def shown(text: str) -> str:
    """One line of text with every control character, line ends too, written out by its code."""
    if text.isprintable():
        return text
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
