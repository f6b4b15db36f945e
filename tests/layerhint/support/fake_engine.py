"""A stand-in for an engine, for tests of the driver."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layerhint.engines.engine import Engine, Pycaffe, Start
from layerhint.surgery.declaration import read_declaration
from layerhint.surgery.surgery import lineage_path
from torchcaffe.proto import caffe_pb2

FAKES = Path(__file__).parent
FAKE = FAKES / "fake_caffe.py"


class FakeEngine(Engine):
    name = "fake"
    solver_mode = "GPU"

    def command(self) -> list[str]:
        return [sys.executable, str(FAKE)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "version": "9.9"}

    def pycaffe(self) -> Pycaffe:
        return Pycaffe(sys.executable, self.environment(), "torchcaffe")

    def operate(self, surgery_file: Path) -> None:
        """The teacher's layers under their prefix; the student's made up."""
        declaration = read_declaration(surgery_file)
        merged = caffe_pb2.NetParameter()
        for source in declaration.sources:
            model = caffe_pb2.NetParameter.FromString(Path(source.weights).read_bytes())
            for layer in model.layer:
                merged.layer.add().CopyFrom(layer)
                merged.layer[-1].name = source.prefix + layer.name
        for module in declaration.random:
            for kind, count in (("", 1), ("/conv1", 1), ("/conv2", 1)):
                layer = merged.layer.add(name=module + kind, type="Convolution")
                for _ in range(count + (module == "fc")):
                    layer.blobs.add(data=[0.25]).shape.dim.append(1)
        names = {layer.name for layer in merged.layer}
        for name in list(names):
            for suffix, count in (("/bn", 3), ("/scale", 2), ("/subsample", 1)):
                if name + suffix not in names:
                    layer = merged.layer.add(name=name + suffix, type="x")
                    for _ in range(count):
                        layer.blobs.add(data=[1.0]).shape.dim.append(1)
        output = Path(declaration.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(merged.SerializeToString())
        lineage_path(output).write_text("{}\n")

    def train_in_lockstep(self, starts: Sequence[Start], log: Path) -> subprocess.Popen[bytes]:
        flags = [flag for start in starts for flag in [*start.flags(), "-log_file", str(start.log)]]
        with log.open("ab") as output:
            command = [sys.executable, str(FAKES / "fake_lockstep.py"), "train", *flags]
            return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
