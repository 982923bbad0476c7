"""`show ctl` and `show itl` text: render a list as the cluster prints it, and read such text back."""

from phoneemu.core.showparse import ShowText, parse, parse_all
from phoneemu.core.showrender import date, render, render_missing

__all__ = ["ShowText", "date", "parse", "parse_all", "render", "render_missing"]
