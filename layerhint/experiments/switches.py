"""The points that the paper leaves open: each is a switch, whose values are interpretations, the default first.

`experiments/protocols/*.yaml` explain each value.
"""

from typing import Literal, get_args

from layerhint.validation import Frozen


class Switches(Frozen):
    """The chosen value of every switch; a data set whose protocol lacks a switch ignores it."""

    shortcut: Literal["zero_pad", "projection"] = "zero_pad"
    mean: Literal["pixel", "channel"] = "pixel"
    input_scale: Literal["raw", "unit"] = "raw"
    student_batch_size: Literal["as_teacher", "own"] = "as_teacher"
    hint_layers: Literal["stage_end", "first_of_size", "stage_start"] = "stage_end"
    middle_layer: Literal["module", "stage2_end"] = "module"
    hint_plus_layer: Literal["stage3", "pool"] = "stage3"
    regressor_kernel: Literal["1", "3"] = "1"
    soft_target_factor: Literal["one", "tau_squared"] = "one"
    true_label_term: Literal["softmax", "softened"] = "softmax"
    sl_resnet_rate: Literal["0.1", "0.01"] = "0.1"
    sl_resnet_trains: Literal["whole", "new"] = "whole"
    sl_resnet_fc: Literal["fresh", "kept"] = "fresh"
    averaging: Literal["accuracies", "predictions"] = "accuracies"
    accuracy_taken: Literal["last", "best"] = "last"
    normalisation: Literal["first_iteration", "elements"] = "first_iteration"


OF_HINT_LAYERS = ("hint_layers", "middle_layer", "hint_plus_layer")
"""Switches that choose hint and guided layers between two ResNets: unused in an experiment that names its pairs."""

READINGS: dict[str, tuple[str, ...]] = {
    name: get_args(field.annotation) for name, field in Switches.model_fields.items()
}
