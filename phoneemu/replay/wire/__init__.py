"""What a packet capture shows of phones: from the bytes of a pcap or pcapng file to exchanges and starts.

In the order in which they are used: framing, frames, tcp, the watches (tftp, http, tls), announce, witness,
sorting.
"""
