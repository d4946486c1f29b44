"""How a program runs: plans, the interpreter, sessions. Names no op."""
