"""What makes the ten laws more than words: checks that look whether each still holds, and what they found."""
