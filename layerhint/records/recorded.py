"""What all parts of a record have in common: they are as they were written, key by key."""

from typing import Any

from pydantic import ConfigDict

from layerhint.validation import Frozen


class Recorded(Frozen):
    """Base of what records say: immutable, and an unknown key is an error, as is one that is missing.

    What older records lack has a default, and what was not given is not written, so that a record that is read and
    written is the same again. A loss may be no number.
    """

    model_config = ConfigDict(allow_inf_nan=True, populate_by_name=True)

    def as_json(self) -> dict[str, Any]:
        """As plain values, in the order of the fields."""
        return self.model_dump(by_alias=True, exclude_unset=True)
