"""Datasets, models and Spaces on the Hugging Face Hub: looked through before they go, verified when they come."""
