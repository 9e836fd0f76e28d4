"""Other ways to look at a run: reconstructions, codes, classes, functions."""
