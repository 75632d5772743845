"""A parameter is like its default in type and within plain bounds, or one line says what was found and expected."""

import pytest

from mmomics import plugins
from mmomics.config.params import LIMITS, check_param
from mmomics.errors import UserError


@pytest.mark.parametrize(
    ("name", "default", "good", "bad"),
    [
        ("n_latent", 32, [1, 64], ["big", "8", 0, -1, 2.0, True, None, [8]]),
        ("shift", 0, [0, -3], [0.5, False]),
        ("beta", 0.1, [0, 1, 2.5], [-0.1, True, "0.1", float("nan"), float("inf")]),
        ("offset", -1.0, [-5, 3.0], ["low"]),
        ("input_dropout", 0.2, [0, 0.9], [1, 1.0, -0.1]),
        ("merge", "addition", ["concatenation"], [1, None, True]),
        ("shared", True, [False], [0, 1, "yes"]),
    ],
)
def test_type_and_bounds_follow_the_default(name, default, good, bad):
    for value in good:
        check_param("here", name, value, default)
    for value in bad:
        with pytest.raises(UserError) as caught:
            check_param("here", name, value, default)
        assert str(caught.value).startswith(f"here.{name}: found {value!r}, expected ")


@pytest.mark.parametrize(("package", "method"), [(package, name) for package in ("fusion", "baselines") for name in plugins.names(package)])
def test_every_default_passes(package, method):
    limits = plugins.constant(package, method, LIMITS, {})
    assert set(limits) <= set(plugins.defaults(package, method))
    for name, default in plugins.defaults(package, method).items():
        check_param("here", name, default, default, limits.get(name, (None, None)))
