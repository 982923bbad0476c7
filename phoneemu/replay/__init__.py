"""Replay: captured boots in, differences by rule out. Performs and compares; what a phone does is core's."""
