"""The wire: performs a phone's commands on sockets, and the servers an emulated cluster speaks with.

It converts and carries; what anything means is decided in core (the phone) or in cluster (who serves what).
"""
