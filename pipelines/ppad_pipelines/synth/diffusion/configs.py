"""The settings of the diffusion engines. Nothing heavy is imported here: `--help` and a dry run read them too."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from ppad_pipelines.synth.engine import EngineConfig

SchedulerName = Literal["dpmsolver++", "ddim", "euler", "unipc"]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
Offload = Literal["none", "model", "sequential"]
OperationStep = Annotated[int, Field(ge=0, le=999)]


class DiffusionConfig(EngineConfig):
    """What both engines have in common.

    Attributes:
        model: hub id, folder in the published layout, or folder written by `ppad synth convert`.
        revision: branch, tag or commit on the hub; None is the newest.
        steps: denoising steps.
        guidance: scale of classifier-free guidance; 1 is without.
        scheduler: the sampler; all of them are deterministic once the noise is drawn.
        size: longer side of the pictures that the model works on, pixels.
        negative_prompt: what guidance leads away from.
        dtype: of the weights; auto is float16 on CUDA and float32 elsewhere.
        device: cpu, mps, cuda or cuda:N; auto takes the best there is.
        offload: keep weights in main memory and bring them to the device by `model`, or layer by layer (`sequential`).
        compile: compile the denoising network: slower start, faster steps.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"model", "revision", "device", "offload", "compile"})

    model: str
    revision: str | None = None
    steps: int = Field(default=50, ge=1, le=1000)
    guidance: float = Field(default=5.0, ge=1, le=50)
    scheduler: SchedulerName = "ddim"
    size: int = Field(default=512, ge=32, le=4096)
    negative_prompt: str = ""
    dtype: Dtype = "auto"
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    offload: Offload = "none"
    compile: bool = False


class PaintsUndoConfig(DiffusionConfig):
    """Settings of `paints-undo`; the defaults are those it was published with.

    Attributes:
        operation_steps: states to paint, 0 (finished) to 999 (first stroke), in any order; or how many, spread evenly.
        end_with_painting: the given painting itself is the last frame.
        at_once: states that are denoised together; fewer take less memory.
    """

    incidental: ClassVar[frozenset[str]] = DiffusionConfig.incidental | {"at_once"}

    model: str = "lllyasviel/paints_undo_single_frame"
    guidance: float = Field(default=3.0, ge=1, le=50)
    scheduler: SchedulerName = "dpmsolver++"
    size: int = Field(default=640, ge=32, le=4096)
    negative_prompt: str = "lowres, bad anatomy, bad hands, cropped, worst quality"
    operation_steps: Annotated[int, Field(ge=1, le=999)] | Annotated[tuple[OperationStep, ...], Field(min_length=1)] = (
        400, 600, 800, 900, 950, 999,
    )  # fmt: skip
    end_with_painting: bool = True
    at_once: int = Field(default=8, ge=1)

    @field_validator("operation_steps", mode="before")
    @classmethod
    def _steps_from_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdigit() for part in parts):
            raise ValueError("give operation steps as numbers from 0 to 999 with commas between them, or how many")
        return int(parts[0]) if len(parts) == 1 else tuple(int(part) for part in parts)

    @field_validator("operation_steps")
    @classmethod
    def _steps_differ(cls, value: int | tuple[int, ...]) -> int | tuple[int, ...]:
        if isinstance(value, tuple) and len(set(value)) < len(value):
            raise ValueError("no operation step may be given twice")
        return value

    def first_stroke_to_last(self) -> tuple[int, ...]:
        """The operation steps in painting order: falling."""
        if isinstance(self.operation_steps, int):
            return tuple(999 - 999 * i // self.operation_steps for i in range(self.operation_steps))
        return tuple(sorted(self.operation_steps, reverse=True))


class ProcessPainterConfig(DiffusionConfig):
    """Settings of `processpainter`; the defaults are those it was published with.

    Attributes:
        style: which of the published motion checkpoints: `Motion_with_LoRA/<style>.ckpt`, `ReferenceNet/<style>.ckpt`.
        base, base_revision: the Stable Diffusion 1.5 that the motion modules are put into.
        frames: key frames of a process; the position code ends at 24.
        reference_scale: how strongly a given picture leads.
        ip_adapter: hub id or folder of an IP-Adapter for Stable Diffusion 1.5: the finished painting is then a prompt, too.
        ip_adapter_file: its weights within that folder.
        ip_adapter_scale: how strongly it leads.
    """

    incidental: ClassVar[frozenset[str]] = DiffusionConfig.incidental | {
        "base", "base_revision", "ip_adapter", "ip_adapter_file",
    }  # fmt: skip

    model: str = "nicolaus-huang/ProcessPainter"
    negative_prompt: str = "worst quality, low quality, letterboxed"
    style: str = Field(default="character", pattern=r"^[\w.-]+$")
    base: str = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    base_revision: str | None = None
    frames: int = Field(default=8, ge=2, le=24)
    reference_scale: float = Field(default=1.0, ge=0, le=2)
    ip_adapter: str | None = None
    ip_adapter_file: str = "models/ip-adapter_sd15.safetensors"
    ip_adapter_scale: float = Field(default=0.5, ge=0, le=2)
