"""Hours in minutes: whether the raters' app, and a run of ten thousand items, stay as quick and as small as they began.

    python -m benchmarks.soak app [--minutes 25] [--raters 20] [--pace 7.5] [--items 10000]
    python -m benchmarks.soak run [--items 10000] [--workers 2] [--folder FOLDER]

`app` serves a campaign to raters who do what people do (rate, look back, revise, undo, skip, flag, log in anew) with an item each
`--pace` seconds, a tenth of what people need, and opens the admin's board every 20 s. `run` extracts, checks, builds and reads
small recordings; the extraction is killed half-way and goes on. Both print memory, open descriptors and times, whether they grow,
and whether anything was lost.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.soak_app import soak_app
from benchmarks.soak_run import soak_run


def main() -> None:
    """Soak what is asked for, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    app = parts.add_parser("app", help="the raters' app")
    app.add_argument("--minutes", type=float, default=25)
    app.add_argument("--raters", type=int, default=20)
    app.add_argument("--pace", type=float, default=7.5, help="seconds an item")
    app.add_argument("--items", type=int, default=10_000)
    run = parts.add_parser("run", help="extraction, check, build and reading")
    run.add_argument("--items", type=int, default=10_000)
    run.add_argument("--workers", type=int, default=2)
    run.add_argument("--folder", type=Path, help="where recordings and results stay; by default a temporary one")
    args = parser.parse_args()
    if args.part == "app":
        soak_app(args.minutes, args.raters, args.items, args.pace)
    else:
        soak_run(args.items, args.workers, args.folder)


if __name__ == "__main__":
    main()
