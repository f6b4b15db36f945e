"""The nets and their hint/guided pairs, as they are drawn."""

import re
from dataclasses import replace

from layerhint.records.drawn_nets import DrawnNets, DrawnPair, DrawnPart
from layerhint.report.figures.method_figure import method_figure
from layerhint.report.figures.nets_figure import nets_figure
from layerhint.report.reading.results import Results


def boxes(svg: str) -> list[str]:
    """The names in the boxes, in the order of drawing."""
    return re.findall(r">(conv1|res\d_\d|pool|fc)</text>", svg)


def height_of(svg: str, name: str, column: int) -> float:
    """How far down the text of a part is, in the teacher's column (0) or the student's (1)."""
    found = re.findall(rf'<text x="[\d.]+" y="([\d.]+)"[^>]*>{name}</text>', svg)
    return float(found[column])


def test_a_panel_for_each_set_of_pairs(results: Results) -> None:
    figure = nets_figure(results.experiment("fig7"))
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["Hint-KD", "Proposed method"]
    both = nets_figure(results.experiment("fig9"))
    assert both is not None
    assert [panel.title for panel in both.panels] == ["Concurrent hints, Proposed method"]


def test_every_part_of_both_nets_is_a_box(results: Results) -> None:
    figure = nets_figure(results.experiment("fig7"))
    assert figure is not None
    teacher = ["conv1", "res1_1", "res1_2", "res2_1", "res2_2", "res3_1", "res3_2", "pool", "fc"]
    student = ["conv1", "res1_1", "res2_1", "res3_1", "pool", "fc"]
    assert boxes(figure.panels[1].svg) == teacher + student
    assert ">32×16×16</text>" in figure.panels[1].svg


def test_a_pair_stands_side_by_side(results: Results) -> None:
    figure = nets_figure(results.experiment("fig7"))
    assert figure is not None
    svg = figure.panels[1].svg
    # res2_2 of the teacher teaches res2_1 of the student; res2_1 is the teacher's too, so the student's is second.
    teacher, student = height_of(svg, "res2_2", 0), height_of(svg, "res2_1", 1)
    assert teacher == student
    assert height_of(svg, "res3_2", 0) == height_of(svg, "res3_1", 1)
    assert height_of(svg, "fc", 0) == height_of(svg, "fc", 1)
    assert "H2 to G2" in svg
    assert "res2_2 of the teacher to res2_1 of the student" in svg


def test_a_regressor_is_drawn_with_its_kernel(results: Results) -> None:
    with_one, without = nets_figure(results.experiment("table5")), nets_figure(results.experiment("fig7"))
    assert with_one is not None
    assert without is not None
    assert ">1×1</text>" in with_one.panels[0].svg
    assert ">1×1</text>" not in without.panels[0].svg
    assert "regressor" in with_one.caption
    assert "regressor" not in without.caption


def test_without_recorded_nets_there_is_no_drawing(results: Results) -> None:
    assert nets_figure(results.experiment("fig7").model_copy(update={"nets": None})) is None


def test_parts_without_a_shape_of_their_own_fit_in(results: Results) -> None:
    """A teacher of one's own may name its parts in any way, and have more of them than a ResNet."""
    experiment = results.experiment("fig7")
    pair = DrawnPair(
        training="g1", loss="hint/loss", hint="block1", guided="conv1", shape=(9, 6, 5), weight=1, regressor=None
    )
    nets = DrawnNets(
        teacher=tuple(DrawnPart(name=f"block{i}", shape=(8 + i, 6, 5), weighted=1) for i in range(3)),
        student=(DrawnPart(name="conv1", shape=(9, 6, 5), weighted=1),),
        pairs={"proposed": (pair,)},
    )
    figure = nets_figure(experiment.model_copy(update={"nets": nets}))
    assert figure is not None
    svg = figure.panels[0].svg
    assert height_of(svg, "block1", 0) == height_of(svg, "conv1", 0)
    assert ">9×6×5</text>" in svg


def test_the_methods_steps_have_the_runs_lengths(results: Results) -> None:
    figure = method_figure(results)
    assert figure is not None
    assert [step.length for step in figure.stage1] == ["3,000 iterations", "7,000 iterations", "15,000 iterations"]
    assert figure.stage2.length == "64,000 iterations"
    assert [step.equation for step in figure.stage1] == [3, 4, 5]


def test_each_step_starts_from_what_the_one_before_found(results: Results) -> None:
    figure = method_figure(results)
    assert figure is not None
    # [W_S1], [W_G1; W_S2], [W_G2; W_S3] and [W_G3; W_Sr], eq (6); what is above G_i is not in step i's net.
    states = [[(part.name, part.state) for part in step.segments] for step in (*figure.stage1, figure.stage2)]
    assert states == [
        [("W_S1", "random"), ("above G1", "absent")],
        [("Ŵ_G1", "known"), ("W_S2", "random"), ("above G2", "absent")],
        [("Ŵ_G2", "known"), ("W_S3", "random")],
        [("Ŵ_G3", "known"), ("W_Sr", "random")],
    ]


def test_no_method_without_hints(results: Results) -> None:
    nothing = replace(results, experiments=[results.experiment("fig7").model_copy(update={"methods": ()})])
    assert method_figure(nothing) is None
