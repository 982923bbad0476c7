"""Live collection: the exports of docs/snapshot.md, fetched from a running cluster by reading alone.

What may be asked is a closed list (`readings`); `wire` sends nothing that does not stand on it.
"""
