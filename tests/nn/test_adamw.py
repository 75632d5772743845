"""AdamW against torch's own."""

import subprocess
import sys

import pytest
import torch

from mmomics.nn.adamw import AdamW


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_it_is_the_optimizer_of_torch(decay):
    start = [torch.randn(3, 4), torch.randn(5)]
    ours, theirs = ([each.clone().requires_grad_() for each in start] for _ in range(2))
    own = AdamW(ours, 0.05, decay, 1e-6)
    reference = torch.optim.AdamW(theirs, lr=0.05, weight_decay=decay, eps=1e-6, fused=True)
    for step in range(20):
        x = torch.randn(4)
        for parameters in (ours, theirs):
            loss = (parameters[0] @ x).square().sum()
            if step >= 5:  # a parameter without a gradient stays, and so does its count of steps
                loss = loss + (parameters[1] - 1).pow(4).sum()
            loss.backward()
        own.step()
        reference.step()
        reference.zero_grad()
        assert all(each.grad is None for each in ours)
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert not torch.equal(ours[1], start[1])


def test_without_a_gradient_nothing_moves():
    parameter = torch.ones(3, requires_grad=True)
    AdamW([parameter], 0.1, 0.1).step()
    assert torch.equal(parameter, torch.ones(3))


def test_the_compiler_is_not_loaded():
    code = """
import sys, torch
from mmomics.nn.adamw import AdamW
parameter = torch.ones(3, requires_grad=True)
optimizer = AdamW([parameter], 0.1)
parameter.square().sum().backward()
optimizer.step()
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
