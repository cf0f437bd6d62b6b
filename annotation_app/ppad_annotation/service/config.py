"""The settings of a campaign, frozen when it begins."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ppad.schema import StageConfig

Mode = Literal["rating", "preference"]


class CampaignConfig(StageConfig):
    """Settings of `ppad annotate init`."""

    mode: Mode = Field("rating", description="rating: scores by a rubric; preference: which of two assessments fits better")
    rubric: str = Field("ppad-8", description="id of a rubric that ships, or path of a YAML file")
    raters_per_item: int = Field(3, ge=1, le=50, description="ratings that every item gets")
    max_raters_per_item: int = Field(6, ge=1, le=100, description="ratings that an item can get when the campaign is extended")
    extra_budget: int = Field(0, ge=0, description="ratings that extensions may add in all")
    calibration: int = Field(0, ge=0, description="items that every rater rates first")
    repeats: float = Field(0.03, ge=0, le=0.2, description="share of a rater's items that come back once, unannounced")
    repeat_gap: int = Field(30, ge=1, description="items between the first time and the repeat, at least")
    gold: float = Field(0.02, ge=0, le=0.2, description="share of gold items among a rater's items, while there are some")
    pass_required: bool = Field(True, description="the form opens after one full pass through the frames")
    critique: Literal["off", "optional", "required"] = Field("optional", description="whether a written critique is asked for")
    balanced: bool = Field(True, description="raters get equal shares")
    absent_days: float = Field(7, gt=0, description="a rater unseen for so long leaves the share to the others")
    lease_minutes: float = Field(30, ge=1, description="time without a sign of life after which an item goes to others")
    break_minutes: float = Field(45, ge=1, description="work after which a break is suggested")
    language: Literal["en", "zh"] = Field("en", description="language that the app opens in")
    long_side: int = Field(1024, ge=64, le=4096, description="longer side of every picture as raters see it, pixels")
    seed: int = Field(0, ge=0, description="seed of all orders and choices")
