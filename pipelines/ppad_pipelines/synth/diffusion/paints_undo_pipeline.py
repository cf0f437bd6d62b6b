"""The pipeline of paints-undo: a finished painting and an operation step in, the canvas at that step out.

Notation: N states, 4 × h × w latents, L text tokens of D values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppad_pipelines.synth.diffusion.packages import diffusers, torch
from ppad_pipelines.synth.engine import Progress

CODE_CHANNELS = 256
"""Length of the sinusoid that an operation step is coded as."""


class PaintsUndoPipeline(diffusers.DiffusionPipeline):
    """Stable Diffusion 1.5 whose network also sees the finished painting's latents (channels 4–7) and the operation step.

    The published code adds an embedding of the step to that of the time. The stock network's class embedding of the kind
    `projection` is the same function; no stock pipeline feeds both, which is all that this one is for.
    """

    model_cpu_offload_seq = "text_encoder->unet->vae"

    def __init__(self, vae: Any, text_encoder: Any, tokenizer: Any, unet: Any, scheduler: Any) -> None:
        super().__init__()
        self.register_modules(vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, unet=unet, scheduler=scheduler)

    def encode_text(self, texts: Sequence[str]) -> Any:
        """(N, L, D): the last hidden state of the text encoder, whose last layer was left out when it was published."""
        tokens = self.tokenizer(
            list(texts), padding="max_length", max_length=self.tokenizer.model_max_length, truncation=True, return_tensors="pt"
        )
        return self.text_encoder(tokens.input_ids.to(self._execution_device)).last_hidden_state

    def __call__(
        self,
        paintings: Any,
        operation_steps: Sequence[int],
        text: Any,
        negative_text: Any,
        noise: Any,
        steps: int,
        guidance: float,
        progress: Progress,
    ) -> Any:
        """Denoise states of paintings.

        Args:
            paintings: (N, 4, h, w): latents of the finished painting that each state is of.
            operation_steps: N numbers, 0 (finished) to 999 (first stroke).
            text, negative_text: (N, L, D).
            noise: (N, 4, h, w), standard normal; the same for all states of a painting.

        Returns:
            (N, 4, h, w) latents.
        """
        device, dtype = self._execution_device, self.unet.dtype
        copies = 2 if guidance > 1 else 1
        conditions = torch.cat([negative_text, text] if guidance > 1 else [text]).to(device, dtype)
        codes = step_codes(operation_steps).to(device, dtype).repeat(copies, 1)
        paintings = paintings.to(device, dtype).repeat(copies, 1, 1, 1)
        self.scheduler.set_timesteps(steps, device=device)
        latents = noise.to(device) * self.scheduler.init_noise_sigma
        for done, time in enumerate(self.scheduler.timesteps, start=1):
            noisy = self.scheduler.scale_model_input(latents, time).to(dtype).repeat(copies, 1, 1, 1)
            predicted = self.unet(
                torch.cat([noisy, paintings], dim=1), time, encoder_hidden_states=conditions, class_labels=codes
            ).sample.float()
            if guidance > 1:
                without, guided = predicted.chunk(2)
                predicted = without + guidance * (guided - without)
            latents = self.scheduler.step(predicted, time, latents).prev_sample
            progress(done / len(self.scheduler.timesteps))
        self.maybe_free_model_hooks()
        return latents


def step_codes(operation_steps: Sequence[int]) -> Any:
    """(N, 256): the sinusoids that operation steps are coded as."""
    return diffusers.models.embeddings.get_timestep_embedding(
        torch.tensor(list(operation_steps)), CODE_CHANNELS, flip_sin_to_cos=True, downscale_freq_shift=0
    )
