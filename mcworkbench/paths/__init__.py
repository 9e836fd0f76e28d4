"""Paths between networks: curves, control points, arc length, the plane through three points.

A path is a function from t in [0, 1] to a network's vector. It knows layouts and vectors, and
nothing of models, data or losses.
"""
