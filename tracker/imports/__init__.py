"""Files in: parse, check, load. Every fault is told by row and column; a file is loaded whole or not at all."""
