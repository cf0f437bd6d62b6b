"""Batches: every process once an epoch, the same number on every rank, from any place on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
import torch

from fixtures.rated_datasets import ATTRIBUTES, SIZE, dataset_row, drawn_process, process_id, write_rated
from ppad.errors import ConfigError, UnreadableMediaError
from ppad.schema import ProcessRecord
from ppad.storage import Dataset, DatasetRecord
from ppad_model.frames import choose_frames, process_frames, process_reference, to_square
from ppad_model.ppjudge.presets import preset
from ppad_model.styles import STYLES, style_codes
from ppad_model.training.examples import Batch, Example, ExampleMaker
from ppad_model.training.feed import Feed, ahead

IDS = frozenset(process_id("train", number) for number in range(12))
CONFIG = preset("tiny", image_size=16, text_encoder="hash", style_encoder="label-code")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset.open(write_rated(tmp_path_factory.mktemp("feed"), {"train": 12}))


def feed(dataset: Dataset, wanted: frozenset[str] = IDS, size: int = 3, rank: int = 0, world: int = 1) -> Feed:
    return Feed(dataset, "train", wanted, ExampleMaker(CONFIG, 10**6), size, seed=0, rank=rank, world=world)


def ids(feed: Feed, epoch: int, count: int) -> list[str]:
    return [one for batch, _ in feed.batches(epoch, count) for one in batch.ids]


def test_an_epoch_shows_every_process_once_in_an_order_of_its_own(dataset: Dataset) -> None:
    first, second = (ids(feed(dataset), epoch, 4) for epoch in (1, 2))
    assert sorted(first) == sorted(second) == sorted(IDS)
    assert first != second
    assert first == ids(feed(dataset), 1, 4)


def test_only_wanted_processes_are_shown_and_the_others_are_not_decoded(dataset: Dataset) -> None:
    wanted = frozenset(sorted(IDS)[:4])
    made: list[str] = []
    own = feed(dataset, wanted, size=2)
    make = own.make
    own.make = lambda record: (made.append(record.process.process_id), make(record))[1]
    assert set(ids(own, 1, 2)) == wanted
    assert set(made) == wanted


def test_two_ranks_share_the_processes_and_give_as_many_batches(dataset: Dataset) -> None:
    shares = [ids(feed(dataset, size=2, rank=rank, world=2), 1, 3) for rank in (0, 1)]
    assert [len(share) for share in shares] == [6, 6]
    assert sorted(shares[0] + shares[1]) == sorted(IDS)


def test_a_rank_that_comes_to_its_end_begins_anew(dataset: Dataset) -> None:
    shown = Counter(ids(feed(dataset, size=5), 1, 4))
    assert sum(shown.values()) == 20
    assert set(shown.values()) == {1, 2}


def test_a_feed_goes_on_from_any_place(dataset: Dataset) -> None:
    whole = list(feed(dataset, size=5).batches(3, 4))
    for done in (1, 2, 3):  # the third batch begins anew
        rest = list(feed(dataset, size=5).batches(3, 4 - done, whole[done - 1][1]))
        assert [batch.ids for batch, _ in rest] == [batch.ids for batch, _ in whole[done:]]


def test_a_damaged_process_is_left_out_and_named(dataset: Dataset) -> None:
    bad, own = min(IDS), feed(dataset, size=1)
    make = own.make

    def sometimes(record: DatasetRecord) -> Example:
        if record.process.process_id == bad:
            raise UnreadableMediaError("Frame 1 is damaged.", "Copy it again.")
        return make(record)

    own.make = sometimes
    assert set(ids(own, 1, 11)) == IDS - {bad}
    assert own.skipped == {"Frame 1 is damaged.": "media-unreadable"}


def test_a_rank_without_a_process_says_so_instead_of_waiting_forever(dataset: Dataset) -> None:
    with pytest.raises(ConfigError, match="Rank 0 of 1 has no process"):
        ids(feed(dataset, frozenset({"nobody-000000000000"})), 1, 1)


def test_what_runs_ahead_stops_when_nobody_wants_more() -> None:
    made: list[int] = []
    closed: list[bool] = []

    def numbers() -> Iterator[int]:
        try:
            for number in range(1000):
                made.append(number)
                yield number
        finally:
            closed.append(True)

    few = ahead(numbers(), 2)
    assert [next(few), next(few)] == [0, 1]
    few.close()
    assert len(made) < 10
    assert closed == [True]


def test_an_error_ahead_is_raised_in_its_turn() -> None:
    def two_then_an_error() -> Iterator[int]:
        yield from (1, 2)
        raise ZeroDivisionError

    numbers = ahead(two_then_an_error(), 5)
    assert [next(numbers), next(numbers)] == [1, 2]
    with pytest.raises(ZeroDivisionError):
        next(numbers)


def test_an_example_has_what_a_model_learns_from(dataset: Dataset) -> None:
    record = dataset.read(process_id("train", 0))
    example = ExampleMaker(CONFIG, 0)(record)
    _, score = drawn_process("train", 0)
    assert (example.frames.shape, example.frames.dtype) == ((3, 3, 16, 16), torch.uint8)
    assert example.reference == "a grey wall"
    assert example.targets.tolist() == pytest.approx([score] * len(ATTRIBUTES))
    assert example.style is not None
    assert torch.equal(example.style, style_codes(512)[STYLES.index("Cubism")])
    assert dataset_row("train", 1)["style_label"] is None
    other = ExampleMaker(CONFIG, 0)(dataset.read(process_id("train", 1)))
    assert other.style is not None
    assert other.style.isnan().all()


def test_decoded_pictures_are_kept_within_the_budget(dataset: Dataset) -> None:
    records = [dataset.read(one) for one in sorted(IDS)[:3]]
    maker = ExampleMaker(CONFIG, 2 * 3 * 3 * 16 * 16)  # two processes of three frames
    first = [maker(record) for record in records]
    again = [maker(record) for record in records]
    assert [one is two for one, two in zip(first, again, strict=True)] == [True, True, False]


def test_a_batch_pads_behind_the_last_frame() -> None:
    def example(count: int) -> Example:
        return Example("p", torch.full((count, 3, 4, 4), count, dtype=torch.uint8), None, torch.zeros(8), None)

    batch = Batch.of([example(1), example(3)])
    assert batch.frames.shape == (2, 3, 3, 4, 4)
    assert batch.lengths == [1, 3]
    assert batch.frames[0, 1:].sum() == 0


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(3, 10, [0, 1, 2]), (19, 10, list(range(0, 19, 2))), (12, 3, [0, 6, 11]), (12, 1, [11])],
)
def test_frames_are_chosen_evenly_with_the_first_and_the_last(count: int, most: int, chosen: list[int]) -> None:
    assert choose_frames(count, most) == chosen


def process_of(width: int, height: int) -> ProcessRecord:
    """Two frames that are black on the left half and white on the right; the reference is the last."""
    import numpy as np

    from fixtures.records import record
    from ppad.media.images import encode_image
    from ppad.schema import Picture

    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    picture = Picture(bytes=encode_image(pixels, "png"), path="0.png")
    return record(
        frames=[picture] * 2, width=width, height=height, frame_count=2, reference_kind="image", reference_image=picture
    )


def test_stretched_a_picture_fills_the_square_and_padded_it_keeps_its_shape() -> None:
    process = process_of(64, 32)
    stretched = process_frames(process, CONFIG)
    assert stretched.shape == (2, 3, 16, 16)
    assert stretched[0, 0, :, 2].tolist() == [0] * 16
    assert stretched[0, 0, :, 13].tolist() == [255] * 16
    padded = process_frames(process, CONFIG.model_copy(update={"fit": "pad"}))
    assert padded[0, 0, :, 2].tolist() == [255] * 4 + [0] * 8 + [255] * 4
    reference = process_reference(process, CONFIG)
    assert isinstance(reference, torch.Tensor)
    assert reference.shape == (3, 16, 16)


def test_a_small_picture_is_enlarged_to_the_square() -> None:
    assert to_square(process_frames(process_of(SIZE // 4, 6), CONFIG)[0].permute(1, 2, 0).numpy(), CONFIG).shape == (16, 16, 3)
