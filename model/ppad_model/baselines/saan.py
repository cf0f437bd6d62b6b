"""SAAN: style-specific art assessment (Yi et al., "Towards Artistic Image Aesthetics Assessment", CVPR 2023).

A ResNet50 up to its second stage, whose features take on the statistics of frozen VGG19 features (AdaIN), beside a ResNet50 up
to its third; a non-local block over both; a small classifier. With eight outputs 30,823,880 parameters, as Table 2 has them.
The published backbone was first trained to tell manipulated paintings; ours begins from ImageNet, or at random.
"""

from __future__ import annotations

from typing import Any

from ppad.errors import WeightsError
from ppad_model.baselines.config import BackboneConfig
from ppad_model.baselines.frame_average import PublishedBackbone
from ppad_model.baselines.vgg import Vgg19
from ppad_model.clip import standardize
from ppad_model.packages import F, Tensor, nn, safetensors, torch, transformers
from ppad_model.weights import load_published, local_folder, take_over

RESNET50, VGG19 = "microsoft/resnet-50", "timm/vgg19.tv_in1k"
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's pictures, by channel."""
_FEATURES = 512 + 1024


class Saan(PublishedBackbone):
    """The network; its embedding is what the classifier takes, 6,144 numbers."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__(config)
        self.style = Vgg19().requires_grad_(False)
        self.specific = _resnet(stages=2)
        self.generic = _resnet(stages=3)
        self.non_local = NonLocalBlock(_FEATURES)
        self.norm = nn.BatchNorm2d(_FEATURES)
        self.head = nn.Sequential(
            nn.Linear(4 * _FEATURES, 2048), nn.ReLU(), nn.Dropout(0.5), nn.Linear(2048, len(config.attributes)), nn.Sigmoid()
        )

    def embed(self, pictures: Tensor) -> Tensor:
        """As `FrameAverage.embed`: (N, 6144)."""
        pictures = standardize(pictures, *IMAGENET)
        specific = F.relu(adain(self._features(self.specific, pictures), self.style(pictures)))
        specific = F.max_pool2d(specific, 3, stride=2, padding=1)
        both = self.non_local(torch.cat((specific, self._features(self.generic, pictures)), dim=1))
        return self.norm(F.adaptive_avg_pool2d(both, 2)).flatten(1)

    @staticmethod
    def _features(resnet: Any, pictures: Tensor) -> Tensor:
        return resnet(pictures).last_hidden_state

    def _load_published(self, *, required: bool) -> bool:
        vgg = local_folder(VGG19)
        if vgg is None or local_folder(RESNET50) is None:
            if required:
                raise WeightsError(f"{RESNET50} or {VGG19} is not on this machine.", "Download both: hf download NAME")
            return False
        for resnet in (self.specific, self.generic):
            load_published(resnet, transformers.ResNetModel, RESNET50, required=True)
        take_over(self.style, safetensors.load_file(vgg / "model.safetensors"), VGG19)
        return True


class NonLocalBlock(nn.Module):
    """Attention over the places of a feature map, keys and values pooled 2 × 2; begins as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.query, self.key, self.value = (nn.Conv2d(channels, inner, 1) for _ in range(3))
        self.out, self.norm = nn.Conv2d(inner, channels, 1), nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        query = self.query(x).flatten(2).transpose(1, 2)
        key = F.max_pool2d(self.key(x), 2).flatten(2).transpose(1, 2)
        value = F.max_pool2d(self.value(x), 2).flatten(2).transpose(1, 2)
        attended = F.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None], scale=1.0)[:, 0]
        return x + self.norm(self.out(attended.transpose(1, 2).unflatten(2, x.shape[2:])))


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Adaptive instance normalisation: the content with the mean and deviation of the style, by channel; (N, C, H, W) each."""
    mean, deviation = _statistics(content)
    style_mean, style_deviation = _statistics(style)
    return style_deviation * (content - mean) / deviation + style_mean


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True) + 1e-6


def _resnet(stages: int) -> Any:
    widths, depths = (256, 512, 1024, 2048), (3, 4, 6, 3)
    config = transformers.ResNetConfig(hidden_sizes=list(widths[:stages]), depths=list(depths[:stages]))
    network = transformers.ResNetModel(config)
    network.pooler = nn.Identity()  # a mean over places that nobody asks for
    return network
