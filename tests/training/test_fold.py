"""What a fold hands to models."""

from mmomics.training.fold import sizes


def test_a_model_whose_only_assay_no_fold_can_learn_from_still_has_an_input():
    assert sizes({(0, 0): {}, (0, -1): {}}, ["mutation"]) == {"mutation": 1}
    assert sizes({(0, 0): {}}, None) == {}
