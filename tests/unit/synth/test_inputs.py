"""What is to be painted: prompts, finished paintings, first frames, and which of them belong together."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ppad.errors import ConfigError, NoInputsError, NotFoundError, SidecarError
from ppad_pipelines.synth.inputs import find_motifs, motifs_from_partials, motifs_from_prompts


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new("RGB", (8, 6)).save(folder / name)
    return folder


def test_prompts_come_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes("\ufeff# motifs\n\n a castle \n山水\n".encode())
    assert [motif.prompt for motif in motifs_from_prompts(None, tmp_path / "p.txt")] == ["a castle", "山水"]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [(b"caf\xe9\n", SidecarError, "not UTF-8 text (byte 3)"), (b"\n#\n", NoInputsError, "nothing to paint")],
)
def test_a_file_of_prompts_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, error: type[Exception], words: str
) -> None:
    (tmp_path / "p.txt").write_bytes(content)
    with pytest.raises(error) as caught:
        find_motifs(None, tmp_path / "p.txt", [], None)
    assert words in str(caught.value)


def test_an_empty_prompt_is_nothing_to_paint() -> None:
    with pytest.raises(NoInputsError):
        find_motifs("  ", None, [], None)


def test_a_prompt_knows_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("a castle\n")
    motifs = motifs_from_prompts("a boat", tmp_path / "p.txt")
    assert [(motif.prompt, motif.prompt_source) for motif in motifs] == [("a boat", "--prompt"), ("a castle", "p.txt")]


def test_utf_16_is_refused_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("a castle\n", "utf-16")
    with pytest.raises(SidecarError, match="Save it as UTF-8"):
        motifs_from_prompts(None, tmp_path / "p.txt")


def test_a_single_still_is_a_beginning_and_several_are_one_in_their_order(tmp_path: Path) -> None:
    pictures(tmp_path / "p" / "boat", "first.png")
    pictures(tmp_path / "p" / "tree", "step-10.png", "step-2.png")
    motifs = motifs_from_partials(tmp_path / "p")
    assert [(motif.name, [path.name for path in motif.partial]) for motif in motifs] == [
        ("boat", ["first.png"]),
        ("tree", ["step-2.png", "step-10.png"]),
    ]


def test_one_painting_and_one_beginning_belong_together_whatever_their_names(tmp_path: Path) -> None:
    images, begun = pictures(tmp_path / "i", "final.png"), pictures(tmp_path / "b", "1.png")
    (motif,) = find_motifs("a boat", None, [images], begun)
    assert (motif.kind, motif.prompt, motif.name) == ("image and partial", "a boat", "final")


def test_beginnings_of_several_paintings_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    images = pictures(tmp_path / "i", "boat.png", "tree.png")
    pictures(tmp_path / "b" / "Tree", "1.png")
    assert {motif.name: motif.kind for motif in find_motifs(None, None, [images], tmp_path / "b")} == {
        "boat": "image",
        "tree": "image and partial",
    }
    pictures(tmp_path / "b" / "castle", "1.png")
    with pytest.raises(ConfigError, match="belong to no painting: castle"):
        find_motifs(None, None, [images], tmp_path / "b")


def test_a_file_of_prompts_beside_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not go with pictures"):
        find_motifs(None, tmp_path / "p.txt", [pictures(tmp_path / "i", "a.png")], None)


def test_places_that_do_not_exist_are_named(tmp_path: Path) -> None:
    for arguments in (([tmp_path / "none"], None), ([], tmp_path / "none")):
        with pytest.raises(NotFoundError, match="none"):
            find_motifs(None, None, *arguments)
