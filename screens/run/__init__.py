"""The RunScreen mode: its screen and the widgets only it uses."""
