"""Scoring a painting process with a trained model, whole or while it grows, and why."""
