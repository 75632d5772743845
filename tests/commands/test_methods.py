"""The list of plug-ins: every one stands in it, with what only it can tell."""

import argparse

import pytest

from mmomics import plugins
from mmomics.commands import methods
from mmomics.errors import UserError
from mmomics.fusion.contract import Generative


def listed(capsys, package=None, name=None):
    methods.run(argparse.Namespace(package=package, name=name))
    return capsys.readouterr().out


def test_every_plug_in_stands_in_the_list(capsys):
    lines = listed(capsys).splitlines()
    for package in methods.PACKAGES:
        for folder in methods._folders(package):
            assert any(line.startswith(f"{folder}: ") and line[len(folder) + 2 :] for line in lines)
            assert {f"  {name}" for name in plugins.names(folder)} <= {line.split("  [")[0] for line in lines}


@pytest.mark.parametrize("name", plugins.names("fusion"))
def test_fusion_methods_tell_sub_class_references_and_what_a_search_may_try(capsys, name):
    shown = listed(capsys, "fusion", name)
    assert f"[{plugins.family('fusion', name).replace('_', '-')}: {plugins.constant('fusion', name, 'SUBCLASS', None)}]" in shown
    assert "references: " in shown
    space, defaults = plugins.constant("fusion", name, "SPACE", None), plugins.defaults("fusion", name)
    assert set(space) <= set(defaults) and all(defaults[key] in choices for key, choices in space.items())


def test_what_a_method_may_read_and_what_it_does_beside_predicting_is_told(capsys):
    assert "may read: the file that `network` names" in listed(capsys, "fusion", "feature_graph")
    told = {name for name in plugins.names("fusion") if "also imputes" in listed(capsys, "fusion", name)}
    assert told == {name for name in plugins.names("fusion") if issubclass(plugins.load("fusion", name).Method, Generative)}


@pytest.mark.parametrize("package", ["tables", "devices"])
def test_formats_tell_the_ends_of_their_files(capsys, package):
    for name in plugins.names(package):
        shown = listed(capsys, package, name)
        assert all(suffix in shown for suffix in plugins.load(package, name).SUFFIXES)


def test_signals_tell_channels_and_features_with_units_when_asked_for(capsys):
    for name in plugins.names("signals"):
        kind, shown = plugins.load("signals", name), " ".join(listed(capsys, "signals", name).split())
        features = [f"feature: {each.name}" + (f" ({each.unit})" if each.unit else "") + ":" for each in kind.FEATURES]
        wanted = [*features, *(f"channel: {role}" for role in getattr(kind, "ROLES", {}))]
        assert [each for each in wanted if each.replace("{unit}", "unit of the channel") not in shown] == []


def test_a_name_may_stand_alone_and_a_wrong_one_is_told(capsys):
    assert listed(capsys, "transformer") == listed(capsys, "fusion", "transformer")
    for given, said in (
        (("transfomer",), "did you mean 'transformer'"),
        (("fusion", "ecg"), "no 'ecg' in mmomics fusion"),
        (("fusoin",), "did you mean 'fusion'"),
        (("transformer", "late"), "'transformer' is a name, which stands alone, and 'late' follows"),
    ):
        with pytest.raises(UserError, match=said):
            listed(capsys, *given)
