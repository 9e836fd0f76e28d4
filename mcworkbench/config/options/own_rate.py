"""Options of trainings whose learning rate is their own: cycles, restarts, averaging."""

from __future__ import annotations

from pydantic import model_validator

from mcworkbench.config.options.training import TrainingOptions


class OwnRateOptions(TrainingOptions):
    """A training that no schedule of [train] fits."""

    @model_validator(mode="after")
    def _no_schedule(self) -> OwnRateOptions:
        for name in ("warmup_epochs", "epochs_before"):
            if getattr(self, name):
                raise ValueError(
                    f"{name} = {getattr(self, name)} belongs to the schedules of [train]; the rate "
                    "here is of the iterations of this training alone, so leave it out"
                )
        return self
