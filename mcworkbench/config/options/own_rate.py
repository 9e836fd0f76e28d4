"""Options of trainings whose learning rate is their own: cycles, restarts, averaging."""

from __future__ import annotations

from pydantic import model_validator

from mcworkbench.config.options.training import TrainingOptions


class OwnRateOptions(TrainingOptions):
    """A training that no schedule of [train] fits."""

    @model_validator(mode="after")
    def _no_schedule(self) -> OwnRateOptions:
        if self.warmup_epochs:
            raise ValueError(
                f"warmup_epochs = {self.warmup_epochs} belongs to the schedules of [train]; the "
                "rate here begins at lr, so leave it out"
            )
        if self.epochs_before:
            raise ValueError(
                f"epochs_before = {self.epochs_before} belongs to the schedules of [train]; the "
                "rate here is that of the iterations of this training, so leave it out"
            )
        return self
