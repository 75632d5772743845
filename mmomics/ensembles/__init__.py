"""Models made of other models: how far each is trusted."""
