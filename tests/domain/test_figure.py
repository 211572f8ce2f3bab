"""The line figures: every pose is a small, well-formed drawing with a name."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.data import catalogue, figures, read_text
from daybreak.domain.errors import InvalidValueError, NotFoundError
from daybreak.domain.figure import parse_figures

FIGURES = figures()
CLASSES = {"prop", "near", "far", "hot", "dot", "arrow", "start", "end"}


@pytest.mark.parametrize("name", sorted(FIGURES.poses))
class TestEveryPose:
    def test_is_well_formed_and_named(self, name: str) -> None:
        drawing = ET.fromstring(FIGURES.svg(name, f"Line drawing: {name}"))
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label") == f"Line drawing: {name}"
        assert drawing.get("viewBox") == "0 0 120 120"

    def test_is_coloured_by_classes_alone(self, name: str) -> None:
        parts = list(ET.fromstring(FIGURES.svg(name)).iter())[1:]
        assert {part.get("class") for part in parts} <= CLASSES
        assert not any({"style", "fill", "stroke", "id", "onload"} & set(part.keys()) for part in parts)

    def test_stays_inside_its_box(self, name: str) -> None:
        for part in ET.fromstring(FIGURES.svg(name)).iter("circle"):
            assert 0 <= float(part.get("cx", "")) <= 120
            assert 0 <= float(part.get("cy", "")) <= 120

    def test_is_light(self, name: str) -> None:
        assert len(FIGURES.svg(name, name)) < 1200


def test_all_poses_are_there_and_all_are_used() -> None:
    assert len(FIGURES.poses) == 38
    assert {movement.pose for movement in catalogue().movements} == set(FIGURES.poses)


def test_without_a_title_it_is_decoration() -> None:
    drawing = ET.fromstring(FIGURES.svg("squat"))
    assert drawing.get("aria-hidden") == "true"
    assert drawing.get("role") is None


def test_both_frames_can_be_shown_apart() -> None:
    assert 'class="start"' in FIGURES.svg("squat")
    assert 'class="start"' not in FIGURES.svg("squat", frames="pose")
    assert 'class="end"' not in FIGURES.svg("squat", frames="start")
    assert 'class="arrow"' not in FIGURES.svg("squat", frames="start")
    ET.fromstring(FIGURES.svg("march", frames="start"))  # has no start frame: the scene alone


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'")))
def test_any_title_is_escaped(title: str) -> None:
    drawing = ET.fromstring(FIGURES.svg("squat", title))
    assert drawing.get("aria-label", "") == title


def test_an_unknown_pose_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="'hover'"):
        FIGURES.svg("hover")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('props = ["chair"]', 'props = ["throne"]'),
        ('hot = ["hip"]', 'hot = ["knee"]'),
        ('arrows = ["M86 92 L86 62"]', 'arrows = ["M86 92\\"/><script>"]'),
        ("hip = [60, 66]\n", ""),
        ("torso = 0", 'torso = "upright"'),
    ],
)
def test_a_broken_pose_is_named(old: str, new: str) -> None:
    text = read_text("poses.toml")
    assert old in text
    with pytest.raises(InvalidValueError, match=r"The pose '\w+' cannot be drawn"):
        parse_figures(text.replace(old, new, 1))
