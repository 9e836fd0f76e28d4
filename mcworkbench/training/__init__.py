"""The one training loop, its subjects, schedules, optimisers, evaluation and probes."""
