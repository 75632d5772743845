"""One file per figure: a function from a table to a drawing."""
