"""Every error PPAD raises on purpose: one sentence, the fix, and a code that stays the same between versions.

PpadError
├── UsageError           what was asked for cannot be done as asked
│   ├── ConfigError          config-invalid
│   ├── MissingExtraError    missing-extra
│   ├── NotFoundError        not-found
│   ├── NoInputsError        no-inputs
│   ├── PublishError         publish-refused
│   ├── RatingsError         ratings-invalid
│   ├── ShapeError           input-shape
│   ├── UnratedError         no-ratings
│   ├── RubricError          rubric-differs
│   ├── RunError             run-unusable
│   ├── LeakError            leak
│   ├── ClusterError         cluster-unusable
│   ├── LocalOnlyError       local-only
│   └── SidecarError         sidecar-invalid
├── MediaError           one recording or picture is unusable; a run goes on without it
│   ├── EmptyFileError       media-empty
│   ├── UnreadableMediaError media-unreadable
│   ├── NoVideoError         media-no-video
│   ├── TooFewFramesError    media-too-few-frames
│   ├── MediaTooLargeError   media-too-large
│   ├── ShrunkError          media-shrank
│   └── CropError            media-crop
├── WorkError            an item could not be finished
│   ├── TimeLimitError       time-limit
│   ├── WorkerDiedError      worker-died
│   ├── LossError            loss-not-finite
│   └── UnexpectedError      unexpected
├── SynthesisError       a process cannot be made
│   ├── WeightsError         weights-unusable
│   ├── LicenceError         licence-not-allowed
│   ├── NotFiniteError       not-finite
│   └── OutOfMemoryError     out-of-memory
├── AnnotationError      something that a campaign of raters refuses
│   ├── NotAllowedError      not-allowed
│   ├── ConflictError        conflict
│   ├── InvalidFormError     form-invalid
│   ├── RubricChangedError   rubric-changed
│   ├── ChainError           chain-broken
│   ├── BackupError          backup-unusable
│   └── DatabaseUnusableError database-unusable
├── ContractError        contract-broken: a file does not follow the data contract
└── StorageError         the place that is written to
    ├── AccessError          access-denied
    ├── BucketError          bucket-missing
    ├── CredentialsError     credentials-missing
    ├── DiskFullError        disk-full
    ├── LockedError          locked
    ├── NotSharedError       not-shared
    ├── NetworkError         store-unreachable
    └── NotWritableError     not-writable
"""

from __future__ import annotations

from typing import ClassVar, Self

__all__ = [
    "AccessError",
    "AnnotationError",
    "BackupError",
    "BucketError",
    "ChainError",
    "ClusterError",
    "ConfigError",
    "ConflictError",
    "ContractError",
    "CredentialsError",
    "CropError",
    "DatabaseUnusableError",
    "DiskFullError",
    "EmptyFileError",
    "InvalidFormError",
    "LeakError",
    "LicenceError",
    "LocalOnlyError",
    "LockedError",
    "LossError",
    "MediaError",
    "MediaTooLargeError",
    "MissingExtraError",
    "NetworkError",
    "NoInputsError",
    "NoVideoError",
    "NotAllowedError",
    "NotFiniteError",
    "NotFoundError",
    "NotSharedError",
    "NotWritableError",
    "OutOfMemoryError",
    "PpadError",
    "PublishError",
    "RatingsError",
    "RubricChangedError",
    "RubricError",
    "RunError",
    "ShapeError",
    "ShrunkError",
    "SidecarError",
    "StorageError",
    "SynthesisError",
    "TimeLimitError",
    "TooFewFramesError",
    "UnexpectedError",
    "UnratedError",
    "UnreadableMediaError",
    "UsageError",
    "WeightsError",
    "WorkError",
    "WorkerDiedError",
]


class PpadError(Exception):
    """An error with its remedy.

    Attributes:
        code: stable identifier, kebab-case; documented in `docs/errors.md`.
        message: one sentence that says what is wrong and where.
        fix: one sentence that says what to do.
    """

    code: ClassVar[str] = "ppad-error"

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}"


class UsageError(PpadError):
    code = "usage"


class ConfigError(UsageError):
    code = "config-invalid"


class MissingExtraError(UsageError):
    code = "missing-extra"

    @classmethod
    def of(cls, package: str, extra: str) -> Self:
        """The error for an optional dependency that is not installed."""
        return cls(f"This needs the package {package}, which is not installed.", f"Run: pip install 'ppad[{extra}]'")


class NotFoundError(UsageError):
    code = "not-found"


class NoInputsError(UsageError):
    code = "no-inputs"


class PublishError(UsageError):
    code = "publish-refused"


class RatingsError(UsageError):
    code = "ratings-invalid"


class ShapeError(UsageError):
    code = "input-shape"


class UnratedError(UsageError):
    code = "no-ratings"


class RubricError(UsageError):
    code = "rubric-differs"


class RunError(UsageError):
    code = "run-unusable"


class LeakError(UsageError):
    code = "leak"


class ClusterError(UsageError):
    code = "cluster-unusable"


class LocalOnlyError(UsageError):
    code = "local-only"


class SidecarError(UsageError):
    code = "sidecar-invalid"


class MediaError(PpadError):
    code = "media"


class EmptyFileError(MediaError):
    code = "media-empty"


class UnreadableMediaError(MediaError):
    code = "media-unreadable"


class NoVideoError(MediaError):
    code = "media-no-video"


class TooFewFramesError(MediaError):
    code = "media-too-few-frames"


class MediaTooLargeError(MediaError):
    code = "media-too-large"


class ShrunkError(MediaError):
    code = "media-shrank"


class CropError(MediaError):
    code = "media-crop"


class WorkError(PpadError):
    code = "work"


class TimeLimitError(WorkError):
    code = "time-limit"


class WorkerDiedError(WorkError):
    code = "worker-died"


class LossError(WorkError):
    code = "loss-not-finite"


class UnexpectedError(WorkError):
    code = "unexpected"


class SynthesisError(PpadError):
    code = "synthesis"


class WeightsError(SynthesisError):
    code = "weights-unusable"


class LicenceError(SynthesisError):
    code = "licence-not-allowed"


class NotFiniteError(SynthesisError):
    code = "not-finite"


class OutOfMemoryError(SynthesisError):
    code = "out-of-memory"


class AnnotationError(PpadError):
    code = "annotation"


class NotAllowedError(AnnotationError):
    code = "not-allowed"


class ConflictError(AnnotationError):
    code = "conflict"


class InvalidFormError(AnnotationError):
    code = "form-invalid"


class RubricChangedError(AnnotationError):
    code = "rubric-changed"


class ChainError(AnnotationError):
    code = "chain-broken"


class BackupError(AnnotationError):
    code = "backup-unusable"


class DatabaseUnusableError(AnnotationError):
    code = "database-unusable"


class ContractError(PpadError):
    code = "contract-broken"


class StorageError(PpadError):
    code = "storage"


class AccessError(StorageError):
    code = "access-denied"


class BucketError(StorageError):
    code = "bucket-missing"


class CredentialsError(StorageError):
    code = "credentials-missing"


class NetworkError(StorageError):
    code = "store-unreachable"


class DiskFullError(StorageError):
    code = "disk-full"


class LockedError(StorageError):
    code = "locked"


class NotSharedError(StorageError):
    code = "not-shared"


class NotWritableError(StorageError):
    code = "not-writable"
