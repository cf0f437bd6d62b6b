"""Ray, imported in one place; or the sentence that says how to get it."""

import os

from ppad.errors import MissingExtraError

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody

try:
    import ray as ray
    from ray.actor import ActorHandle as ActorHandle
    from ray.exceptions import RayActorError as RayActorError
    from ray.exceptions import RayError as RayError
    from ray.exceptions import RayTaskError as RayTaskError
except ImportError as error:
    raise MissingExtraError.of("ray", "ray") from error

__all__ = ["ActorHandle", "RayActorError", "RayError", "RayTaskError", "ray"]
