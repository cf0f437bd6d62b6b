"""The packages that only training needs, imported in one place; or the sentence that says how to get them."""

from ppad.errors import MissingExtraError

try:
    from accelerate import Accelerator as Accelerator
    from accelerate.utils import DistributedDataParallelKwargs as DistributedDataParallelKwargs
    from accelerate.utils import gather_object as gather_object
    from scipy.stats import spearmanr as spearmanr
    from torch.utils.tensorboard import SummaryWriter as SummaryWriter
except ImportError as error:
    raise MissingExtraError.of((error.name or "accelerate").partition(".")[0], "model") from error

__all__ = ["Accelerator", "DistributedDataParallelKwargs", "SummaryWriter", "gather_object", "spearmanr"]
