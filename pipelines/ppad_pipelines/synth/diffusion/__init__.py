"""Engines that need weights: published diffusion models, run with stock classes. Nothing outside this folder imports torch."""
