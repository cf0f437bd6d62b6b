"""The settings of a build."""

from __future__ import annotations

import pytest

from ppad.errors import ConfigError
from ppad_pipelines.build.config import BuildConfig


def test_a_row_group_beyond_32_mb_is_refused() -> None:
    with pytest.raises(ConfigError, match="'row_group_mb': input should be less than or equal to 32, not 64"):
        BuildConfig.load(row_group_mb=64)


def test_a_misspelt_setting_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="Unknown key 'shardmb', did you mean 'shard_mb'"):
        BuildConfig.load(shardmb=1)
