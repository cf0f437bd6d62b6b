"""A Space of the Hub in which a collection is rated: the raters' app in a container."""

from __future__ import annotations

import yaml

PORT = 7860

_DOCKERFILE = """\
FROM python:3.12-slim-trixie
COPY {wheel} /app/
RUN pip install --no-cache-dir "/app/{wheel}[annotate]"
RUN useradd --create-home --uid 1000 ppad && install --directory --owner ppad --mode 0700 /data
COPY --chown=ppad collection /app/collection
COPY --chmod=755 start.sh /app/
USER ppad
EXPOSE {port}
CMD ["/app/start.sh"]
"""

_START = """\
#!/bin/sh
# Takes in what is new of the collection, makes the first account where there is none, and serves until it is stopped.
set -e
first=0
[ -e /data/campaign ] || first=1
ppad annotate init /data/campaign /app/collection
if [ "$first" = 1 ]; then
    ppad annotate raters add /data/campaign admin --role admin
fi
exec ppad annotate serve /data/campaign --host 0.0.0.0 --port {port} --behind-proxy --proxy '*'
"""

_CARD = """\
---
{header}---

# {title}

People rate the painting processes of this collection here, in a browser, under pseudonyms. The app is PPAD's.

- Attach persistent storage to this Space: the campaign lies in `/data`, and without it every restart loses all ratings.
- The first start prints the password of the account `admin` in the log, once. Accounts of raters are made on its board.
- Open the app at its own address (https://ORG-NAME.hf.space): in the frame of the Hub, browsers keep no log-in.
- Keep the Space private: its files hold the collection, and say of each process what it is.
"""


def space_files(title: str, wheel: str) -> dict[str, bytes]:
    """The files of a Space besides the collection in `collection/` and the wheel.

    Args:
        title: of the collection.
        wheel: name of the wheel's file.
    """
    header = yaml.safe_dump(
        {"title": f"Rate {title}", "sdk": "docker", "app_port": PORT, "license": "apache-2.0", "tags": ["painting-process"]},
        sort_keys=False,
    )
    return {
        "README.md": _CARD.format(header=header, title=f"Rate {title}").encode(),
        "Dockerfile": _DOCKERFILE.format(wheel=wheel, port=PORT).encode(),
        "start.sh": _START.format(port=PORT).encode(),
    }
