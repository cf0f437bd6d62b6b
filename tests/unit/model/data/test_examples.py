"""One process as tensors, and several as a batch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from fixtures.learnable import SMALL_MODEL, frames_of, score, write_learnable
from ppad.errors import ContractError, UnreadableMediaError
from ppad.storage import Dataset, DatasetRecord
from ppad_model.data import ReadExample, collate
from ppad_model.ppjudge.presets import preset
from ppad_model.styles import STYLES, LabelCodes, style_codes

CONFIG = preset("tiny", **SMALL_MODEL)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[DatasetRecord]:
    """Six processes: their references are a picture, a prompt, none, and so on; 2, 3, 4, 2, 3, 4 frames."""
    return list(Dataset.open(write_learnable(tmp_path_factory.mktemp("examples") / "d", {"train": 6}, unknown=0.2)))


def test_frames_are_those_of_the_process_the_last_among_them(records: list[DatasetRecord]) -> None:
    example = ReadExample(CONFIG)(records[2])  # of its four frames, max_frames 3 are kept
    drawn = [frames_of(2)[t] for t in (0, 2, 3)]
    assert example.frames.dtype == torch.uint8
    assert [frame.permute(1, 2, 0).numpy().tolist() for frame in example.frames] == [frame.tolist() for frame in drawn]


def test_the_reference_is_a_picture_a_prompt_or_none(records: list[DatasetRecord]) -> None:
    picture, prompt, none = (ReadExample(CONFIG)(record).reference for record in records[:3])
    assert isinstance(picture, torch.Tensor)
    assert picture.permute(1, 2, 0).numpy().tolist() == frames_of(0)[-1].tolist()
    assert prompt == "a picture in grey 120"
    assert none is None


def test_targets_are_the_mean_scores_and_nan_where_there_is_none(records: list[DatasetRecord]) -> None:
    for number, record in enumerate(records):
        wanted = torch.tensor(
            [score(number, a) if record.scores[name] is not None else torch.nan for a, name in enumerate(CONFIG.attributes)]
        )
        torch.testing.assert_close(ReadExample(CONFIG)(record).targets, wanted, equal_nan=True)


def test_adjusted_scores_are_taken_only_when_asked_for(records: list[DatasetRecord]) -> None:
    plain, adjusted = ReadExample(CONFIG)(records[0]).targets, ReadExample(CONFIG, adjusted=True)(records[0]).targets
    low = plain < 9.5
    torch.testing.assert_close(adjusted[low], plain[low] + 0.5)


def test_a_model_of_few_attributes_gets_their_scores_in_its_own_order(records: list[DatasetRecord]) -> None:
    names = ("color_depth", "consistency")
    example = ReadExample(CONFIG.model_copy(update={"attributes": names}))(records[0])
    wanted = [torch.nan if records[0].scores[name] is None else records[0].scores[name] for name in names]
    torch.testing.assert_close(example.targets, torch.tensor(wanted), equal_nan=True)


def test_the_style_is_the_rows_own_embedding_or_else_the_encoders(records: list[DatasetRecord]) -> None:
    read = ReadExample(CONFIG, LabelCodes(32), 32)
    own = dataclasses.replace(records[1], style_embedding=[0.5] * 32)
    wrong_width = dataclasses.replace(records[1], style_embedding=[0.5] * 31)
    assert read(own).style.tolist() == [0.5] * 32  # type: ignore[union-attr]
    for record in (records[1], wrong_width):
        torch.testing.assert_close(read(record).style, style_codes(32)[1])
    assert records[1].style_label == STYLES[1]
    assert ReadExample(CONFIG)(records[1]).style is None


def test_the_style_of_a_prompt_is_looked_up_from_the_final_frame(records: list[DatasetRecord]) -> None:
    seen = []

    def remember(labels: object, pictures: list[torch.Tensor]) -> torch.Tensor:
        seen.extend(pictures)
        return torch.zeros(1, 32)

    read = ReadExample(CONFIG, remember, 32)  # type: ignore[arg-type]
    examples = [read(record) for record in records[:2]]
    assert torch.equal(seen[0], examples[0].reference)  # type: ignore[arg-type]
    assert torch.equal(seen[1], examples[1].frames[-1])


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    dataset = Dataset.open(write_learnable(tmp_path / "d", {"train": 2}, damaged=1))
    with pytest.raises(UnreadableMediaError, match="drawn-000000000001"):
        ReadExample(CONFIG)(dataset[1])


def test_a_missing_reference_picture_is_named(records: list[DatasetRecord]) -> None:
    broken = dataclasses.replace(records[0], process=dataclasses.replace(records[0].process, reference_image=None))
    with pytest.raises(ContractError, match="drawn-000000000000 has no reference picture"):
        ReadExample(CONFIG)(broken)


def test_a_batch_is_padded_to_its_longest_process(records: list[DatasetRecord]) -> None:
    read = ReadExample(CONFIG, LabelCodes(32), 32)
    examples = [read(record) for record in records[:3]]
    batch = collate(examples)
    assert batch.frames.shape == (3, 3, 3, 16, 16)
    assert batch.lengths is not None
    assert batch.lengths.tolist() == [2, 3, 3]
    assert not batch.frames[0, 2:].any()
    assert isinstance(batch.reference, list)
    assert batch.reference[1:] == ["a picture in grey 120", None]
    assert batch.styles is not None
    assert batch.styles.shape == (3, 32)
    assert batch.ids == tuple(f"drawn-{n:012x}" for n in range(3))


def test_processes_of_one_length_need_no_lengths_and_pictures_alone_are_one_tensor(records: list[DatasetRecord]) -> None:
    batch = collate([ReadExample(CONFIG)(records[0]), ReadExample(CONFIG)(records[3])])
    assert batch.lengths is None
    assert isinstance(batch.reference, torch.Tensor)
    assert batch.reference.shape == (2, 3, 16, 16)
    assert batch.styles is None
