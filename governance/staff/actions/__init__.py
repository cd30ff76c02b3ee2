"""What staff may do: declared, and audited in the system's chain; in that of whom it concerns, too."""
