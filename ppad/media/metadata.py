"""What a picture file says besides its pixels."""

from __future__ import annotations

import io
import warnings

from PIL import Image

_HARMLESS = frozenset(
    "jfif jfif_version jfif_unit jfif_density dpi gamma icc_profile progressive progression adobe adobe_transform "
    "srgb chromaticity transparency loop background duration timestamp interlace aspect version extension compression "
    "software".split()
)


def picture_metadata(data: bytes) -> list[str]:
    """The kinds of metadata in a picture that can tell of a person, a place or a machine: `exif`, `xmp`, `comment`, text entries.

    Pixels are not decoded; what is no picture has none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                found = {str(name).lower() for name in image.info} | ({"exif"} if image.getexif() else set())
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for what it cannot open, and damage is found elsewhere
        return []
    return sorted(found - _HARMLESS)
