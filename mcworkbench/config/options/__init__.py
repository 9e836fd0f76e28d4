"""One file per stage or section: the frozen models behind every preset key."""
