"""Textual screens, dialogs and widgets of the workbench."""
