"""The exercise room over a network: one process, one room, one database; its pages and sockets.

Nothing here is imported before `sispamkota exercise` asks for it: the libraries are those of the extra `app`.
"""
