"""Models made of other models: how far each is trusted. Of one model they say what it says."""
