"""ResNet for small images (He et al. 2015, Section 4.2) as data: 6n+2 weighted layers.

The names here are the names of layers and blobs in every generated net. A part is `conv1`, a residual module
`res<stage>_<module>`, `pool` or `fc`; a part's output blob, after its last ReLU, carries the part's name, and
its layers are the part's name itself or begin with it and a slash.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from layerhint.errors import LayerhintError
from layerhint.validation import nearest

STAGES = (1, 2, 3)
LOGITS = "fc"
Shortcut = Literal["zero_pad", "projection"]


@dataclass(frozen=True)
class FeatureMap:
    """The output blob of a part: `name`, and its shape (N, channels, size, size)."""

    name: str
    channels: int
    size: int


@dataclass(frozen=True)
class Module:
    """A residual module: two 3x3 convolutions and a shortcut; `size` is that of its output."""

    stage: int
    index: int
    in_channels: int
    out_channels: int
    stride: int
    size: int

    @property
    def name(self) -> str:
        return f"res{self.stage}_{self.index}"

    @property
    def changes_size(self) -> bool:
        """Whether the shortcut has to change the dimension."""
        return self.stride > 1

    @property
    def zero_blobs(self) -> int:
        """How many blobs of in_channels zero channels fill the zero-padded shortcut up to out_channels."""
        return self.out_channels // self.in_channels - 1


@dataclass(frozen=True)
class ResNet:
    """ResNet-`depth` for images (channels, size, size).

    With `kept_modules` only the stem and so many residual modules are there, below the pool and the FC.
    `filters_in_label` is for nets that are shown beside others of the same depth.

    Raises LayerhintError for a depth that is not 6n+2, a size that two halvings do not divide, and filters
    that the zero-padded shortcut cannot widen.
    """

    depth: int
    filters: tuple[int, int, int]
    image_channels: int
    image_size: int
    classes: int
    shortcut: Shortcut = "zero_pad"
    kept_modules: int | None = None
    filters_in_label: bool = False

    def __post_init__(self) -> None:
        if self.depth < 8 or (self.depth - 2) % 6:
            below = max(8, self.depth - (self.depth - 2) % 6)
            raise LayerhintError(
                f"ResNet depth {self.depth}: expected 6n+2 (8, 14, 20, 26, 32, ...), such as {below} or {below + 6}"
            )
        if self.image_size % 4:
            raise LayerhintError(f"image size {self.image_size}: stages 2 and 3 halve it, so it must divide by 4")
        for narrow, wide in zip(self.filters, self.filters[1:], strict=False):
            if self.shortcut == "zero_pad" and (wide % narrow or wide == narrow):
                raise LayerhintError(
                    f"filters {list(self.filters)}: a zero-padded shortcut repeats its {narrow} channels "
                    f"to reach {wide}; take a multiple of {narrow}, or shortcut: projection"
                )

    @property
    def widths(self) -> tuple[int, ...]:
        """The filters of the stages that are there."""
        return self.filters[: self.modules[-1].stage]

    @property
    def n(self) -> int:
        """Residual modules a stage."""
        return (self.depth - 2) // 6

    @property
    def label(self) -> str:
        """ResNet-26, or with its filters ResNet-26 {32, 64, 128}."""
        filters = f" {{{', '.join(map(str, self.filters))}}}" if self.filters_in_label else ""
        label = f"ResNet-{self.depth}{filters}"
        if self.kept_modules is None:
            return label
        return f"{label}'s stem and first {self.kept_modules} of {3 * self.n} modules"

    @property
    def logits(self) -> str:
        """The blob of class scores."""
        return LOGITS

    @property
    def modules(self) -> tuple[Module, ...]:
        """The residual modules, bottom to top: 3n of them, if all are kept."""
        places = [(stage, index) for stage in STAGES for index in range(1, self.n + 1)]
        return tuple(self._module(stage, index) for stage, index in places[: self.kept_modules])

    def _module(self, stage: int, index: int) -> Module:
        widens = stage > 1 and index == 1
        return Module(
            stage=stage,
            index=index,
            in_channels=self.filters[stage - 2] if widens else self.filters[stage - 1],
            out_channels=self.filters[stage - 1],
            stride=2 if widens else 1,
            size=self.image_size >> (stage - 1),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part, bottom to top; all but `pool` hold weights."""
        return ("conv1", *(module.name for module in self.modules), "pool", LOGITS)

    def parts_up_to(self, last: str, after: str | None = None) -> tuple[str, ...]:
        """The parts with weights up to and including `last`, without those up to and including `after`."""
        parts = self.parts
        first = parts.index(after) + 1 if after else 0
        return tuple(part for part in parts[first : parts.index(last) + 1] if part != "pool")

    def highest(self, parts: Collection[str]) -> str:
        """The highest of some parts."""
        return max(parts, key=self.parts.index)

    def parts_below(self, blobs: Collection[str]) -> tuple[str, ...]:
        """The parts with weights that some output blobs depend on."""
        return self.parts_up_to(self.highest(blobs))

    def modules_up_to(self, last: str) -> tuple[Module, ...]:
        """The residual modules up to and including the part `last`."""
        below = set(self.parts_up_to(last))
        return tuple(module for module in self.modules if module.name in below)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.image_channels, self.image_size, self.image_size

    def output(self, part: str) -> FeatureMap:
        """The output blob of a part below `fc`. Raises LayerhintError for a name that is no such part's."""
        below = self.parts[:-1]
        if part not in below:
            raise LayerhintError(f"{self.label} has no part {part!r} below its fc{nearest(part, below)}")
        if part == "conv1":
            return FeatureMap(part, self.filters[0], self.image_size)
        if part == "pool":
            return FeatureMap(part, self.modules[-1].out_channels, 1)
        module = next(module for module in self.modules if module.name == part)
        return FeatureMap(part, module.out_channels, module.size)

    def stage_end(self, stage: int) -> FeatureMap:
        return self.output(f"res{stage}_{self.n}")

    def hint_layers(
        self, reading: Literal["stage_end", "first_of_size", "stage_start"]
    ) -> tuple[FeatureMap, FeatureMap, FeatureMap]:
        """H1..H3 or G1..G3 of the proposed method.

        The last module of each stage; the first of stages 2 and 3, and the last of all; or the first of each stage.
        """
        starts, end = [self.output(f"res{stage}_1") for stage in STAGES], self.stage_end(3)
        match reading:
            case "stage_end":
                return self.stage_end(1), self.stage_end(2), end
            case "first_of_size":
                return starts[1], starts[2], end
            case "stage_start":
                return starts[0], starts[1], starts[2]

    def middle_layer(self, reading: Literal["module", "stage2_end"]) -> FeatureMap:
        """Hint-KD's one layer: residual module ceil(3n/2), or the end of stage 2."""
        if reading == "stage2_end":
            return self.stage_end(2)
        middle = -(-3 * self.n // 2)
        return self.output(self.modules[middle - 1].name)

    def last_layer(self, reading: Literal["stage3", "pool"]) -> FeatureMap:
        """Hint-KD+'s one layer, all but the FC: the feature maps of stage 3, or the pooled vector."""
        return self.stage_end(3) if reading == "stage3" else self.output("pool")

    def layer_names(self) -> tuple[str, ...]:
        """Every layer of the net from `conv1` to `fc`, in the order in which the generated nets hold them."""
        names = [*_conv_names("conv1", relu=True)]
        for module in self.modules:
            names += _conv_names(f"{module.name}/conv1", relu=True) + _conv_names(f"{module.name}/conv2")
            if module.changes_size:
                names += self._shortcut_names(module)
            names += [f"{module.name}/sum", f"{module.name}/relu"]
        return (*names, "pool", "fc")

    def _shortcut_names(self, module: Module) -> list[str]:
        if self.shortcut == "projection":
            return _conv_names(f"{module.name}/shortcut")
        return [f"{module.name}/{layer}" for layer in ("subsample", "zeros", "shortcut")]

    @property
    def multiply_adds(self) -> int:
        """Multiplications of the convolutions and the FC for one image; BatchNorm and pooling not counted."""
        count = self.image_size**2 * 9 * self.image_channels * self.filters[0]
        for module in self.modules:
            weights = 9 * module.out_channels * (module.in_channels + module.out_channels)
            if module.changes_size and self.shortcut == "projection":
                weights += module.in_channels * module.out_channels
            count += module.size**2 * weights
        return count + self.output("pool").channels * self.classes


def _conv_names(name: str, relu: bool = False) -> list[str]:
    return [name, f"{name}/bn", f"{name}/scale", *([f"{name}/relu"] if relu else [])]
