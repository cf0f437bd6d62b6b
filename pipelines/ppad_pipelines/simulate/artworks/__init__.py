"""Simulated artworks: pictures whose qualities are known, with critiques that name what is visible."""
