"""How many threads compute does not matter beyond rounding; that company does not either stands in the contract tests.

One method of each family: threads change sums in products and reductions, which all share.
"""

import numpy as np
import pytest
import torch

from mmomics import plugins
from mmomics.config.protocol import Training
from mmomics.nn.streams import Streams
from mmomics.training import loop
from mmomics.training.network import attach, make_network
from mmomics.training.rows import Rows
from tests.folds import make_fold

TOLERANCE = 1e-3  # of a loss, relative: sums in another order differ by rounding, and steps of training carry it on


@pytest.fixture
def threads():
    """Sets torch's number of threads for the time of a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("method", {plugins.family("fusion", name): name for name in plugins.names("fusion")}.values())
def test_threads_do_not_change_what_is_learned(method, threads):
    fold, _ = make_fold("binary", n_obs=80, sizes=(300, 40))  # large enough that torch deals the work out
    curves = []
    for n in (1, 2):
        threads(n)
        scores = torch.randn(80, 5, 1, generator=torch.Generator().manual_seed(0))
        rows = Rows([fold], [scores], [0, 0], [0, 1], torch.device("cpu"))
        network = make_network(method, {}, rows.n_vars, Streams([1, 2]), (fold.head, {}))
        attach(network.method, rows)
        curves.append(loop.train(network, rows, torch.zeros(2, dtype=torch.long), Training(epochs=1))["value"].astype(float))
    np.testing.assert_allclose(curves[1], curves[0], rtol=TOLERANCE, atol=1e-6)
