"""Where a method limits a parameter, it works at both ends and what lies beyond is refused."""

import pytest
import torch

from mmomics import plugins
from mmomics.config.params import LIMITS, check_param
from mmomics.errors import UserError
from mmomics.fusion.contract import Anchors
from mmomics.nn.streams import Streams

NAMES = plugins.names("fusion")
ENDS = [
    (name, param, limits, end)
    for name in NAMES
    for param, limits in plugins.constant("fusion", name, LIMITS, {}).items()
    for end in limits
    if end is not None
]


@pytest.mark.parametrize(("name", "param", "limits", "end"), ENDS)
def test_a_step_at_the_limit_is_finite_and_tells_rows_apart(name, param, limits, end):
    default = plugins.defaults("fusion", name)[param]
    check_param("here", param, end, default, limits)
    beyond = end - 1 if end == limits[0] else end + 1
    with pytest.raises(UserError, match=f"here.{param}: found"):
        check_param("here", param, beyond, default, limits)
    generator = torch.Generator().manual_seed(0)
    x = {key: torch.randn(2, 30, 6, generator=generator) for key in ("a", "b", "c")}
    seen = {key: torch.rand(2, 30, generator=generator) > 0.2 for key in x}
    module = plugins.load("fusion", name)
    method = module.Method(dict.fromkeys(x, 6), module.Params(**{param: end}), Streams([0, 1]))
    method.attach(Anchors(x, seen))
    z, terms = method.step(x, seen, seen)
    (z.sum() + sum(term.sum() for term in terms.values())).backward()
    assert all(torch.isfinite(part).all() for part in (z, *terms.values()))
    assert all(torch.isfinite(each.grad).all() for each in method.parameters() if each.grad is not None)
    with torch.no_grad():
        assert (method.eval().encode(x, seen).std(1).mean(-1) > 1e-4).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_search_may_try_lies_within_the_limits(name):
    defaults, limits = plugins.defaults("fusion", name), plugins.constant("fusion", name, LIMITS, {})
    for param, values in plugins.constant("fusion", name, "SPACE", {}).items():
        for value in values:
            check_param("here", param, value, defaults[param], limits.get(param, (None, None)))
