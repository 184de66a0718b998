"""Whatever is wished, tagged, published, hidden and withdrawn in whatever order: no family sees a picture of a child without consent.

A plain model of the promise is kept beside the rooms and asked after every step, through the families' own doors.
"""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from backend.core.clock import StoppedClock
from tests.factories import Pupil, World
from tests.feed.scenes import Feed

STEPS = 30


class Model:
    """Who wishes what, and who is on which picture."""

    def __init__(self, world: World) -> None:
        self.guardians = {
            world.child.pupil_id: (world.parent, world.parent2),
            world.classmate.pupil_id: (world.classmate_parent,),
            world.neighbour_child.pupil_id: (world.neighbour,),
        }
        self.own_class = {world.child.pupil_id, world.classmate.pupil_id}
        self.wishes: dict[tuple[Any, Any], str] = {}
        self.tags: dict[str, set[Any]] = {}
        self.published: set[str] = set()

    def agrees(self, pupil_id: Any) -> bool:
        said = [self.wishes.get((pupil_id, one.person_id)) for one in self.guardians[pupil_id]]
        known = [wish for wish in said if wish is not None]
        strictest = min((("none", "class", "school").index(wish) for wish in known), default=0)
        return strictest >= (1 if pupil_id in self.own_class else 2)

    def may_be_seen(self) -> set[str]:
        return {one for one in self.published if all(self.agrees(pupil) for pupil in self.tags[one])}


@pytest.mark.parametrize("seed", range(3))
async def test_no_sequence_shows_a_child_without_consent(
    web: httpx.AsyncClient, world: World, clock: StoppedClock, seed: int
) -> None:
    chance, feed, model = random.Random(seed), Feed(web, world), Model(world)
    await feed.settle()
    children = [world.child, world.classmate, world.neighbour_child]
    drafts: list[tuple[str, str]] = []
    posts: list[tuple[str, str]] = []
    seen = 0
    for _ in range(STEPS):
        deed = chance.choice(["wish", "wish", "wish", "draft", "hand_in", "hand_in", "tag"])
        if deed == "wish":
            await _wish(feed, model, chance, chance.choice(children))
        elif deed == "draft":
            on_it = chance.sample(children, chance.randint(0, 2))
            photo = await feed.photo(world.teacher, *on_it)
            drafts.append((await feed.drafted(world.teacher, photos=[photo]), photo["file_id"]))
            model.tags[photo["file_id"]] = {one.pupil_id for one in on_it}
        elif deed == "hand_in" and drafts:
            place = chance.randrange(len(drafts))
            post_id, file_id = drafts[place]
            answer = await feed.deed(world.teacher, post_id, "hand-in")
            allowed = all(model.agrees(one) for one in model.tags[file_id])
            assert answer.status_code == (200 if allowed else 409), answer.text
            if allowed:
                posts.append(drafts.pop(place))
                model.published.add(file_id)
        elif deed == "tag" and posts:
            post_id, file_id = chance.choice(posts)
            pupil = chance.choice(children)
            more = {"file_id": file_id, "pupil_ids": [str(pupil.pupil_id)]}
            assert (await feed.deed(world.teacher, post_id, "tags", **more)).status_code == 204
            model.tags[file_id].add(pupil.pupil_id)
        for reader in (world.parent, world.classmate_parent):
            found = await feed.pictures(reader)
            assert found == model.may_be_seen()
            seen += len(found)
        for outside in (world.neighbour, world.stranger):
            assert await feed.seen(outside) == []
        for post_id, file_id in posts:
            expected = 200 if file_id in model.may_be_seen() else 404
            assert (await feed.picture(world.classmate_parent, post_id, file_id)).status_code == expected
            assert (await feed.picture(world.neighbour, post_id, file_id)).status_code == 404
    assert seen, "a sequence in which nothing is ever seen proves nothing"


async def _wish(feed: Feed, model: Model, chance: random.Random, pupil: Pupil) -> None:
    guardian = chance.choice(model.guardians[pupil.pupil_id])
    wish = chance.choice(["none", "class", "school"])
    await feed.wished(guardian, pupil, wish)
    model.wishes[(pupil.pupil_id, guardian.person_id)] = wish
