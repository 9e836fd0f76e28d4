"""Ensembles: members and their predictions, capture rules, averages of networks, soups."""
