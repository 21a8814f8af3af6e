"""What the program can tell: questions that only read."""
