"""Prior knowledge: gene sets and networks as the field's files hold them, matched to the names of measured features."""
