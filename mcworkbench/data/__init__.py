"""Data sets: from a name in a preset to batches of tensors on a device.

A source module turns a name into `raw.RawData` (numpy); `decoded` keeps that in the cache;
`splits` says which examples belong to training, validation and test; `dataset` publishes and
opens the product of a dataset stage; `resident` holds one split on a device and `draws` the
random tables of an epoch. Nothing here knows tasks' losses, models, stages or screens.
"""
