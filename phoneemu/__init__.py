"""phoneemu: one emulated IP phone, driven by a cluster, a prediction, a capture or a test."""

__version__ = "0.1.0"
