"""Colour differences, as the page's own script computes them, against published values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from fixtures.browser import visiting
from fixtures.served import Served
from ppad_annotation.app.static_files import static_url

SHARMA = np.array(
    [
        [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425], [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
        [50, 2.8361, -74.02, 50, 0, -82.7485, 3.4412], [50, -1.3802, -84.2814, 50, 0, -82.7485, 1],
        [50, -1.1848, -84.8006, 50, 0, -82.7485, 1], [50, -0.9009, -85.5211, 50, 0, -82.7485, 1],
        [50, 0, 0, 50, -1, 2, 2.3669], [50, -1, 2, 50, 0, 0, 2.3669], [50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792],
        [50, 2.49, -0.001, 50, -2.49, 0.001, 7.1792], [50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195],
        [50, 2.49, -0.001, 50, -2.49, 0.0012, 7.2195], [50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045],
        [50, -0.001, 2.49, 50, 0.001, -2.49, 4.8045], [50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461],
        [50, 2.5, 0, 50, 0, -2.5, 4.3065], [50, 2.5, 0, 73, 25, -18, 27.1492], [50, 2.5, 0, 61, -5, 29, 22.8977],
        [50, 2.5, 0, 56, -27, -3, 31.903], [50, 2.5, 0, 58, 24, 15, 19.4535], [50, 2.5, 0, 50, 3.1736, 0.5854, 1],
        [50, 2.5, 0, 50, 3.2972, 0, 1], [50, 2.5, 0, 50, 1.8634, 0.5757, 1], [50, 2.5, 0, 50, 3.2592, 0.335, 1],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
        [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377], [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)  # fmt: skip
"""Table 1 of Sharma, Wu and Dalal (2005): L*, a*, b* of two colours, and their CIEDE2000 difference to four decimals."""


@pytest.fixture(scope="module")
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    with visiting(chromium, served.url, None) as page:
        yield page


def in_page(page: Page, expression: str, value: object) -> object:
    """An expression over the module of colours and a value."""
    return page.evaluate(
        f"async (value) => {{ const lab = await import('{static_url('lab.js')}'); return {expression}; }}", value
    )


def test_ciede2000_is_that_of_the_published_pairs(page: Page) -> None:
    found = in_page(page, "value.map((row) => lab.deltaE2000(row.slice(0, 3), row.slice(3, 6)))", SHARMA.tolist())
    np.testing.assert_allclose(found, SHARMA[:, 6], atol=5e-5)


def test_ciede2000_is_the_same_in_both_directions(page: Page) -> None:
    found = in_page(page, "value.map((row) => lab.deltaE2000(row.slice(3, 6), row.slice(0, 3)))", SHARMA.tolist())
    np.testing.assert_allclose(found, SHARMA[:, 6], atol=5e-5)


def test_cie76_is_the_length_of_the_difference(page: Page) -> None:
    assert in_page(page, "lab.deltaE76(...value)", [[50, 0, 0], [53, 4, 12]]) == 13


def test_lab_of_srgb_corners_is_that_of_the_tables(page: Page) -> None:
    corners = [[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [119, 119, 119]]
    tables = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.2], [87.73, -86.18, 83.18], [32.3, 79.19, -107.86], [50.03, 0, 0]]
    np.testing.assert_allclose(in_page(page, "value.map((colour) => lab.labOf(...colour))", corners), tables, atol=0.02)


def test_a_map_is_dark_where_nothing_changed_and_bright_where_all_did(page: Page) -> None:
    first = [255, 255, 255, 255] * 3 + [0, 0, 0, 255]
    second = [255, 255, 255, 255] * 4
    found = in_page(
        page,
        "(({ map, mean, visible }) => ({ map: [...map], mean, visible }))(lab.differences(...value, '2000'))",
        [first, second],
    )
    assert isinstance(found, dict)
    assert found["mean"] == pytest.approx(25, abs=0.01)
    assert found["visible"] == 0.25
    assert found["map"][:4] == [0, 0, 4, 255]
    assert found["map"][12:] == [252, 255, 164, 255]
