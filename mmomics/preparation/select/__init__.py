"""Choose the features that models see."""
