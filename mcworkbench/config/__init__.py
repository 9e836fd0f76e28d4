"""A preset file becomes an Experiment here, or a list of everything wrong with it.

Torch-free: the interface validates presets, the engine only ever sees finished options.
"""
