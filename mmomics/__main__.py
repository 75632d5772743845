"""`mmomics <verb>`: find the verb, import only that one, run it.

A verb is a file of `mmomics/commands` with `add_arguments(parser)` and `run(args)`.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from mmomics import __version__, plugins
from mmomics.errors import UserError

log = logging.getLogger("mmomics")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit status (2 = the user can mend it)."""
    argv = list(sys.argv[1:] if argv is None else argv)
    # one thread per process: the workflow fills the cores with processes, and small networks run slower on two threads
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    args = _parse(argv)
    logging.basicConfig(
        stream=sys.stderr, level=args.log_level.upper(), format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"
    )
    logging.captureWarnings(True)
    log.info("mmomics %s: %s", __version__, " ".join([args.verb, *argv[1:]]))
    try:
        plugins.load("commands", args.verb).run(args)
    except UserError as error:
        log.error("%s", error)
        return 2
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stdout = None
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mmomics", description="Fuse multi-omics and device records; see README.md.")
    parser.add_argument("--version", action="version", version=f"mmomics {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in plugins.names("commands"):
        sub = verbs.add_parser(verb, help=plugins.summary("commands", verb), description=plugins.summary("commands", verb))
        if argv and argv[0] == verb:  # the only module that is imported
            plugins.load("commands", verb).add_arguments(sub)
        sub.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"], help="how much to say")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
