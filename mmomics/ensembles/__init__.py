"""Models made of other models: how far each is trusted. They need two models or more."""
