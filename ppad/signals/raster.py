"""Picture arithmetic that a painter's hand needs: blur, gradients, regions, the footprint of a brush.

With `change`, this is the home of OpenCV. Notation: a picture is (H, W, 3) float32, sRGB, 0–1; a map is (H, W) float32.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

OPENCV_VERSION: str = cv2.__version__

Picture = NDArray[np.float32]
Map = NDArray[np.float32]
Labels = NDArray[np.int32]


def blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur; sigma in pixels, 0 leaves the picture as it is."""
    return picture if sigma <= 0 else cv2.GaussianBlur(picture, (0, 0), sigma)  # type: ignore[return-value]


def box_mean(values: Map, side: int) -> Map:
    """Mean over a square of `side` pixels around each pixel."""
    return cv2.blur(values, (side, side))  # type: ignore[return-value]


def scaled(picture: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """The picture at another size: averaged when it shrinks, smooth when it grows."""
    shrinks = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)  # type: ignore[return-value]


def shrunk(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8, its longer side at most `long_side` pixels: averaged."""
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def luminance(picture: Picture) -> Map:
    """Rec. 601 luma of sRGB values, 0–1."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def gradients(values: Map) -> tuple[Map, Map]:
    """Horizontal and vertical derivative (Scharr), per pixel."""
    gx = cv2.Scharr(values, cv2.CV_32F, 1, 0) / 32
    gy = cv2.Scharr(values, cv2.CV_32F, 0, 1) / 32
    return gx, gy  # type: ignore[return-value]


def to_lab(picture: Picture) -> Picture:
    """CIE L*a*b* (L 0–100), D65."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)  # type: ignore[return-value]


def kmeans(points: NDArray[np.float32], count: int, seed: int) -> tuple[Labels, NDArray[np.float32]]:
    """(N,) labels and (count, D) centres of k-means++; the same for the same seed."""
    if len(points) == 1:  # OpenCV would read a single point as a column of numbers
        return np.zeros(1, dtype=np.int32), points
    cv2.setRNGSeed(seed % (1 << 31))  # a C int
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, labels, centres = cv2.kmeans(points, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    return labels.ravel(), centres


def brush_footprint(points: NDArray[np.float32], width: float, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Coverage, 0–255, of a round brush moved along points, within a box.

    Args:
        points: (N, 2) x and y, pixels; or (K, N, 2), the paths of K bristles side by side.
        width: of the brush or of each bristle, pixels.
        box: left, top, right, bottom.
    """
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
    shift = 4
    moved = np.round((points - (left, top)) * (1 << shift)).astype(np.int32)
    lines = [moved] if moved.ndim == 2 else list(moved)
    cv2.polylines(mask, lines, False, 255, max(1, round(width)), cv2.LINE_AA, shift)
    return mask


def filled(polygon: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
    """Coverage, 0–255, of a polygon.

    Args:
        polygon: (N, 2) x and y of its corners, pixels.
    """
    mask = np.zeros((height, width), dtype=np.uint8)
    shift = 4
    cv2.fillPoly(mask, [np.round(polygon * (1 << shift)).astype(np.int32)], 255, cv2.LINE_AA, shift)
    return mask


def last_strokes(points: NDArray[np.float32], widths: NDArray[np.float32], width: int, height: int) -> Labels:
    """(height, width) number, from 1, of the last of N strokes that covers each pixel; 0 where none does.

    Args:
        points: (N, K, 2) x and y of the points of each, pixels, in the order in which they are laid.
        widths: (N,) of the brush, pixels.
    """
    numbers = np.zeros((height, width), dtype=np.int32)
    shift = 4
    moved = np.round(points * (1 << shift)).astype(np.int32)
    for number, (line, thickness) in enumerate(zip(moved, np.maximum(1, np.round(widths)).tolist(), strict=True), start=1):
        cv2.polylines(numbers, [line], False, number, int(thickness), cv2.LINE_8, shift)
    return numbers
