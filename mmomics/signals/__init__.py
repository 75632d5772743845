"""What device records say: one file per kind of signal, with its channels and the features made of them."""
