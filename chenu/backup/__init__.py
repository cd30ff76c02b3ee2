"""One file that brings an installation back: its database and its files, sealed under the master key."""
