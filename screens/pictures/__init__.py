"""Frozen pictures of runs, ready to be shown: folds of views into plain values, no Textual.

Built off the interface's thread by `screens.feed`; widgets only lay them out.
"""
