"""What the program does: verbs that change data. Guards, then the change, then the history; doors commit."""
