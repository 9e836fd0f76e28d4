"""The PresetsScreen mode: its screen and the widgets only it uses."""
