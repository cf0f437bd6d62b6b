"""Scenes whose every thing is known."""

from __future__ import annotations

import numpy as np
import pytest

from ppad_pipelines.simulate.scene import HEIGHT, MOST_THINGS, Body, Palette, make_scene
from ppad_pipelines.simulate.things import library

PLAIN = Palette(0.0, 1.0, 0.0)


def things(bodies: tuple[Body, ...]) -> list[Body]:
    return [body for body in bodies if body.is_thing]


@pytest.mark.parametrize("kept", [0, 5, 9])
def test_as_many_things_as_are_kept_are_those_of_the_reference_and_others_stand_in_the_places_of_the_rest(kept: int) -> None:
    scene = make_scene(3, "village", 9, kept, PLAIN)
    reference, painted = things(scene.reference), things(scene.painted)
    assert len(reference) == len(painted) == 9
    assert sum(one is other for one, other in zip(reference, painted, strict=True)) == kept
    strangers = {body.name for body in painted} - {body.name for body in reference}
    assert bool(strangers) == (kept < 9)
    assert {body.foot for body in painted} == {body.foot for body in reference}


def test_a_thing_that_is_not_kept_is_of_a_kind_that_the_reference_does_not_show() -> None:
    for motif in library().motifs:
        for seed in range(6):
            scene = make_scene(seed, motif, MOST_THINGS, 0, PLAIN)
            assert not {body.name for body in things(scene.reference)} & {body.name for body in things(scene.painted)}


def test_things_of_several_places_leave_each_place_something_to_show_and_something_else_instead() -> None:
    """On this coast the strangers of the other places once took all that stands far away, and the scene could not be made."""
    scene = make_scene(168736421202710, "coast", MOST_THINGS, 0, PLAIN)
    reference, painted = ({body.name for body in things(side)} for side in (scene.reference, scene.painted))
    assert reference and painted and not reference & painted


def test_a_smaller_scene_holds_the_first_things_of_a_larger_one_in_fewer_layers() -> None:
    small, large = (make_scene(5, "coast", count, count, PLAIN).painted for count in (2, MOST_THINGS))
    assert {body.name for body in things(small)} <= {body.name for body in things(large)}
    assert len({body.depth for body in small}) < len({body.depth for body in large})


def test_bodies_come_from_the_back_to_the_front_and_stand_in_the_picture() -> None:
    for motif in library().motifs:
        bodies = make_scene(1, motif, MOST_THINGS, MOST_THINGS, PLAIN).painted
        assert [body.depth for body in bodies] == sorted(body.depth for body in bodies)
        assert all(0 < body.foot[0] < 1 and 0 < body.foot[1] <= HEIGHT for body in things(bodies))


def test_a_thing_stands_out_against_what_is_behind_it() -> None:
    for seed in range(10):
        bodies = make_scene(seed, "coast", 1, 1, PLAIN).painted
        (thing,), sea = things(bodies), next(body for body in bodies if body.name == "lower")
        distance = np.linalg.norm(thing.colors[thing.pieces[0].paint] - next(iter(sea.colors.values())))
        assert distance > 0.12


def test_every_name_in_the_library_leads_somewhere() -> None:
    found = library()
    for thing in found.things.values():
        assert {part.paint for part in thing.parts} <= set(found.paints)
        assert {part.grain for part in thing.parts if part.grain} <= set(found.grains)
        assert any(part.is_detail for part in thing.parts)
        assert not thing.parts[0].is_detail
    for motif in found.motifs.values():
        assert set(motif.things) <= set(found.things)
        assert {place for name in motif.things for place in found.things[name].places} == {"far", "middle", "near", "air"}
