"""The base of all parts of a record: what is read from a file is written back the same, key by key."""

from typing import Any

from pydantic import ConfigDict

from layerhint.validation import Frozen


class Recorded(Frozen):
    """Base of what records say: immutable, and an unknown key is an error, as is one that is missing.

    Fields that older records lack have defaults, and a field that was not given is not written, so that a record that
    is read and written stays the same. A loss may be NaN.
    """

    model_config = ConfigDict(allow_inf_nan=True, populate_by_name=True)

    def as_json(self) -> dict[str, Any]:
        """As plain values, in the order of the fields."""
        return self.model_dump(by_alias=True, exclude_unset=True)
