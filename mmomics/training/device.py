"""Where to train: the processor, or an accelerator where there is one."""

from __future__ import annotations

import torch

from mmomics.errors import UserError


def choose(name: str) -> str:
    """`cpu`, `cuda`, or `auto` for the accelerator if there is one. Keeps torch on one thread: the workflow fills the cores.

    Raises
    ------
    UserError
        If an accelerator is asked for and none is there.
    """
    torch.set_num_threads(1)
    there = torch.cuda.is_available()
    if name == "auto":
        return "cuda" if there else "cpu"
    if name.startswith("cuda") and not there:
        raise UserError("--device", "no CUDA device is available", "use --device cpu")
    return name
