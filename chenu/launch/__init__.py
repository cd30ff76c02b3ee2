"""Starting CHE·NU with one command: the embedded database, the supervisor and what they check first.

Only the standard library is imported here: settings read `socket_dir_for`, and the process that stays
resident to watch the others must remain small.
"""
