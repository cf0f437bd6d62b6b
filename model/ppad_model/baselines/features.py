"""Hand-made features of a painting process: how full, colourful and detailed it grew, how steadily, how near to its model.

All are computed on frames of 64 × 64 (areas averaged), so that noise and size hardly matter.
"""

from __future__ import annotations

from ppad_model.packages import F, Tensor, torch

_SIDE = 64
_FRAME = ("brightness", "contrast", "colourfulness", "edges", "fine detail")
_MOMENTS = ("first", "last", "mean", "rise of the first half", "rise of the second half")
_STEPS = (
    "mean change", "deviation of changes", "largest change", "last change", "share of the change in the first half",
    "detour", "share of steps towards the final frame", "repainted area", "frames (log)",
)  # fmt: skip
_REFERENCE = (
    "has a picture",
    "distance at the end",
    "correlation at the end",
    "distance at the start",
    "colour distance at the end",
)

NAMES = (*(f"{what}, {when}" for what in _FRAME for when in _MOMENTS), *_STEPS, *_REFERENCE)
"""What each feature is."""
COUNT = len(NAMES)


def process_features(frames: Tensor, reference: Tensor | None) -> Tensor:
    """The features of one process.

    Args:
        frames: (T, 3, H, W), 0 to 1.
        reference: (3, H, W), 0 to 1; None without a picture.

    Returns:
        (COUNT,) float32, in the order of `NAMES`.
    """
    small = _small(frames)
    moments = _moments(_frame_values(small))
    return torch.cat((moments.flatten(), _step_values(small), _reference_values(small, reference)))


def _small(pictures: Tensor) -> Tensor:
    return F.interpolate(pictures.float(), (_SIDE, _SIDE), mode="area")


def _frame_values(frames: Tensor) -> Tensor:
    """Of each frame, (T, 5). Colourfulness is Hasler and Süsstrunk's, on 0 to 1."""
    red, green, blue = frames.unbind(1)
    grey = frames.mean(1)
    opponents = torch.stack((red - green, (red + green) / 2 - blue), dim=1).flatten(2)
    colourfulness = opponents.std(2, correction=0).norm(dim=1) + 0.3 * opponents.mean(2).norm(dim=1)
    across, down = grey.diff(dim=2)[:, :-1], grey.diff(dim=1)[:, :, :-1]
    blurred = F.avg_pool2d(grey[:, None], 3, stride=1, padding=1, count_include_pad=False)[:, 0]
    return torch.stack(
        (
            grey.mean((1, 2)),
            grey.std((1, 2), correction=0),
            colourfulness,
            (across.square() + down.square()).sqrt().mean((1, 2)),
            (grey - blurred).square().mean((1, 2)).sqrt(),
        ),
        dim=1,
    )


def _moments(values: Tensor) -> Tensor:
    """First, last, mean, and the rises of both halves: (features, 5)."""
    middle = values[len(values) // 2]
    return torch.stack((values[0], values[-1], values.mean(0), middle - values[0], values[-1] - middle), dim=1)


def _step_values(frames: Tensor) -> Tensor:
    """What the steps between frames tell; zeros where there is one frame."""
    count = len(frames)
    if count == 1:
        return frames.new_zeros(len(_STEPS))
    flat = frames.flatten(1)
    changes = flat.diff(dim=0).square().mean(1).sqrt()
    path = changes.sum().clamp(min=1e-6)
    from_end = (flat - flat[-1]).square().mean(1).sqrt()
    touched = (frames.diff(dim=0).abs().amax(1) > 0.05).float().sum(0)
    return torch.stack(
        (
            changes.mean(),
            changes.std(correction=0),
            changes.max(),
            changes[-1],
            changes[: len(changes) // 2].sum() / path,
            (path / from_end[0].clamp(min=0.01)).log1p(),
            (from_end.diff() < 0).float().mean(),
            (touched > 1).float().mean(),
            torch.tensor(float(count), device=frames.device).log(),
        )
    )


def _reference_values(frames: Tensor, reference: Tensor | None) -> Tensor:
    if reference is None:
        return frames.new_zeros(len(_REFERENCE))
    target = _small(reference[None])[0]
    first, last = frames[0], frames[-1]
    return torch.stack(
        (
            torch.ones((), device=frames.device),
            (last - target).square().mean().sqrt(),
            torch.corrcoef(torch.stack((last.flatten(), target.flatten())))[0, 1].nan_to_num(),
            (first - target).square().mean().sqrt(),
            (last.mean((1, 2)) - target.mean((1, 2))).norm(),
        )
    )
