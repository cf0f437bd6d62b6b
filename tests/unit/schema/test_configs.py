"""Settings from a file and from flags, and the sentences that name what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from ppad.errors import ConfigError, NotFoundError
from ppad.schema import StageConfig


class Settings(StageConfig):
    """A stage's settings."""

    min_frames: int = Field(default=8, ge=2)
    codec: str = "jpeg"
    name: str | None = None


def refusal(file: Path | None = None, **flags: object) -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.load(file, **flags)
    return caught.value.message


def yaml_file(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text)
    return path


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    file = yaml_file(tmp_path, "min_frames: 5\ncodec: png\n")
    assert Settings.load(file, min_frames=6, codec=None) == Settings(min_frames=6, codec="png")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert Settings.load(yaml_file(tmp_path, "# nothing\n")) == Settings()


def test_a_typo_is_named_with_what_was_meant() -> None:
    assert refusal(min_frame=3) == "Unknown key 'min_frame', did you mean 'min_frames'?"


def test_a_key_like_no_other_is_only_named() -> None:
    assert refusal(zebra=1) == "Unknown key 'zebra'."


def test_a_value_out_of_range_is_named_with_the_range() -> None:
    assert refusal(min_frames=1) == "'min_frames': input should be greater than or equal to 2, not 1."


def test_a_value_of_the_wrong_type_is_named() -> None:
    assert refusal(min_frames="many") == (
        "'min_frames': input should be a valid integer, unable to parse string as an integer, not 'many'."
    )


def test_all_problems_are_one_sentence(tmp_path: Path) -> None:
    file = yaml_file(tmp_path, "min_frames: 0\ncodecs: png\n")
    assert refusal(file) == (
        "'min_frames': input should be greater than or equal to 2, not 0; Unknown key 'codecs', did you mean 'codec'?"
    )


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "7"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(yaml_file(tmp_path, text)).endswith("settings.yaml must hold one 'key: value' a line.")


@pytest.mark.parametrize("data", [b"a: [1", b"\xff\xfe\x00", b"a: b: c", b"\x00"])
def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "settings.yaml").write_bytes(data)
    assert "settings.yaml is not YAML: " in refusal(tmp_path / "settings.yaml")


def test_a_yaml_file_cannot_make_objects(tmp_path: Path) -> None:
    assert "is not YAML" in refusal(yaml_file(tmp_path, "codec: !!python/object/apply:os.getcwd []\n"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"There is no settings file .*gone\.yaml\. Check the path given to --config\."):
        Settings.load(tmp_path / "gone.yaml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().min_frames = 3


def test_equal_settings_have_one_hash_however_they_were_given(tmp_path: Path) -> None:
    from_file = Settings.load(yaml_file(tmp_path, "min_frames: 5\n"))
    assert from_file.hash() == Settings.load(min_frames=5).hash() == Settings(min_frames=5, codec="jpeg").hash()
    assert from_file.hash() != Settings().hash()


def test_the_json_of_settings_is_canonical() -> None:
    assert Settings().to_json() == '{"codec":"jpeg","min_frames":8,"name":null}'
