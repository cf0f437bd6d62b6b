"""VGG19 up to relu4_1, in a few lines: torchvision, which has it, is not needed for anything else."""

from __future__ import annotations

from ppad_model.packages import Tensor, nn

_WIDTHS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, 256, "pool", 512)


class Vgg19(nn.Module):
    """The first nine convolutions; their names are those of the usual checkpoints (`features.0.weight`, …)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in _WIDTHS:
            if isinstance(width, str):
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)]
                before = width
        self.features = nn.Sequential(*layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (N, 3, H, W), standardised as for ImageNet, to (N, 512, H/8, W/8)."""
        return self.features(pictures)
