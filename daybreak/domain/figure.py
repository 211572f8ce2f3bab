"""Line figures: from joint angles (data/poses.toml) to SVG text that the style sheet colours."""

import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from daybreak.domain.errors import InvalidValueError, NotFoundError

Frames = Literal["both", "start", "pose"]
Point = tuple[float, float]
Joints = tuple[Point, ...]

_HOT = {"torso", "head", "hip", "shoulder", "near_leg", "far_leg", "near_shin", "near_arm", "far_arm"}
_PATH = re.compile(r"[MLC0-9 .-]+")
_NUMBER = re.compile(r"-?\d+\.?\d*")
_GROUND = "M10 111H110"
_PROPS = {
    "chair": "M30 92H58M34 92V108M54 92V108M30 92L25 62",
    "desk": "M74 62H112M106 62V108",
    "wall": "M92 20V108",
    "stairs": "M44 108V98H62V88H80V78H98V68H114",
    "mat": "M6 111H114",
    "rail": "M82 108V58H100",
    "step": "M40 108V100H70V108",
    "window": "M84 22H112V62H84ZM98 22V62M84 42H112",
    "phone": "",  # drawn in the near hand
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One position of the body in the 120 x 120 box; angles in degrees, the far limb before the near one."""

    hip: Point
    torso: float
    legs: tuple[Joints, Joints]
    """Knee and ankle."""
    arms: tuple[Joints, Joints]
    """Elbow and hand."""
    neck: Point
    shoulder: Point
    head: Point
    foot_angle: float


@dataclass(frozen=True, slots=True)
class Pose:
    """A movement's figure: where it ends, where it starts if that is shown, and what is accented."""

    name: str
    end: Frame
    start: Frame | None
    props: tuple[str, ...]
    hot: frozenset[str]
    arrows: tuple[str, ...]

    @property
    def lying(self) -> bool:
        """Whether the body lies or kneels, which leaves the feet out of the drawing."""
        return "mat" in self.props or abs(self.end.torso) > 80


@dataclass(frozen=True, slots=True)
class Figures:
    """All poses by name, with the sizes they share."""

    poses: Mapping[str, Pose]
    head_radius: float
    foot: float

    def svg(self, name: str, title: str = "", frames: Frames = "both") -> str:
        """The SVG of a pose; `title` is read out, without one the drawing is decoration.

        `frames` leaves out the start or the end, so that a script can show one after the other.
        Raises NotFoundError for an unknown pose.
        """
        try:
            pose = self.poses[name]
        except KeyError:
            raise NotFoundError(f"There is no pose named {name!r}.") from None
        label = f'role="img" aria-label={quoteattr(title)}' if title else 'aria-hidden="true"'
        scene = ("" if "mat" in pose.props else _GROUND) + "".join(_PROPS[prop] for prop in pose.props)
        parts = [_path("prop", scene)]
        if pose.start and frames != "pose":
            start = _joined(self._body(pose, pose.start, accented=False))
            parts.append(f'<g class="start">{start}</g>')
        if frames != "start":
            parts.append(f'<g class="end">{_joined(self._body(pose, pose.end, accented=True))}</g>')
            parts.extend(_arrow(path) for path in pose.arrows)
        return f'<svg class="fig" viewBox="0 0 120 120" {label}>{"".join(parts)}</svg>'

    def _body(self, pose: Pose, frame: Frame, *, accented: bool) -> Iterator[tuple[str, str]]:
        """Pairs of class and path data (or ready elements with an empty class), back to front."""
        hot = pose.hot if accented else frozenset()

        def limb(part: str, points: Iterable[Point]) -> tuple[str, str]:
            plain = "far" if accented and part.startswith("far") else "near"
            return "hot" if part in hot else plain, _line(points)

        for side, (knee, ankle), arm in zip(("far", "near"), frame.legs, frame.arms, strict=True):
            toes = () if pose.lying else (_along(ankle, frame.foot_angle, self.foot),)
            if f"{side}_shin" in hot:
                yield limb(f"{side}_leg", (frame.hip, knee))
                yield limb(f"{side}_shin", (knee, ankle, *toes))
            else:
                yield limb(f"{side}_leg", (frame.hip, knee, ankle, *toes))
            if side == "near":
                yield limb("torso", (frame.hip, frame.neck))
            yield limb(f"{side}_arm", (frame.shoulder, *arm))
        yield "", _circle("hot" if "head" in hot else "near", frame.head, self.head_radius)
        if "hip" in hot:
            yield "", _circle("dot", frame.hip, 5)
        if "shoulder" in hot:
            yield "", _circle("dot", frame.shoulder, 4.5)
        if accented and "phone" in pose.props:
            x, y = frame.arms[1][1]
            yield "", f'<rect class="dot" x="{_n(x - 2)}" y="{_n(y - 5)}" width="4" height="9" rx="1"/>'


def parse_figures(text: str) -> Figures:
    """The figures of a poses file; InvalidValueError names the pose that is wrong."""
    raw = tomllib.loads(text)
    sizes: dict[str, float] = raw["limb"]
    poses = {}
    for name, entry in raw["pose"].items():
        try:
            poses[name] = _pose(name, entry, sizes)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidValueError(f"pose.{name}", f"The pose {name!r} cannot be drawn: {error}") from error
    return Figures(poses, head_radius=sizes["head_r"], foot=sizes["foot"])


def _pose(name: str, entry: dict[str, Any], sizes: Mapping[str, float]) -> Pose:
    props, hot, arrows = (tuple(entry.get(key, ())) for key in ("props", "hot", "arrows"))
    if unknown := (set(props) - set(_PROPS)) | (set(hot) - _HOT):
        raise ValueError(f"unknown {sorted(unknown)}")
    if bad := [path for path in arrows if not _PATH.fullmatch(path)]:
        raise ValueError(f"not a path: {bad[0]!r}")
    start = _frame(entry["ghost"], sizes) if "ghost" in entry else None
    return Pose(name, _frame(entry, sizes), start, props, frozenset(hot), arrows)


def _frame(entry: dict[str, Any], sizes: Mapping[str, float]) -> Frame:
    hip: Point = tuple(entry["hip"])
    lean = float(entry["torso"])
    neck = _up(hip, lean, sizes["torso"])
    shoulder = _up(hip, lean, sizes["torso"] - 3)
    # an upright head looks ahead rather than along the back
    head = _up(neck, lean if abs(lean) >= 80 else lean * 0.8, sizes["head_gap"])

    def limbs(kind: str, root: Point, upper: float, lower: float) -> tuple[Joints, Joints]:
        if f"{kind}_xy" in entry:
            far, near = (tuple((float(x), float(y)) for x, y in joints) for joints in entry[f"{kind}_xy"])
            return far, near

        def bend(angles: tuple[float, float]) -> Joints:
            middle = _down(root, angles[0], upper)
            return middle, _down(middle, angles[1], lower)

        far_angles, near_angles = entry[kind]
        return bend(far_angles), bend(near_angles)

    return Frame(
        hip=hip,
        torso=lean,
        legs=limbs("legs", hip, sizes["upper_leg"], sizes["lower_leg"]),
        arms=limbs("arms", shoulder, sizes["upper_arm"], sizes["lower_arm"]),
        neck=neck,
        shoulder=shoulder,
        head=head,
        foot_angle=float(entry.get("foot_angle", 0)),
    )


def _down(root: Point, angle: float, length: float) -> Point:
    turn = math.radians(angle)
    return root[0] + length * math.sin(turn), root[1] + length * math.cos(turn)


def _up(root: Point, angle: float, length: float) -> Point:
    turn = math.radians(angle)
    return root[0] + length * math.sin(turn), root[1] - length * math.cos(turn)


def _along(root: Point, angle: float, length: float) -> Point:
    turn = math.radians(angle)
    return root[0] + length * math.cos(turn), root[1] + length * math.sin(turn)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace("-0", "-0" if value <= -0.05 else "0")


def _line(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _path(css: str, data: str) -> str:
    return f'<path class="{css}" d="{data}"/>'


def _circle(css: str, centre: Point, radius: float) -> str:
    return f'<circle class="{css}" cx="{_n(centre[0])}" cy="{_n(centre[1])}" r="{_n(radius)}"/>'


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    """Neighbours of one class become one path: lighter pages, and no dark joints where they overlap."""
    done: list[tuple[str, str]] = []
    for css, data in parts:
        if css and done and done[-1][0] == css:
            done[-1] = css, done[-1][1] + data
        else:
            done.append((css, data))
    return "".join(_path(css, data) if css else data for css, data in done)


def _arrow(path: str) -> str:
    """A path with a head at its end, turned the way its last two points run."""
    x0, y0, x1, y1 = (float(number) for number in _NUMBER.findall(path)[-4:])
    turn = math.atan2(y1 - y0, x1 - x0)
    left, right = ((x1 - 5 * math.cos(turn + t), y1 - 5 * math.sin(turn + t)) for t in (0.55, -0.55))
    return _path("arrow", path + _line((left, (x1, y1), right)))
