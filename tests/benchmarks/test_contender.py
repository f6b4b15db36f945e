"""What the engines say of themselves."""

import subprocess
from typing import Any

import pytest
import torch

import torchcaffe
from benchmarks.contender import FastTorchcaffe
from benchmarks.setting import Setting
from layerhint.errors import LayerhintError
from torchcaffe.fast.own_kernels import with_or_without


def test_the_fast_path_names_its_kernels() -> None:
    own = with_or_without(torch.device("cpu"), torch.float32)
    assert FastTorchcaffe(Setting(1)).version == f"{torchcaffe.torchcaffe_version}, {own}"


def test_a_process_that_cannot_tell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(words: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(words, 1, "", "Traceback\nRuntimeError: the GPU is gone\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(LayerhintError, match=r"^torchcaffe, fast: .* status 1: RuntimeError: the GPU is gone$"):
        _ = FastTorchcaffe(Setting(1)).version
