"""The pipeline of processpainter: AnimateDiff's frames led by given pictures, a batch of processes at once.

Notation: B processes, F frames, n given frames, 4 × h × w latents.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

from ppad_pipelines.synth.diffusion.components import quietly
from ppad_pipelines.synth.diffusion.packages import diffusers

with quietly():  # this loads the stock pipeline, and transformers would say that it does without torchvision
    _OPTIONAL = tuple(diffusers.AnimateDiffSparseControlNetPipeline._optional_components)


class ProcessPainterPipeline(diffusers.AnimateDiffSparseControlNetPipeline):
    """The stock pipeline, but each process of a batch has given frames of its own, as latents.

    The stock one encodes pictures with a draw from the global random state, shares them among the batch, does not repeat them
    for classifier-free guidance, and repeats an IP-Adapter's embeddings as often as there are processes.
    """

    _optional_components: ClassVar[list[str]] = [*_OPTIONAL, "controlnet", "inverse_scheduler"]

    def __init__(
        self,
        vae: Any,
        text_encoder: Any,
        tokenizer: Any,
        unet: Any,
        scheduler: Any,
        controlnet: Any = None,
        inverse_scheduler: Any = None,
        motion_adapter: Any = None,
        feature_extractor: Any = None,
        image_encoder: Any = None,
    ) -> None:
        super().__init__(
            vae, text_encoder, tokenizer, unet, motion_adapter, controlnet, scheduler, feature_extractor, image_encoder
        )
        self.register_modules(inverse_scheduler=inverse_scheduler)

    def prepare_image(self, image: Any, width: int, height: int, device: Any, dtype: Any) -> Any:
        """Given frames are latents already: (B, n, 4, h, w) → (B, 4, n, h, w)."""
        return image.to(device, dtype).permute(0, 2, 1, 3, 4)

    def prepare_sparse_control_conditioning(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Conditions and their mask, once more for the half of the batch that is not guided."""
        condition, mask = super().prepare_sparse_control_conditioning(*args, **kwargs)
        copies = 2 if self.do_classifier_free_guidance else 1
        return condition.repeat(copies, 1, 1, 1, 1), mask.repeat(copies, 1, 1, 1, 1)

    def prepare_ip_adapter_image_embeds(self, image: Any, image_embeds: list[Any], *_args: Any) -> list[Any]:
        """Embeddings of the whole batch, the half without guidance first, are used as they are."""
        return image_embeds

    def invert(self, latents: Any, steps: int, no_image: Any = None) -> Any:
        """The noise that DDIM, with an empty prompt and no guidance, would have made pictures from.

        Each picture is a frame of its own, so only the layers that know single pictures take part.

        Args:
            latents: (B, 4, h, w).
            no_image: (B, 1, …), an IP-Adapter's embedding of no picture; None without an IP-Adapter.

        Returns:
            (B, 4, h, w), float32.
        """
        device, dtype = self._execution_device, self.unet.dtype
        empty, _ = self.encode_prompt([""] * len(latents), device, 1, do_classifier_free_guidance=False)
        self.inverse_scheduler.set_timesteps(steps, device=device)
        latents = latents.to(device).float()
        conditions = {
            "encoder_hidden_states": empty.to(dtype),
            "added_cond_kwargs": None if no_image is None else {"image_embeds": [no_image]},
        }
        with image_layers_only(self.unet):
            for time in self.inverse_scheduler.timesteps:
                # `forward`, because a compiled network may not see that its motion modules are passed by for a while.
                predicted = self.unet.forward(latents[:, :, None].to(dtype), time, **conditions).sample
                latents = self.inverse_scheduler.step(predicted[:, :, 0].float(), time, latents).prev_sample
        return latents


@contextlib.contextmanager
def image_layers_only(unet: Any) -> Iterator[None]:
    """A motion network as the 2D network that it was made from: its motion modules pass on what they are given."""
    modules = [module for name, module in unet.named_modules() if name.rpartition(".")[0].endswith("motion_modules")]
    hooks = [module.register_forward_hook(lambda _module, given, _made: given[0]) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
