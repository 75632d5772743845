"""Every file format of the folder is found by its suffix and says what it cannot read."""

import pytest

from mmomics import plugins
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables.contract import choose


@pytest.mark.parametrize("name", plugins.names("tables"))
def test_every_suffix_leads_to_its_format(tmp_path, name):
    module = plugins.load("tables", name)
    for suffix in module.SUFFIXES:
        for end in (suffix, suffix.upper(), f"{suffix}.gz"):
            path = tmp_path / f"some.table{end}"
            path.touch()
            assert choose(path) is module


@pytest.mark.parametrize("name", plugins.names("tables"))
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00" * 50])
@pytest.mark.parametrize("numeric", [True, False])
def test_rubbish_is_a_user_error(tmp_path, name, content, numeric):
    module = plugins.load("tables", name)
    path = tmp_path / f"t{module.SUFFIXES[0]}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=path.name):
        module.read(path, Table(files=path.name), None, numeric)
