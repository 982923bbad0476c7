"""An option that may be given once: of two, the first would be forgotten in silence."""

import argparse
from collections.abc import Sequence


class Once(argparse.Action):
    """Stores a value, and refuses a second one."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        _option: str | None = None,
    ) -> None:
        """Take the value.

        Raises:
            ArgumentError: there is one already.
        """
        if getattr(namespace, self.dest, None) not in (None, self.default):
            raise argparse.ArgumentError(self, "given twice; it can be given once")
        setattr(namespace, self.dest, values)
