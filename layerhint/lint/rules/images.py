"""The images: which split, which mean, which crops, and how many in a batch."""

from collections.abc import Iterator

from google.protobuf.message import Message

from layerhint.lint.cases import AnyNetCase, TeacherTestCase
from layerhint.lint.fields import differences
from layerhint.lint.finding import Finding
from layerhint.nets.generated_net import is_data
from torchcaffe.proto.caffe_pb2 import DataParameter, LayerParameter, TransformationParameter


def check_images(case: AnyNetCase) -> Iterator[Finding]:
    """One layer gives the images: a Data layer as the protocol has it, or in a net to deploy an Input."""
    sources = [layer for layer in case.net.layers if is_data(layer)]
    kind = "Input" if case.deploys else "Data"
    if [layer.type for layer in sources] != [kind]:
        names = ", ".join(f"'{layer.name}' ({layer.type})" for layer in sources) or "no layer"
        yield Finding(case.net.file, None, f"its images come from {names}", f"Write one {kind} layer")
    elif kind == "Input":
        yield from _input(case, sources[0])
    else:
        layer = sources[0]
        yield from _differences(case, layer, "data_param", layer.data_param, _data(case))
        yield from _differences(case, layer, "transform_param", layer.transform_param, _transform(case))
    yield from _changes(case)


def _changes(case: AnyNetCase) -> Iterator[Finding]:
    """Nothing works in place on the images or their labels, which all others would then read changed."""
    given = {blob for layer in case.net.layers if is_data(layer) for blob in layer.top}
    for layer in case.net.layers:
        changed = [blob for blob in layer.top if blob in given and not is_data(layer)]
        if changed:
            yield Finding(
                case.net.file,
                layer.name,
                f"it writes '{changed[0]}', which the images' own layer gives",
                "Give its top a name of its own, or take the layer out",
            )


def _split(case: AnyNetCase) -> str:
    return "train" if case.trains else "test"


def _data(case: AnyNetCase) -> DataParameter:
    return DataParameter(
        source=case.layout.database(case.dataset, _split(case)),
        backend=DataParameter.LMDB,
        batch_size=_batch_size(case),
    )


def _batch_size(case: AnyNetCase) -> int:
    """The protocol's batch size. A plain training may have the teacher's or a student's; others have a student's."""
    protocol, sizes = case.experiment.protocol, case.experiment.protocol.batch_size
    if isinstance(case, TeacherTestCase) or not case.trains:
        return sizes.test
    own = case.experiment.switches.student_batch_size == "own" or "student_batch_size" not in protocol.switches
    students = sizes.student if own else sizes.teacher
    plain = case.training.stage == 0 and case.described.batch_size == sizes.teacher
    return sizes.teacher if plain else students


def _transform(case: AnyNetCase) -> TransformationParameter:
    """Training images are cropped and mirrored at random; the mean is that of the split, in the size of its images."""
    images, switches = case.experiment.protocol.images, case.experiment.switches
    transform = TransformationParameter()
    if images.subtract_mean:
        transform.mean_file = case.layout.mean_file(case.dataset, switches.mean, _split(case))
    if images.pad and case.trains:
        transform.crop_size = images.size
    if images.mirror and case.trains:
        transform.mirror = True
    if images.scale is not None and switches.input_scale == "unit":
        transform.scale = images.scale
    return transform


def _differences(
    case: AnyNetCase, layer: LayerParameter, part: str, found: Message, wanted: Message
) -> Iterator[Finding]:
    for field in differences(found, wanted, part):
        yield Finding(
            case.net.file,
            layer.name,
            f"its {field.path} is {field.found}, the protocol's is {field.wanted}",
            field.remedy,
        )


def _input(case: AnyNetCase, layer: LayerParameter) -> Iterator[Finding]:
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
