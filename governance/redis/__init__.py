"""Redis, where the installation has one: the cache, the broker of jobs and the layer of sockets lean on it.

Nothing that must last is kept there: it may be emptied, restarted or lost at any moment (design 8.2).
"""
