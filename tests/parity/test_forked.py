"""How jobs are run in the real Caffe, with a stand-in for it that writes down what is asked of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STAND_IN = """
import os
def note(*words):
    with open("notes", "a") as file:
        print(os.getpid(), *words, file=file)
def set_mode_cpu(): note("cpu")
def set_mode_gpu(): note("gpu")
def set_device(index): note("device", index)
"""
SCRIPT = """
import os
import caffe
from forked import run_jobs

def run(folder, job):
    caffe.note(job["name"])
    print("told", flush=True)
    if job["name"] == "raises":
        raise ValueError("no such layer")
    if job["name"] == "aborts":
        os.abort()

run_jobs(run)
"""
JOBS = ("first", "raises", "between", "aborts", "last")


def run_script(folder: Path, device: str) -> tuple[int, list[str], list[str]]:
    """The exit status, the processes of the notes, and what they say."""
    (folder / "caffe.py").write_text(STAND_IN)
    (folder / "script.py").write_text(SCRIPT)
    (folder / "jobs.json").write_text(json.dumps([{"name": name} for name in JOBS]))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "script.py", folder, device], cwd=folder, env=environment, check=False)
    notes = [line.split(maxsplit=1) for line in (folder / "notes").read_text().splitlines()]
    return done.returncode, [process for process, _ in notes], [words for _, words in notes]


def test_on_the_cpu_each_job_has_a_process(tmp_path: Path) -> None:
    status, processes, words = run_script(tmp_path, "cpu")
    assert status == 0
    assert words == ["cpu", *JOBS]
    assert len(set(processes)) == 1 + len(JOBS)


def test_on_a_gpu_all_jobs_share_one_until_caffe_ends_it(tmp_path: Path) -> None:
    status, processes, words = run_script(tmp_path, "cuda:0")
    assert status != 0
    assert words == ["device 0", "gpu", "first", "raises", "between", "aborts"]
    assert len(set(processes)) == 1


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_logs_are_apart_and_tell_what_was_raised(tmp_path: Path, device: str) -> None:
    run_script(tmp_path, device)
    logs = {path.stem: path.read_text() for path in tmp_path.glob("*.log")}
    assert logs["first"] == logs["between"] == "told\n"
    assert logs["raises"] == "told\nValueError('no such layer')"
