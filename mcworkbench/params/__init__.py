"""A network as one vector: layout, flat modules, batch norm, stored and foreign tensors.

The lowest room that loads torch. It knows nothing of data, tasks, paths or stages.
"""
