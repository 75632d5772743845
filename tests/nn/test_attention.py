"""Attention agrees with torch's own module, reads what is visible only, and keeps members and subjects apart."""

import pytest
import torch

from mmomics.errors import UserError
from mmomics.nn.attention import Attention, Block, ModalityTokens
from mmomics.nn.streams import Streams


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def holes(*shape, seed=1):
    there = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) > 0.4
    there[..., 0] = True
    return there


def test_attention_is_that_of_torch():
    ours = Attention(Streams([3, 4]), 8, 2)
    queries, tokens, visible = draw(2, 5, 3, 8), draw(2, 5, 6, 8, seed=1), holes(2, 5, 6)
    read = ours(queries, tokens, visible)
    for member in range(2):
        theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        with torch.no_grad():
            theirs.in_proj_weight.copy_(torch.cat([ours.query.weight[member], ours.key_value.weight[member]], dim=1).T)
            theirs.in_proj_bias.zero_()
            theirs.out_proj.weight.copy_(ours.out.weight[member].T)
            theirs.out_proj.bias.zero_()
            expected, _ = theirs(queries[member], tokens[member], tokens[member], key_padding_mask=~visible[member])
        torch.testing.assert_close(read[member], expected, atol=1e-5, rtol=1e-4)


def test_who_has_no_token_reads_nothing():
    block, visible = Attention(Streams([3]), 8, 2), torch.zeros(1, 4, 6, dtype=torch.bool)
    tokens = draw(1, 4, 6, 8).requires_grad_()
    assert (block(draw(1, 4, 3, 8), tokens, visible) == 0).all()  # the bias starts at nought
    block(draw(1, 4, 3, 8), tokens, visible).sum().backward()
    assert (tokens.grad == 0).all()


def test_tokens_that_read_each_other_read_themselves():
    block, tokens, visible = Block(Streams([3, 4]), 8, 2, 0.5).eval(), draw(2, 5, 6, 8), holes(2, 5, 6)
    torch.testing.assert_close(block(tokens, visible), block(tokens, visible, tokens))
    torch.testing.assert_close(block(tokens, visible)[:, :, 2:4], block(tokens[:, :, 2:4], visible, tokens), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("mode", [False, True])
def test_members_and_hidden_tokens_do_not_matter(mode):
    both, one = (Block(Streams(seeds), 8, 2, 0.3).train(mode) for seeds in ([3, 4], [4]))
    tokens, visible = draw(2, 5, 6, 8), holes(2, 5, 6)
    out = both(tokens, visible)
    hidden = torch.where(visible[1:, ..., None], tokens[1:], 9.0)
    torch.testing.assert_close(out[1:][visible[1:]], one(hidden, visible[1:])[visible[1:]], atol=1e-5, rtol=1e-4)


def test_tokens_of_a_modality_stand_side_by_side():
    tokens = ModalityTokens(Streams([3, 4]), {"a": 5, "b": 7}, (3, 8), 0.3, 0.3).eval()
    x = {"a": draw(2, 4, 5), "b": draw(2, 4, 7)}
    seen = {"a": holes(2, 4), "b": torch.tensor([True, False, True, False]).expand(2, -1)}
    values, visible = tokens(x, seen)
    assert values.shape == (2, 4, 6, 8) and visible.shape == (2, 4, 6)
    assert (visible[..., :3] == seen["a"].unsqueeze(-1)).all() and (visible[..., 3:] == seen["b"].unsqueeze(-1)).all()
    other, _ = tokens({**x, "b": x["b"] + 1}, seen)
    assert (values[:, :, :3] == other[:, :, :3]).all() and not torch.allclose(values[:, 0, 3:], other[:, 0, 3:])


def test_heads_share_the_width_evenly():
    with pytest.raises(UserError, match=r"n_heads: 30 \(n_hidden\) is no multiple of 4"):
        Attention(Streams([1]), 30, 4)
