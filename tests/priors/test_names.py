"""A feature finds its gene under whatever name its table gives it, and no other gene."""

import pytest

from mmomics.priors.names import match

KNOWN = ["EGFR", "HLA-A", "NP_001001512", "ENSG00000146648", "P04637", "A0A024RBG1", "ENSP00000275493", "hsa-miR-21", "MICA", "MICB",
         "IGF1", "MIR128-1", "1956", "18"]  # fmt: skip
SAME = {
    "egfr": ["EGFR", "Egfr", "EGFR_1956", "EGFR.y", "EGFR.1", "EGFR_x", "EGFR_pS1068", "EGFR_Y1068", "EGFR-pY1068-R-V", "EGFR.y.1",
             "EGFR_cg03860890", "rna:EGFR", "EGFR;EGFR-AS1", "EGFR:p.L858R"],
    "hla-a": ["HLA-A", "HLA.A", "hla_a", "HLA-A_3105"],
    "np-001001512": ["NP_001001512.2", "NP_001001512.2_S228s", "NP_001001512.2_T306tS314s"],
    "ensg00000146648": ["ENSG00000146648.18", "ensg00000146648"],
    "p04637": ["P04637", "P04637-2"],
    "a0a024rbg1": ["A0A024RBG1-3"],
    "ensp00000275493": ["9606.ENSP00000275493"],
    "hsa-mir-21": ["hsa_mir_21", "hsa-miR-21", "hsa_mir_21_1"],
    "mir128-1": ["MIR128_1"],
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_name_is_found_in_all_its_spellings(name):
    assert match(SAME[name], KNOWN) == [(name,)] * len(SAME[name])


def test_a_feature_of_several_genes_stands_for_each():
    assert match(["MICA/MICB", "EGFR|1956"], KNOWN) == [("mica", "micb"), ("egfr", "1956")]


@pytest.mark.parametrize(
    "other", ["IGF1-AS1", "IGF1R", "HLA-B", "TG(44:2)>TG(10:0_16:1_18:1)", "cg00095526", "chr1:18", "3p", "", "_", "XEGFR"]
)
def test_what_only_looks_alike_stands_for_nothing(other):
    assert match([other], KNOWN) == [()]


def test_the_features_of_real_cohorts_find_their_genes(shared):
    import pandas as pd

    from mmomics.priors import gene_sets

    pathways = gene_sets.read(shared / "genesets" / "ReactomePathways_2024-09-18.gmt")
    genes = {gene for own in pathways.values() for gene in own}
    for cohort, modality in [("tcga_kipan_survival", "rna"), ("tcga_kipan_survival", "meth"), ("tcga_brca_pam50", "rna")]:
        names = [name for name in pd.read_parquet(shared / cohort / f"{modality}.parquet").columns if name != "sample_id"]
        symbols = [name.rpartition("_")[0] if modality == "rna" else name for name in names]
        found = match(names, genes)
        missed = [name for name, own, symbol in zip(names, found, symbols, strict=True) if symbol in genes and not own]
        assert not missed and sum(map(bool, found)) > 0.3 * len(names)
