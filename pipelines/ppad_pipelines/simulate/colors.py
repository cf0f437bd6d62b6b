"""OKLab and OKLCH (Björn Ottosson, "A perceptual color space for image processing", 2020): hue turns, lightness stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)
_FROM_LMS = np.linalg.inv(_TO_LMS)
_FROM_LAB = np.linalg.inv(_TO_LAB)


def oklab_from_srgb(rgb: Floats) -> Floats:
    """(…, 3) sRGB 0–1 to lightness 0–1, a, b."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def srgb_from_oklab(lab: Floats) -> Floats:
    """(…, 3) lightness, a, b to sRGB, clipped to 0–1."""
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1).astype(np.float32)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def oklab(lightness: float, chroma: float, hue_degrees: float) -> Floats:
    """(3,) of a colour in OKLCH."""
    hue = np.radians(hue_degrees)
    return np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], dtype=np.float32)


def hue_turned(rgb: Floats, degrees: float) -> Floats:
    """(…, 3) sRGB 0–1 with every hue turned; lightness and chroma stay, as far as sRGB can show them."""
    turn = np.radians(degrees)
    lab = oklab_from_srgb(rgb)
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1] = np.cos(turn) * a - np.sin(turn) * b
    lab[..., 2] = np.sin(turn) * a + np.cos(turn) * b
    return srgb_from_oklab(lab)
