"""The page: whole, self-contained, and honest about what it shows."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from layerhint.report import write_report
from layerhint.report.content.verdicts import VERDICTS
from layerhint.report.output.page import anchor, symbols, unbroken

RECORDS = Path(__file__).parents[3] / "cases/report/records"
VOID = {"meta", "br", "hr", "img", "link", "input", "use", "path"}
RAW = {"style", "script", "svg"}
P = "training-cifar10--resnet26-resnet14"


class Reader(HTMLParser):
    """Collects tags, ids and links of a page, and holds every end tag to its start tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not RAW & set(self.open):
            self.text.append(data)

    def _take(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    run = tmp_path_factory.mktemp("run")
    shutil.copytree(RECORDS, run / "records")
    return write_report(run / "records", run / "report")[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_tags_are_balanced_and_ids_unique(page: Reader) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_loaded_from_outside(page: Reader, html: str) -> None:
    assert not {"img", "link", "iframe", "object"} & page.tags
    assert not [link for link in page.links if "://" in link]
    assert "@import" not in html
    assert "url(http" not in html
    assert "default-src 'none'" in html
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket", html)


def test_every_link_leads_somewhere(page: Reader) -> None:
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert inside
    assert set(inside) <= set(page.ids)


def test_each_measured_cell_leads_to_its_record(page: Reader, html: str) -> None:
    for training in ("kd--net1", "kd--net2", "proposed--net1"):
        assert f"#{P}--{training}" in page.links
    assert 'title="cifar10/resnet26-resnet14/kd/net1: last test 91.00, best test 91.04"' in html


def test_records_are_linked_only_if_they_move_with_the_page(page: Reader, tmp_path: Path) -> None:
    files = [link for link in page.links if link.endswith(".json")]
    assert "../records/cifar10/resnet26/plain/plain.json" in files
    assert len(files) == 7  # Each finished training once, whichever experiments it is part of.
    elsewhere = write_report(RECORDS, tmp_path / "far/away")[0].read_text(encoding="utf-8")
    assert ".json" not in elsewhere


def test_the_page_says_what_it_is(page: Reader) -> None:
    text = " ".join(" ".join(page.text).split())
    assert "schedules scaled by 0.01" in text
    assert "This is not the paper's protocol at full length" in text
    assert "4 left the teacher bit for bit as it was. There is no such proof for" in text
    for figure in ("91.15", "91.17", "+0.39", "−1.47", "+2.25", "−0.49", "0.506", "+8.34", "not finished"):
        assert figure in text


def test_one_experiment_gives_the_page_its_title(tmp_path: Path) -> None:
    shutil.copytree(RECORDS, tmp_path / "records")
    (tmp_path / "records/experiments/invented-errors.json").unlink()
    html = write_report(tmp_path / "records", tmp_path)[0].read_text(encoding="utf-8")
    assert "<title>Invented: a table (schedules scaled by 0.01)</title>" in html
    assert html.startswith("<!doctype html>")
    assert 'href="records/cifar10/' in html


def test_verdicts_have_colours_by_their_names(html: str) -> None:
    styled = set(re.findall(r"\.verdict\.([a-z-]+)", html))
    assert len(styled) == 3
    assert styled < {name.replace(" ", "-") for name in VERDICTS}


def test_text_from_records_is_escaped(tmp_path: Path) -> None:
    shutil.copytree(RECORDS, tmp_path / "records")
    path = tmp_path / "records/experiments/invented.json"
    record = json.loads(path.read_text())
    record["title"] = record["heading"] = "<script>alert(1)</script>"
    record["methods"][1]["title"] = "</script><b>bold"
    path.write_text(json.dumps(record))
    html = write_report(tmp_path / "records", tmp_path)[0].read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "</script><b>" not in html, "neither in the text nor in what the script reads"
    assert "\\u003c/script>\\u003cb>bold" in html


def test_symbols_hyphens_and_anchors() -> None:
    assert symbols("P_c") == "P<sub>c</sub>"
    assert symbols("F_H1 <b> − F_G1") == "F<sub>H1</sub> &lt;b&gt; − F<sub>G1</sub>"
    assert unbroken("26-layer, cifar-10") == "26\N{NON-BREAKING HYPHEN}layer, cifar-10"
    assert (
        unbroken("SL-ResNet, Hint-KD+, a-b") == "SL\N{NON-BREAKING HYPHEN}ResNet, Hint\N{NON-BREAKING HYPHEN}KD+, a-b"
    )
    assert unbroken("ResNet-26 {16, 32}") == "ResNet\N{NON-BREAKING HYPHEN}26 {16,\N{NO-BREAK SPACE}32}"
    assert anchor("cifar10/a-b/kd/lambda=4/net1") == "training-cifar10--a-b--kd--lambda-4--net1"
