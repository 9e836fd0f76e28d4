"""The chart: a widget that draws plots, with zoom, smoothing and a crosshair."""
