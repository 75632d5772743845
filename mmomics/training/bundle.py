"""The bundle: a folder with `model.json` and `weights.safetensors` that predicts without the training data. No pickle."""

from __future__ import annotations

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from mmomics import __version__, plugins
from mmomics.baselines.contract import Baseline
from mmomics.cohort.prepare import from_arrays, to_arrays
from mmomics.errors import UserError
from mmomics.heads import head_of
from mmomics.nn.sizes import Sizes
from mmomics.nn.streams import Streams
from mmomics.storage import atomic
from mmomics.training.ensemble import EnsemblePredictor
from mmomics.training.linear_path import LinearStart
from mmomics.training.model import FusionModel
from mmomics.training.network import make_network, make_params
from mmomics.training.predictor import Predictor

FORMAT = 4
LINEAR = ("coef", "intercept", "joint")  # of a LinearStart, by modality
FURTHER = "further."  # read-outs of further outcomes: learned beside the first, not shipped
MODEL, MEMBERS = "model.json", "members"
PACKAGES = ("torch", "numpy", "scikit-learn", "anndata", "mudata", "lifelines", "safetensors")


def save(folder: str | Path, predictor: Predictor, params: dict[str, Any], summary: dict[str, Any]) -> None:
    """Write a trained model.

    Parameters
    ----------
    folder : path
        Made anew.
    predictor : Predictor
    params : dict
        The method's settings that differ from its defaults.
    summary : dict
        What a reader wants to know of the training: cohort, subjects, seed.
    """
    arrays, layout = to_arrays(predictor.preparation)
    network = predictor.network
    tensors = {f"prepare.{name}": torch.as_tensor(array) for name, array in arrays.items()}
    tensors |= {f"network.{name}": tensor.detach().cpu() for name, tensor in network.state_dict().items() if not name.startswith(FURTHER)}
    if predictor.start is not None:
        tensors |= {f"{part}.{name}": tensor for part in LINEAR for name, tensor in getattr(predictor.start, part).items()}
        tensors["offset"] = predictor.start.offset
    fusion = isinstance(network, FusionModel)
    model = {
        "format": FORMAT, "method": predictor.method, "package": "fusion" if fusion else "baselines", "params": params,
        "n_members": len(network.method.streams) if isinstance(network, FusionModel) else 1,
        "n_vars": predictor.n_vars, "windows": predictor.n_vars.windows,
        "outcome": predictor.head.outcome, "head": predictor.head.state, "prepare": layout, "training": summary,
        "versions": _versions(),
    }  # fmt: skip
    with atomic(folder) as draft:
        draft.mkdir()
        (draft / MODEL).write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
        # through bytes: save_file would make the file private to its owner
        (draft / "weights.safetensors").write_bytes(to_bytes({name: tensor.contiguous().clone() for name, tensor in tensors.items()}))


def save_ensemble(folder: str | Path, predictor: EnsemblePredictor, bundles: dict[str, Path], summary: dict[str, Any]) -> None:
    """Write an ensemble: its weights, and the bundles of its members as they are, in `members/<model>`."""
    model = {
        "format": FORMAT, "method": predictor.method, "package": "ensembles", "params": {}, "members": dict(predictor.weights),
        "outcome": predictor.head.outcome, "head": predictor.head.state, "training": summary, "versions": _versions(),
    }  # fmt: skip
    with atomic(folder) as draft:
        draft.mkdir()
        (draft / MODEL).write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
        for name in predictor.members:
            shutil.copytree(bundles[name], draft / MEMBERS / name)


def _versions() -> dict[str, str]:
    return {"mmomics": __version__, "python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def load(folder: str | Path) -> tuple[Predictor | EnsemblePredictor, dict[str, Any]]:
    """Read a bundle: the predictor and its `model.json`.

    Raises
    ------
    UserError
        If the folder is no bundle, is damaged, or was written by a newer or much older mmomics.
    """
    folder = Path(folder)
    try:
        model = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        combines = model.get("package") == "ensembles"
        tensors = {} if combines else load_file(folder / "weights.safetensors")
    except (OSError, ValueError) as error:
        raise UserError(folder, "is not a readable model bundle", "give the folder results/<cohort>/train/<model>/final") from error
    except SafetensorError as error:
        raise UserError(folder / "weights.safetensors", "is damaged", "train the model again") from error
    if model.get("format", 0) > FORMAT:
        raise UserError(folder, f"has format {model['format']}, this mmomics reads up to {FORMAT}", "update mmomics")
    if model.get("format", FORMAT) < FORMAT:
        cure = f"train the model again, or predict with mmomics {model.get('versions', {}).get('mmomics', '0.2.0')}"
        raise UserError(folder, f"has format {model['format']}, of an older mmomics", cure)
    try:
        return _combine(folder, model) if combines else _assemble(model, tensors), model
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise UserError(folder, f"is damaged or was edited ({type(error).__name__}: {error})", "train the model again") from error


def load_one(folder: str | Path) -> tuple[Predictor, dict[str, Any]]:
    """Read the bundle of a single model.

    Raises
    ------
    UserError
        As `load`, and if the bundle is an ensemble.
    """
    predictor, model = load(folder)
    if isinstance(predictor, EnsemblePredictor):
        raise UserError(folder, "is an ensemble of models", f"take one of its {MEMBERS}: {', '.join(predictor.members)}")
    return predictor, model


def _combine(folder: Path, model: dict[str, Any]) -> EnsemblePredictor:
    head = head_of(model["outcome"])(model["outcome"], model["head"])
    members = {name: load_one(folder / MEMBERS / name)[0] for name in model["members"]}
    return EnsemblePredictor(model["method"], members, model["members"], head)


def _assemble(model: dict[str, Any], tensors: dict[str, Tensor]) -> Predictor:
    head = head_of(model["outcome"])(model["outcome"], model["head"])
    n_vars = Sizes(model["n_vars"], model.get("windows"))
    network: FusionModel | Baseline
    if model["package"] == "fusion":
        network = make_network(model["method"], model["params"], n_vars, Streams([0] * model["n_members"]), (head, {}))
    else:
        params = make_params("baselines", model["method"], model["params"])
        network = plugins.load("baselines", model["method"]).Baseline(params, model["outcome"]["task"])
    _fill(network, part(tensors, "network."))
    arrays = {name: tensor.numpy() for name, tensor in part(tensors, "prepare.").items()}
    preparation = from_arrays(arrays, model["prepare"])
    start = LinearStart(**{name: part(tensors, f"{name}.") for name in LINEAR}, offset=tensors["offset"]) if "offset" in tensors else None
    return Predictor(model["method"], preparation, network, head, start, n_vars)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose name starts with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _fill(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put saved tensors in place. Buffers take the saved shape: how many anchors or trees there are is learned."""
    if missing := [name for name in network.state_dict() if name not in tensors and not name.startswith(FURTHER)]:
        raise KeyError(f"no {missing[0]}")  # what an older mmomics did not write would stay empty, in silence
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, tensor in tensors.items():
            if name in parameters:
                parameters[name].copy_(tensor)
                continue
            owner, _, last = name.rpartition(".")
            network.get_submodule(owner).register_buffer(last, tensor)
