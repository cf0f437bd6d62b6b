"""Moving a picture a little: the drift of a camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def shifted(pixels: NDArray[np.uint8], dx: float, dy: float, degrees: float) -> NDArray[np.uint8]:
    """The picture moved by fractions of a pixel and turned about its centre; its border is repeated.

    Args:
        pixels: (H, W, 3) uint8.
        dx, dy: pixels, rightwards and downwards.
        degrees: anticlockwise.
    """
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += np.array([dx, dy])
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
