"""The readers that are fuzzed, one module each. `READERS` maps each name to what it reads."""

from importlib import import_module

from fuzz.reader import Reader

READERS: dict[str, str] = {
    "net": "a net's prototxt, and the net built from it",
    "solver": "a solver's prototxt, and the solver with a net of two layers, for two iterations",
    "caffemodel": "a caffemodel, into a net",
    "caffemodel_hdf5": "an HDF5 caffemodel, into a net",
    "solverstate": "a solverstate, into a solver",
    "solverstate_hdf5": "an HDF5 solverstate, into a solver",
    "run_state": "what a solverstate of torchcaffe holds besides: its JSON",
    "mean_file": "a binaryproto, as a mean file",
    "datum": "a Datum",
    "lmdb": "an LMDB of Datums: its data.mdb",
    "hdf5_data": "an HDF5 file of a HDF5Data layer",
    "image": "an image: of an ImageData layer, of a folder of images, by load_image",
    "archive": "a downloaded archive, and the CIFAR and idx files in it",
    "source_archive": "the archive of a real Caffe's source, unpacked",
    "experiment": "an experiment's YAML, up to its trainings",
    "protocol": "a protocol's YAML",
    "own_net": "a net of one's own, as a teacher",
    "own_weights": "the caffemodel of a net of one's own",
    "surgery": "a surgery YAML",
    "record": "a run's record",
    "surgery_source": "a caffemodel that surgery takes params from",
}


def reader_class(name: str) -> type[Reader]:
    """The class `<Name>Reader` of the module `name`."""
    module = import_module(f"fuzz.readers.{name}")
    cls: type[Reader] = getattr(module, "".join(word.capitalize() for word in name.split("_")) + "Reader")
    return cls
