"""The images: which split, which mean, which crops, and how many in a batch."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from layerhint.lint.generated_net import is_data
from layerhint.lint.numbers import as_float32
from torchcaffe.proto.caffe_pb2 import DataParameter, LayerParameter, TransformationParameter


def check_images(case: NetCase) -> Iterator[Finding]:
    """One layer gives the images: a Data layer as the protocol has it, or in a net to deploy an Input."""
    sources = [layer for layer in case.net.layers if is_data(layer)]
    kind = "Input" if case.described is case.training.deploy else "Data"
    if [layer.type for layer in sources] != [kind]:
        names = ", ".join(f"'{layer.name}' ({layer.type})" for layer in sources) or "no layer"
        yield Finding(case.net.file, None, f"its images come from {names}", f"Write one {kind} layer")
    elif kind == "Input":
        yield from _input(case, sources[0])
    else:
        layer = sources[0]
        yield from _differences(case, layer, "data_param", layer.data_param, _data(case))
        yield from _differences(case, layer, "transform_param", layer.transform_param, _transform(case))


def _split(case: NetCase) -> str:
    return "train" if case.trains else "test"


def _data(case: NetCase) -> DataParameter:
    return DataParameter(
        source=case.layout.database(case.training.dataset, _split(case)),
        backend=DataParameter.LMDB,
        batch_size=_batch_size(case),
    )


def _batch_size(case: NetCase) -> int:
    """The protocol's. A plain training may be the teacher's or a student's; what has a start is a student's."""
    sizes, switches = case.experiment.protocol.batch_size, case.experiment.switches
    if not case.trains:
        return sizes.test
    students = sizes.student if switches.student_batch_size == "own" else sizes.teacher
    plain = case.training.stage == 0 and case.described.batch_size == sizes.teacher
    return sizes.teacher if plain else students


def _transform(case: NetCase) -> TransformationParameter:
    """Training images are cropped and mirrored at random; the mean is that of the split, in the size of its images."""
    images, switches = case.experiment.protocol.images, case.experiment.switches
    transform = TransformationParameter()
    if images.subtract_mean:
        transform.mean_file = case.layout.mean_file(case.training.dataset, switches.mean, _split(case))
    if images.pad and case.trains:
        transform.crop_size = images.size
    if images.mirror and case.trains:
        transform.mirror = True
    if images.scale is not None and switches.input_scale == "unit":
        transform.scale = as_float32(images.scale)
    return transform


def _differences(case: NetCase, layer: LayerParameter, part: str, found: Message, wanted: Message) -> Iterator[Finding]:
    """Field by field; one that is not said has its default."""
    given = {field.name for field, _ in wanted.ListFields()}
    for field in wanted.DESCRIPTOR.fields:
        is_, meant = getattr(found, field.name), getattr(wanted, field.name)
        if is_ != meant:
            said = _said(field, meant)
            yield Finding(
                case.net.file,
                layer.name,
                f"its {part}.{field.name} is {_said(field, is_)}, the protocol's is {said}",
                f"Write `{part} {{ {field.name}: {said} }}`" if field.name in given else f"Leave {field.name} out",
            )


def _said(field: Any, value: Any) -> str:
    """The value of a field (a FieldDescriptor) as a prototxt spells it."""
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    match value:
        case str():
            return f'"{value}"'
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return str(value)


def _input(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    images = case.experiment.protocol.images
    wanted = [images.channels, images.size, images.size]
    found = [list(shape.dim) for shape in layer.input_param.shape]
    if [dims[1:] for dims in found] != [wanted]:
        yield Finding(
            case.net.file,
            layer.name,
            f"its shape is {found}, the data set's images are {wanted}",
            f"Write one shape with the dims N, {', '.join(map(str, wanted))}",
        )
