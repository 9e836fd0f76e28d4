"""The verbs: one file per stage kind, each a generator of events over a workspace."""
