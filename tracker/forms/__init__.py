"""What a browser may send: one form class for each thing that people fill in."""
