"""What is measured on the canvas: change between samples, the adaptive threshold, the choice of key frames."""

from ppad.signals.change import (
    Distance,
    Sample,
    changed_share,
    gain_corrected_distance,
    measure_steps,
    restless_mask,
    rms_distance,
)
from ppad.signals.course import Course, course_of, distances_to_final, setbacks, stage_shares
from ppad.signals.keyframes import Selection, select_keyframes, settled_positions
from ppad.signals.sampling import SETTLE_GAP_S, interval_ranks, sample_ranks, stride_ranks, target_count, with_neighbours
from ppad.signals.threshold import Threshold, adaptive_threshold, noise_level

__all__ = [
    "SETTLE_GAP_S",
    "Course",
    "Distance",
    "Sample",
    "Selection",
    "Threshold",
    "adaptive_threshold",
    "changed_share",
    "course_of",
    "distances_to_final",
    "gain_corrected_distance",
    "interval_ranks",
    "measure_steps",
    "noise_level",
    "restless_mask",
    "rms_distance",
    "sample_ranks",
    "select_keyframes",
    "setbacks",
    "settled_positions",
    "stage_shares",
    "stride_ranks",
    "target_count",
    "with_neighbours",
]
