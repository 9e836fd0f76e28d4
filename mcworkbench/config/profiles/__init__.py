"""Profile files of the TensorFlow port, one table per step, read as presets of ours.

`load.py` finds FILE#NAME, `profile.py` holds one table, `translate.py` turns a profile and those
it needs into one preset. Torch-free; nothing is written.
"""
