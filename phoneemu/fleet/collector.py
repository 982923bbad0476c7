"""Letting Python's collector rest while a large fleet is worked on."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """No collection inside the block.

    A million phones are made and kept, and walking them again and again takes longer than all the rest. What
    is no longer used is freed at once all the same, for hardly anything here refers to itself.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
