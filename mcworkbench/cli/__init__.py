"""The command line: data on stdout, talk on stderr, exit 0 done, 1 failed, 2 invalid, 3 stopped.

Nothing is imported here and little at the top of its modules: a command loads what it needs
when it runs, and none of them ever loads torch.
"""
