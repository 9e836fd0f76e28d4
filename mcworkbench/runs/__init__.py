"""What runs and stages leave on disk: events, folders, locks and the views folded from them."""
