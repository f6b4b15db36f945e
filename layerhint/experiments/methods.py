"""The methods that an experiment may name, and what they are called."""

from typing import Literal

Method = Literal["kd", "hint-kd", "hint-kd-plus", "proposed", "concurrent", "sl-resnet", "sl-resnet-kd"]
"""Their names in experiments, folders and records. `layerhint.trainings.methods.table` has what each one trains."""

METHOD_TITLES: dict[Method, str] = {
    "kd": "KD without hints",
    "hint-kd": "Hint-KD",
    "hint-kd-plus": "Hint-KD+",
    "proposed": "Proposed method",
    "concurrent": "Concurrent hints",
    "sl-resnet": "SL-ResNet",
    "sl-resnet-kd": "SL-ResNet with KD",
}
