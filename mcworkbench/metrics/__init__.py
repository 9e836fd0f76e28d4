"""Statistics that more than one task or report needs, as sums that add up over batches."""
