"""What a data set is, whoever made it: its name, and the shape of its images."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """A data set's name and shape: images (channels, size, size), `pad` zeros on each side of a training image.

    `has_mean` says whether mean files are written.
    """

    name: str
    title: str
    channels: int
    size: int
    pad: int
    classes: int
    has_mean: bool

    @property
    def train_size(self) -> int:
        """Height and width of a stored training image: `size + 2 * pad`."""
        return self.size + 2 * self.pad
