"""A YAML file is a mapping with each key once, or the reader says where it is not."""

import json

import pytest

from mmomics.config.yaml_file import read_yaml
from mmomics.errors import UserError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.yaml"


def test_it_reads_what_yaml_means(file):
    file.write_text("a: 1\nb: {c: [x, 'no']}\nbase: &base {k: 1}\nother: {<<: *base, l: 2}\n")
    assert read_yaml(file) == {"a": 1, "b": {"c": ["x", "no"]}, "base": {"k": 1}, "other": {"k": 1, "l": 2}}


def test_numbers_are_numbers_however_they_are_written(file):
    wanted = {"a": 1e-05, "b": 1e5, "c": -2.5e-7, "d": 0.1, "e": 3, "f": 1e22, "g": "1e", "h": "e5", "i": "1e5x"}
    file.write_text(json.dumps(wanted))
    assert read_yaml(file) == wanted
    file.write_text("a: 1e-5\nb: 1E+5\nc: -2.5e-7\nd: '1e-5'\n")
    assert read_yaml(file) == {"a": 1e-5, "b": 1e5, "c": -2.5e-7, "d": "1e-5"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a: 1\nb: 2\na: 3\n", "line 3: is not valid YAML: the key 'a' stands there twice"),
        (b"m:\n  rna: {kind: rna}\n  rna: {kind: mirna}\n", "line 3: is not valid YAML: the key 'rna' stands there twice"),
        (b"a: 'open\n", "is not valid YAML"),
        (b"a:\n\tb: 1\n", "line 2: is not valid YAML"),
        (b"", "holds no keys"),
        (b"- a\n", "holds no keys"),
        (b"a: \xff\n", "is not UTF-8"),
        (b"!!python/object/apply:os.system [echo]\n", "is not valid YAML"),
    ],
)
def test_mistakes_name_the_line(file, text, says):
    file.write_bytes(text)
    with pytest.raises(UserError) as caught:
        read_yaml(file)
    assert str(caught.value).startswith(str(file))
    assert says in str(caught.value)


def test_a_missing_file(file):
    with pytest.raises(UserError, match="cannot be read"):
        read_yaml(file)
