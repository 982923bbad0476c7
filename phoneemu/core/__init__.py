"""The phone itself: values and decisions only.

Nothing below this package reads a file, a socket, a clock or a random number, and nothing prints.
It imports the standard library's pure parts, attrs and cryptography.
"""
