"""Shipped presets, one TOML file each; read-only for users, who copy and edit them."""
